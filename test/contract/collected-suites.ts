// A test runner for hosts that have none: collects the tests of suites by their titles, and runs one when it is asked for.
// Knows neither the suites nor the host; it goes into bundles.

import {plainExpect} from '../../src/testing/plain-expect.ts';
import type {TestContext, TestRunner} from '../../src/testing/test-runner.ts';

export interface CollectedSuites {
  readonly runner: TestRunner;
  /** The titles, each behind that of its suite. */
  titles(): string[];
  /** Runs one test; resolves with the reason where it was skipped. */
  run(title: string): Promise<string | undefined>;
}

export const collectSuites = (): CollectedSuites => {
  const tests = new Map<string, (context: TestContext) => Promise<void> | void>();
  let suite = '';
  return {
    runner: {
      describe: (title, body) => {
        suite = title;
        body();
      },
      test: (title, body) => tests.set(`${suite} › ${title}`, body),
      expect: plainExpect,
    },
    titles: () => [...tests.keys()],
    run: async (title) => {
      const body = tests.get(title);
      if (body === undefined) {
        throw new Error(`There is no test "${title}"`);
      }
      let skipped: string | undefined;
      await body({
        skip: (reason) => {
          skipped = reason ?? '';
        },
      });
      return skipped;
    },
  };
};
