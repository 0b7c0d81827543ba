// Entry: a persister over SQLite in Node, through the built-in node:sqlite.

import {requireHandle} from '../../driver/handle.ts';
import {type SqliteNodeDatabase, sqliteNodeDriver} from '../../driver/sqlite-node-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';

export type {SqliteNodeDatabase};

export interface SqliteNodePersister<Db = SqliteNodeDatabase>
  extends Persister<Persists.StoreOrMergeableStore> {
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
export const createSqliteNodePersister = <Db extends SqliteNodeDatabase>(
  store: PersistableStore,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: (sql: string, params?: unknown[]) => void,
  onIgnoredError?: (error: unknown) => void,
): SqliteNodePersister<Db> => {
  requireHandle(db, ['prepare'], 'a DatabaseSync of node:sqlite');
  return createDatabasePersister(
    store,
    sqliteNodeDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
