// Entry: a persister over SQLite in Node, through the built-in node:sqlite.

import {requireHandle} from '../../driver/handle.ts';
import {type SqliteNodeDatabase, sqliteNodeDriver} from '../../driver/sqlite-node-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {SqliteNodeDatabase};

export interface SqliteNodePersister<Db = SqliteNodeDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A `DatabaseSync` of node:sqlite, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createSqliteNodePersister = <Db extends SqliteNodeDatabase, StoreType extends PersistableStore>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): SqliteNodePersister<Db, StoreType> => {
  requireHandle(db, ['prepare'], 'a DatabaseSync of node:sqlite');
  return createDatabasePersister(
    store,
    sqliteNodeDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
