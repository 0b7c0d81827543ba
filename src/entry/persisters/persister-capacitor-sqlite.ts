// Entry: a persister over SQLite in Capacitor applications.

import {type CapacitorSqliteDatabase, capacitorSqliteDriver} from '../../driver/capacitor-sqlite-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {CapacitorSqliteDatabase};

export interface CapacitorSqlitePersister<Db = CapacitorSqliteDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db What `createConnection` of a `SQLiteConnection` of @capacitor-community/sqlite resolved with, open for as long as
 * the persister lives; it stays the caller's to close. On the web the whole database is saved with each commit.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createCapacitorSqlitePersister = <
  Db extends CapacitorSqliteDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): CapacitorSqlitePersister<Db, StoreType> => {
  requireHandle(
    db,
    ['getConnectionDBName', 'beginTransaction', 'query', 'run'],
    'a SQLiteDBConnection of @capacitor-community/sqlite',
  );
  return createDatabasePersister(
    store,
    capacitorSqliteDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
