// The members of Vitest's `expect` that suites use, for where Vitest is not: inside a page or a worker.

export const expect = (actual: unknown) => ({
  toBe: (expected: unknown): void => {
    if (typeof actual === 'string' && typeof expected === 'string' && actual !== expected) {
      const [one, other] = aroundDifference(actual, expected);
      throw new Error(`expected …${show(one)}… to be …${show(other)}…`);
    }
    if (!Object.is(actual, expected)) {
      throw new Error(`expected ${show(actual)} to be ${show(expected)}`);
    }
  },
  toEqual: (expected: unknown): void => {
    if (!isEqual(actual, expected)) {
      throw new Error(`expected ${show(actual)} to equal ${show(expected)}`);
    }
  },
});

// Of long texts, the part that matters.
const aroundDifference = (one: string, other: string): readonly [string, string] => {
  let index = 0;
  while (one[index] === other[index]) {
    index++;
  }
  const part = (text: string) => text.slice(Math.max(0, index - 80), index + 80);
  return [part(one), part(other)];
};

const isObject = (thing: unknown): thing is {readonly [name: string]: unknown} =>
  typeof thing === 'object' && thing !== null;

// Members that are undefined count as absent.
const namesIn = (thing: {readonly [name: string]: unknown}): string[] =>
  Object.keys(thing).filter((name) => thing[name] !== undefined);

const isEqual = (one: unknown, other: unknown): boolean => {
  if (!isObject(one) || !isObject(other)) {
    return Object.is(one, other);
  }
  const names = namesIn(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === namesIn(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(one[name], other[name]))
  );
};

const show = (thing: unknown): string =>
  JSON.stringify(thing, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))?.slice(
    0,
    2_000,
  ) ?? String(thing);
