// Entry: a persister over SQLite in Expo applications.

import {type ExpoSqliteDatabase, expoSqliteDriver} from '../../driver/expo-sqlite-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {ExpoSqliteDatabase};

export interface ExpoSqlitePersister<Db = ExpoSqliteDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db What `openDatabaseAsync` or `openDatabaseSync` of expo-sqlite returned, open for as long as the persister
 * lives; it stays the caller's to close. With its option `enableChangeListener`, changes that the application makes
 * through it are loaded at once, and otherwise at intervals.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createExpoSqlitePersister = <Db extends ExpoSqliteDatabase, StoreType extends PersistableStore>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): ExpoSqlitePersister<Db, StoreType> => {
  requireHandle(db, ['getAllAsync'], 'a SQLiteDatabase of expo-sqlite');
  return createDatabasePersister(
    store,
    expoSqliteDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
