// Entry: a persister over SQLite in Node, through the package sqlite3.

import {requireHandle} from '../../driver/handle.ts';
import {type Sqlite3Database, sqlite3Driver} from '../../driver/sqlite3-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {Sqlite3Database};

export interface Sqlite3Persister<Db = Sqlite3Database, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A `Database` of sqlite3, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createSqlite3Persister = <Db extends Sqlite3Database, StoreType extends PersistableStore>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): Sqlite3Persister<Db, StoreType> => {
  requireHandle(db, ['all', 'on', 'removeListener'], 'a Database of sqlite3');
  return createDatabasePersister(
    store,
    sqlite3Driver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
