// Makes a persister of a store and an application's own functions.

import {type CustomFunctions, createCustomStorage} from '../storage/custom-storage.ts';
import {createPersister} from './create-persister.ts';
import type {IgnoredErrorHandler} from './handlers.ts';
import type {PersistableStore} from './persistable-store.ts';
import {
  type PersistedChanges,
  type PersistedContent,
  type Persister,
  type PersisterListener,
  Persists,
} from './persister.ts';
import {requirePersistable} from './require-persistable.ts';

/**
 * Keeps a store wherever four functions put it. A mergeable store's content is handed to them as `getMergeableContent()` returns it, with
 * objects and arrays spelt as text, and may come back through JSON; what is loaded is merged.
 *
 * @param getPersisted Resolves with the stored content, or with `undefined` where nothing is stored.
 * @param setPersisted Stores the content; during auto-saving it is given what changed, too. It must reject when it could
 * not store: what rejected is tried again.
 * @param addPersisterListener Starts to listen to changes made by others, and returns a handle.
 * @param delPersisterListener Given that handle, stops.
 * @param onIgnoredError Told of faults that would otherwise reject.
 * @param persist Which stores it can keep; default: plain ones.
 */
export const createCustomPersister = <
  ListenerHandle,
  Persist extends Persists = Persists.StoreOnly,
  StoreType extends PersistableStore = PersistableStore,
>(
  store: StoreType,
  getPersisted: () => Promise<PersistedContent<Persist> | undefined>,
  setPersisted: (
    getContent: () => PersistedContent<Persist>,
    changes?: PersistedChanges<Persist>,
  ) => Promise<void>,
  addPersisterListener: (listener: PersisterListener<Persist>) => ListenerHandle | Promise<ListenerHandle>,
  delPersisterListener: (listenerHandle: ListenerHandle) => void | Promise<void>,
  onIgnoredError?: IgnoredErrorHandler,
  persist?: Persist,
): Persister<Persist, StoreType> => {
  requirePersistable(store, persist ?? Persists.StoreOnly);
  // Plain or mergeable, as the store is.
  const functions = {getPersisted, setPersisted, addPersisterListener, delPersisterListener} as unknown;
  const storage = createCustomStorage(functions as CustomFunctions<ListenerHandle>);
  return createPersister({store, storage, onIgnoredError}, {}) as unknown as Persister<Persist, StoreType>;
};
