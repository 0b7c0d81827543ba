// `npm run check`: everything about the code that is not a test. Runs every step, also after one that failed.
// `npm run check -- layers spec` runs the named steps alone.
import {run, seconds} from './run.mjs';

const STEPS = {
  types: ['tsc', '-p', 'tsconfig.json'],
  lint: ['biome', 'check', '--error-on-warnings', '.'],
  layers: ['node', 'scripts/check-layers.mjs'],
  spec: ['node', 'scripts/check-spec.mjs'],
  build: ['node', 'scripts/build.mjs'],
  publint: ['node', 'scripts/check-package.mjs', 'publint'],
  attw: ['node', 'scripts/check-package.mjs', 'attw'],
  size: ['node', 'scripts/check-size.mjs'],
  unused: ['knip', '--no-progress'],
};
/** Steps whose result is worth reading when it is good. */
const SHOWN = new Set(['size']);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.log(`there is no step ${unknown.join(', ')}; the steps are ${Object.keys(STEPS).join(', ')}`);
  process.exit(1);
}

let passed = 0;
let failed = 0;
for (const [name, [command, ...args]] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) {
    continue;
  }
  const startMs = Date.now();
  const {code, text} = await run(command, args, {
    output: 'keep',
    env: {NO_COLOR: '1', FORCE_COLOR: undefined},
  });
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(8)} ${seconds(startMs).padStart(7)}`);
  if (code !== 0 || SHOWN.has(name)) {
    console.log(text.trimEnd().replaceAll(/^/gm, '      '));
  }
  code === 0 ? passed++ : failed++;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
