// What a promise rejects with, for tests that look at it more than once.

import type {HoldfastError} from '../../src/entry/persisters.ts';

/** Resolves with the error, or with undefined where there was none. */
export const catchError = async (work: Promise<unknown>): Promise<HoldfastError | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error as HoldfastError;
  }
};
