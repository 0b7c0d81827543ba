// Entry: a persister over a browser's IndexedDB.

import {createPersister} from '../../persister/create-persister.ts';
import type {IgnoredErrorHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import {requirePersistable} from '../../persister/require-persistable.ts';
import {createIndexedDbStorage} from '../../storage/indexed-db-storage.ts';
import type {Store} from '../../store/store.ts';

export interface IndexedDbPersister<StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The name of the database. */
  getDbName(): string;
}

/**
 * Keeps a store in a database of IndexedDB, a record a row. A database that TinyBase wrote is taken over. Tabs keep one
 * another's edits, and hear of them at once where the browser has BroadcastChannel.
 *
 * @param dbName The name of the database.
 * @param autoLoadIntervalSeconds How often to look for others' changes, beside being told of them; default 1.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createIndexedDbPersister = <StoreType extends PersistableStore>(
  store: StoreType,
  dbName: string,
  autoLoadIntervalSeconds = 1,
  onIgnoredError?: IgnoredErrorHandler,
): IndexedDbPersister<StoreType> => {
  requirePersistable(store);
  const storage = createIndexedDbStorage(dbName, autoLoadIntervalSeconds);
  return createPersister({store, storage, onIgnoredError}, {getDbName: () => dbName});
};
