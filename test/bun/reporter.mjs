// A vitest reporter: writes what became of each test to the file that HOLDFAST_REPORT_FILE names, as JSON.
import {writeFileSync} from 'node:fs';

export default class FileReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const results = [];
    for (const module of testModules) {
      for (const test of module.children.allTests()) {
        const {state, note, errors = []} = test.result();
        const message = errors[0]?.stack ?? errors[0]?.message;
        results.push({suite: test.parent?.name ?? '', title: test.name, state, note, message});
      }
    }
    const errors = unhandledErrors.map(({message, stack}) => stack ?? message);
    writeFileSync(process.env.HOLDFAST_REPORT_FILE, JSON.stringify({results, errors}));
  }
}
