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
const resultFile = join(folder, 'result.json');
const {code: testCode} = await run('node', [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${resultFile}`,
  ...process.argv.slice(2),
]);

const counts = readCounts(resultFile, testCode);
rmSync(folder, {recursive: true, force: true});
counts.failed += failedComponents.length + (buildCode === 0 ? 0 : 1);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** A file that could not be loaded, and a failure outside of any test, count as one failed test each. */
function readCounts(file, code) {
  let result;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {passed: 0, failed: 1, skipped: 0};
  }
  const brokenFiles = result.testResults.filter(
    ({status, assertionResults}) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failed = result.numFailedTests + brokenFiles;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
