// Entry: a persister over SQLite in React Native, through react-native-sqlite-storage.

import {requireHandle} from '../../driver/handle.ts';
import {
  type ReactNativeSqliteDatabase,
  reactNativeSqliteDriver,
} from '../../driver/react-native-sqlite-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {ReactNativeSqliteDatabase};

export interface ReactNativeSqlitePersister<Db = ReactNativeSqliteDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A database that `openDatabase` of `react-native-sqlite-storage` made, with promises enabled or without, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createReactNativeSqlitePersister = <
  Db extends ReactNativeSqliteDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): ReactNativeSqlitePersister<Db, StoreType> => {
  requireHandle(db, ['executeSql'], 'a database of react-native-sqlite-storage');
  return createDatabasePersister(
    store,
    reactNativeSqliteDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
