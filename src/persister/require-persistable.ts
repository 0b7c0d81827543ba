// Checks that a store is one that a persister can keep, before anything is done with it.

import {HoldfastError} from '../base/errors.ts';
import type {PersistableStore} from './persistable-store.ts';
import {Persists} from './persister.ts';

/** Throws `persister/unsupported-store` unless a persister of this kind can keep the store. */
export const requirePersistable = (
  store: PersistableStore,
  persist: Persists = Persists.StoreOrMergeableStore,
): void => {
  if (typeof store?.getTransactionChanges !== 'function') {
    throw new HoldfastError(
      'persister/unsupported-store',
      'A persister keeps a store, as createStore() makes one',
    );
  }
  if (store.isMergeable()) {
    throw new HoldfastError(
      'persister/unsupported-store',
      'Mergeable stores cannot be persisted yet; use a store of createStore()',
    );
  }
  if (persist === Persists.MergeableStoreOnly) {
    throw new HoldfastError('persister/unsupported-store', 'This persister keeps mergeable stores only');
  }
};
