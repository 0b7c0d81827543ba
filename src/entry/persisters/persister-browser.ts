// Entry: persisters over what every browser has: session storage, local storage, and the origin private file system.

import {createPersister} from '../../persister/create-persister.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import {requirePersistable} from '../../persister/require-persistable.ts';
import {createOpfsStorage, type OpfsFileHandle} from '../../storage/opfs-storage.ts';
import {createWebStorage} from '../../storage/web-storage.ts';

export type {OpfsFileHandle};

export interface SessionPersister extends Persister<Persists.StoreOrMergeableStore> {
  /** The key under which the store lies. */
  getStorageName(): string;
}

export interface LocalPersister extends Persister<Persists.StoreOrMergeableStore> {
  /** The key under which the store lies. */
  getStorageName(): string;
}

export interface OpfsPersister<Handle = OpfsFileHandle> extends Persister<Persists.StoreOrMergeableStore> {
  /** The handle that the persister was made with. */
  getHandle(): Handle;
}

/** Keeps a store in the tab's session storage, under the key `storageName`. */
export const createSessionPersister = (
  store: PersistableStore,
  storageName: string,
  onIgnoredError?: (error: unknown) => void,
): SessionPersister => {
  requirePersistable(store);
  const storage = createWebStorage('sessionStorage', storageName);
  return createPersister({store, storage, onIgnoredError}, {getStorageName: () => storageName});
};

/** Keeps a store in the origin's local storage, under the key `storageName`. Tabs keep one another's edits. */
export const createLocalPersister = (
  store: PersistableStore,
  storageName: string,
  onIgnoredError?: (error: unknown) => void,
): LocalPersister => {
  requirePersistable(store);
  const storage = createWebStorage('localStorage', storageName);
  return createPersister({store, storage, onIgnoredError}, {getStorageName: () => storageName});
};

/** Keeps a store in a file of the origin private file system. Tabs and workers keep one another's edits. */
export const createOpfsPersister = <Handle extends OpfsFileHandle>(
  store: PersistableStore,
  handle: Handle,
  onIgnoredError?: (error: unknown) => void,
): OpfsPersister<Handle> => {
  requirePersistable(store);
  return createPersister(
    {store, storage: createOpfsStorage(handle), onIgnoredError},
    {getHandle: () => handle},
  );
};
