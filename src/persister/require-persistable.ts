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
      `This persister keeps ${isMergeable ? 'plain' : 'mergeable'} stores only`,
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
      'An application’s own functions keep plain stores alone, and so does mode `tabular` over a driver that takes batches of statements; ' +
        'a mergeable store is kept in every mode of databases, in files, and in the storages of browsers and Durable Objects',
    );
  }
  return forMergeable;
};
