// Entry: a persister over SQLite in Bun, through the built-in bun:sqlite.

import {requireHandle} from '../../driver/handle.ts';
import {type SqliteBunDatabase, sqliteBunDriver} from '../../driver/sqlite-bun-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {SqliteBunDatabase};

export interface SqliteBunPersister<Db = SqliteBunDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A `Database` of bun:sqlite, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createSqliteBunPersister = <Db extends SqliteBunDatabase, StoreType extends PersistableStore>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): SqliteBunPersister<Db, StoreType> => {
  requireHandle(db, ['prepare'], 'a Database of bun:sqlite');
  return createDatabasePersister(
    store,
    sqliteBunDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
