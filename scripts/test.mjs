// `npm test`: installs what the real components need, builds, runs the tests, and ends with one plain line.
// Whatever follows `--` goes to vitest: `npm test -- src/store`, `npm test -- -t DR2`.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {installComponents} from './components.mjs';
import {run} from './run.mjs';

const failedComponents = await installComponents();
const {code: buildCode} = await run('node', ['scripts/build.mjs']);
if (buildCode !== 0) {
  console.log('the build failed (see above); the tests run all the same');
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
const countsFile = join(folder, 'counts.json');
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=./scripts/test-reporter.mjs',
];
const {code: testCode} = await run('node', [...vitest, ...process.argv.slice(2)], {
  env: {HOLDFAST_COUNTS_FILE: countsFile},
});

const counts = readCounts(countsFile);
rmSync(folder, {recursive: true, force: true});
if (testCode !== 0 && counts.failed === 0) {
  counts.failed = 1;
}
counts.failed += failedComponents.length + (buildCode === 0 ? 0 : 1);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {passed: 0, failed: 0, skipped: 0};
  }
}
