// Checks that a handle is of the kind that a driver needs, before anything is done with it.

import {HoldfastError} from '../base/errors.ts';

/** Throws `argument/wrong-handle` unless the handle has these methods. */
export const requireHandle = (handle: unknown, methods: readonly string[], expected: string): void => {
  const missing = methods.filter(
    (method) => typeof (handle as Record<string, unknown> | null | undefined)?.[method] !== 'function',
  );
  if (missing.length > 0) {
    throw new HoldfastError(
      'argument/wrong-handle',
      `The database must be ${expected}; what was given has no method ${missing.map((name) => `"${name}"`).join(', ')}`,
      {missing},
    );
  }
};
