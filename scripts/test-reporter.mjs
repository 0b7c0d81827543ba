// A vitest reporter: says why tests were skipped, prints the matrix of what was certified and how long each driver is, and
// leaves the counts for scripts/test.mjs.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describeMatrix} from './matrix.mjs';
import {ROOT} from './run.mjs';

export default class TestReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = {passed: 0, failed: unhandledErrors.length, skipped: 0};
    const reasons = new Map();
    const certified = [];
    for (const module of testModules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const {state, note = 'without a reason given'} = test.result();
        certified.push({suite: test.parent?.name ?? '', title: test.name, state, note});
        counts[state === 'passed' || state === 'failed' ? state : 'skipped']++;
        if (state === 'skipped') {
          reasons.set(note, [...(reasons.get(note) ?? []), `${module.relativeModuleId}: ${test.fullName}`]);
        }
      }
      // A file that could not be loaded counts as one failed test.
      if (module.state() === 'failed' && counts.failed === failedBefore) {
        counts.failed++;
      }
    }
    for (const [note, titles] of reasons) {
      console.log(`\n ${titles.length} skipped: ${note}\n   ${titles.join('\n   ')}`);
    }
    const matrix = describeMatrix(certified);
    if (matrix.length > 0) {
      console.log([...matrix, '', ' Lines of each driver', ...describeLengths()].join('\n'));
    }
    if (process.env.HOLDFAST_COUNTS_FILE) {
      writeFileSync(process.env.HOLDFAST_COUNTS_FILE, JSON.stringify(counts));
    }
  }
}

const describeLengths = () => {
  const folder = join(ROOT, 'src', 'driver');
  return readdirSync(folder)
    .filter((name) => name.endsWith('-driver.ts'))
    .map(
      (name) =>
        `   ${String(readFileSync(join(folder, name), 'utf8').split('\n').length - 1).padStart(4)} ${name}`,
    );
};
