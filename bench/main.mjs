// Runs the benchmarks: `npm run bench` all of them, `npm run bench -- engine store` the ones named. Each stands in a
// folder of its own, and prints a table.

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const SUITES = {
  store: ['store/main.mjs'],
  engine: ['engine/main.ts', 'engine/million.ts'],
  losses: ['losses/main.ts'],
  browser: ['browser/main.ts'],
  drivers: ['drivers/main.ts'],
  sync: ['sync/main.ts'],
};

const folder = dirname(fileURLToPath(import.meta.url));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));

for (const name of names.length === 0 ? Object.keys(SUITES) : names) {
  if (!Object.hasOwn(SUITES, name)) {
    console.error(`There is no benchmark "${name}"; there are ${Object.keys(SUITES).join(', ')}.`);
    process.exit(1);
  }
  for (const file of SUITES[name].filter((each) => existsSync(join(folder, each)))) {
    console.log(`\n## ${file}\n`);
    const {status} = spawnSync(process.execPath, ['--no-warnings', join(folder, file), ...options], {
      stdio: 'inherit',
    });
    if (status !== 0) {
      process.exit(status ?? 1);
    }
  }
}
