// Checks that a store is one that a persister can keep, before anything is done with it.

import {HoldfastError} from '../base/errors.ts';
import type {Storage} from '../storage/storage.ts';
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
  const isMergeable = store.isMergeable();
  if (persist === (isMergeable ? Persists.StoreOnly : Persists.MergeableStoreOnly)) {
    throw new HoldfastError(
      'persister/unsupported-store',
      isMergeable
        ? 'This persister keeps plain stores only; one of application functions keeps others when it is given Persists.StoreOrMergeableStore'
        : 'This persister keeps mergeable stores only',
    );
  }
};

/** The storage as it keeps such a store. Throws `persister/unsupported-store` where it cannot. */
export const storageFor = (store: PersistableStore, storage: Storage): Storage => {
  if (!store.isMergeable()) {
    return storage;
  }
  const forMergeable = storage.forMergeable?.();
  if (forMergeable === undefined) {
    throw new HoldfastError(
      'persister/unsupported-store',
      'Mode `tabular` keeps plain stores alone over a driver that takes batches of statements; a mergeable store is kept there in ' +
        'modes `rows` and `json`, and in every mode of other databases',
    );
  }
  return forMergeable;
};
