// A test runner for hosts that have none: collects the tests of suites by their titles, and runs one when it is asked for.
// Knows neither the suites nor the host; it goes into bundles, and imports nothing but types.

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
      expect,
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

const show = (thing: unknown): string => JSON.stringify(thing) ?? String(thing);

// The members of Vitest's `expect` that suites use.
const expect = (actual: unknown) => ({
  toBe: (expected: unknown) => {
    if (!Object.is(actual, expected)) {
      throw new Error(`expected ${show(actual)} to be ${show(expected)}`);
    }
  },
  toEqual: (expected: unknown) => {
    if (!isEqual(actual, expected)) {
      throw new Error(`expected ${show(actual)} to equal ${show(expected)}`);
    }
  },
});

// As Vitest has it: a member that is undefined is none.
const isEqual = (one: unknown, other: unknown): boolean => {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other);
  }
  if (Array.isArray(one) !== Array.isArray(other)) {
    return false;
  }
  const [ones, others] = [one, other] as {[key: string]: unknown}[];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) =>
    isEqual(ones?.[key], others?.[key]),
  );
};
