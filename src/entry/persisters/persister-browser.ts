// Entry: persisters over what every browser has: session storage, local storage, and the origin private file system.

import {createPersister} from '../../persister/create-persister.ts';
import type {IgnoredErrorHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import {requirePersistable} from '../../persister/require-persistable.ts';
import {createOpfsStorage, type OpfsFileHandle} from '../../storage/opfs-storage.ts';
import {createWebStorage} from '../../storage/web-storage.ts';
import type {Store} from '../../store/store.ts';

export type {OpfsFileHandle};

export interface SessionPersister<StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The key under which the store lies. */
  getStorageName(): string;
}

export interface LocalPersister<StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The key under which the store lies. */
  getStorageName(): string;
}

export interface OpfsPersister<Handle = OpfsFileHandle, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The handle that the persister was made with. */
  getHandle(): Handle;
}

/** Keeps a store in the tab's session storage, under the key `storageName`. */
export const createSessionPersister = <StoreType extends PersistableStore>(
  store: StoreType,
  storageName: string,
  onIgnoredError?: IgnoredErrorHandler,
): SessionPersister<StoreType> => {
  requirePersistable(store);
  const storage = createWebStorage('sessionStorage', storageName);
  return createPersister({store, storage, onIgnoredError}, {getStorageName: () => storageName});
};

/** Keeps a store in the origin's local storage, under the key `storageName`. Tabs keep one another's edits. */
export const createLocalPersister = <StoreType extends PersistableStore>(
  store: StoreType,
  storageName: string,
  onIgnoredError?: IgnoredErrorHandler,
): LocalPersister<StoreType> => {
  requirePersistable(store);
  const storage = createWebStorage('localStorage', storageName);
  return createPersister({store, storage, onIgnoredError}, {getStorageName: () => storageName});
};

/** Keeps a store in a file of the origin private file system. Tabs and workers keep one another's edits. */
export const createOpfsPersister = <Handle extends OpfsFileHandle, StoreType extends PersistableStore>(
  store: StoreType,
  handle: Handle,
  onIgnoredError?: IgnoredErrorHandler,
): OpfsPersister<Handle, StoreType> => {
  requirePersistable(store);
  return createPersister(
    {store, storage: createOpfsStorage(handle), onIgnoredError},
    {getHandle: () => handle},
  );
};
