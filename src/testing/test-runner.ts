// What a contract suite needs of a test runner, and how it skips rules. Vitest has it, and so have others: the suites
// take it as a parameter, so that this package depends on none of them.

interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

export interface TestContext {
  skip(reason?: string): unknown;
}

/** `{describe, test, expect}` of Vitest. */
export interface TestRunner {
  describe(title: string, body: () => void): unknown;
  test(title: string, body: (context: TestContext) => Promise<void> | void): unknown;
  expect(actual: unknown, message?: string): Expectation;
}

/** What every suite is given. */
export interface SuiteOptions<Place> {
  /** Names what is tested, in titles. */
  readonly name: string;
  /** Makes a fresh, empty place; each test asks for one of its own, and removes it. */
  readonly create: () => Place | Promise<Place>;
  readonly runner: TestRunner;
  /**
   * Rules that cannot hold here, by their ids in SPEC.md, each with the reason: `{CN4: 'one connection alone'}`. One test
   * of a rule is skipped by its title.
   */
  readonly skip?: {readonly [ruleId: string]: string};
}

/** A place that a test has to itself. */
export interface SuitePlace {
  /** Closes whatever is open still, and leaves nothing behind. */
  remove(): void | Promise<void>;
}

/** `test`, for a rule: its title opens with the rule's id, its body gets a fresh place, which is removed behind it. */
export const createRuleTest =
  <Place extends SuitePlace>({create, runner, skip = {}}: SuiteOptions<Place>) =>
  (title: string, body: (place: Place) => Promise<void>): void => {
    const ruleId = /^\[(\w+)\]/.exec(title)?.[1] ?? '';
    runner.test(title, async (context) => {
      const reason = skip[title] ?? skip[ruleId];
      if (reason !== undefined) {
        context.skip(reason);
        return;
      }
      const place = await create();
      try {
        await body(place);
      } finally {
        await place.remove();
      }
    });
  };

/** What a function throws, or what its promise rejects with; undefined where it does neither. */
export const catchError = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};
