// What a caller's moment means as a stamp: up to when a storage may forget what was deleted. Knows nothing of storages.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {firstHlcOf, type Hlc, MAX_AHEAD_MS} from '../merge/hlc.ts';

/** Forgets what was deleted before a moment, in milliseconds since the epoch. */
export interface CompactOptions {
  readonly beforeMs: number;
}

/**
 * The earliest stamp that is not before the moment, or not before five minutes ago where that is earlier. Throws
 * `argument/invalid` for what is no moment, or one to come.
 */
export const floorOf = (options: CompactOptions | undefined, now: number): Hlc => {
  const beforeMs = options?.beforeMs;
  if (typeof beforeMs !== 'number' || !(beforeMs >= 0 && beforeMs <= now)) {
    throw new HoldfastError(
      'argument/invalid',
      'compact wants {beforeMs}: a moment in the past, in milliseconds since the epoch, as in {beforeMs: Date.now() - 90 * 86_400_000}',
      {beforeMs},
    );
  }
  return firstHlcOf(Math.max(0, Math.min(beforeMs, now - MAX_AHEAD_MS)));
};

/** What tells a caller which rows and values were deleted because their deletion is forgotten in the storage. */
export const stragglersTold = (deleted: {
  readonly tables: {readonly [tableId: Id]: readonly Id[]};
  readonly values: readonly Id[];
}): HoldfastError =>
  new HoldfastError(
    'storage/compacted',
    'Cells of the store were set before the moment up to which deletions are forgotten in the storage, and are not there: they were deleted ' +
      'in the store, too. Compact what is older than the longest time that any replica is away.',
    deleted,
  );
