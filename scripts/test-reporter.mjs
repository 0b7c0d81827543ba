// A vitest reporter: says why tests were skipped, and leaves the counts for scripts/test.mjs.
import {writeFileSync} from 'node:fs';

export default class TestReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = {passed: 0, failed: unhandledErrors.length, skipped: 0};
    const reasons = new Map();
    for (const module of testModules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const {state, note = 'without a reason given'} = test.result();
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
    if (process.env.HOLDFAST_COUNTS_FILE) {
      writeFileSync(process.env.HOLDFAST_COUNTS_FILE, JSON.stringify(counts));
    }
  }
}
