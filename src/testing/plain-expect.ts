// An `expect` for test runners that have none, such as node:test: the two members that the suites call.

import type {TestRunner} from './test-runner.ts';

/** Throws an error that shows both sides, unless they are the same (`toBe`) or alike in every member (`toEqual`). */
export const plainExpect: TestRunner['expect'] = (actual, message = '') => ({
  toBe: (expected) => {
    if (!Object.is(actual, expected)) {
      throw new Error(`${message}expected ${show(actual)} to be ${show(expected)}`);
    }
  },
  toEqual: (expected) => {
    if (!isEqual(actual, expected)) {
      throw new Error(`${message}expected ${show(actual)} to equal ${show(expected)}`);
    }
  },
});

const show = (thing: unknown): string => JSON.stringify(thing) ?? String(thing);

// A member that is undefined is none; what an object's prototype is does not matter.
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
