// Entry: a persister over the key-value storage of a Durable Object.

import {requireHandle} from '../../driver/handle.ts';
import {createPersister} from '../../persister/create-persister.ts';
import type {IgnoredErrorHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import {requirePersistable} from '../../persister/require-persistable.ts';
import type {DurableObjectKeyStorage} from '../../storage/durable-object-keys.ts';
import {createDurableObjectStorage} from '../../storage/durable-object-storage.ts';
import type {Store} from '../../store/store.ts';

export type {DurableObjectKeyStorage};

export interface DurableObjectStoragePersister<Storage = DurableObjectKeyStorage, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The object's `ctx.storage`. */
  getStorage(): Storage;
}

/**
 * Keeps a store in the key-value storage of a Durable Object, a key a row. What TinyBase has stored under the prefix is
 * taken over. Where the object has SQLite, prefer `persister-durable-object-sql-storage`.
 *
 * The host takes 128 KiB a row or value, and 2 KiB a key (2 MB both, where the object has SQLite); what is larger fails with
 * `driver/too-large`, and stays pending.
 *
 * @param storage The object's `ctx.storage`.
 * @param storagePrefix Goes before all keys; default none.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createDurableObjectStoragePersister = <
  Storage extends DurableObjectKeyStorage,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  storage: Storage,
  storagePrefix = '',
  onIgnoredError?: IgnoredErrorHandler,
): DurableObjectStoragePersister<Storage, StoreType> => {
  requireHandle(
    storage,
    ['get', 'put', 'delete', 'list', 'transaction', 'sync'],
    "a Durable Object's ctx.storage",
  );
  requirePersistable(store);
  return createPersister(
    {store, storage: createDurableObjectStorage(storage, storagePrefix), onIgnoredError},
    {getStorage: () => storage},
  );
};
