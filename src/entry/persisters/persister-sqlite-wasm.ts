// Entry: a persister over SQLite compiled to WebAssembly, as its authors publish it.

import {requireHandle} from '../../driver/handle.ts';
import {
  type SqliteWasmDatabase,
  type SqliteWasmModule,
  sqliteWasmDriver,
} from '../../driver/sqlite-wasm-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {SqliteWasmDatabase, SqliteWasmModule};
/** For `exposeDriver` of `holdfast/persisters/persister-worker`. */
export {sqliteWasmDriver};

export interface SqliteWasmPersister<Db = SqliteWasmDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param sqlite3 What the initialiser of `@sqlite.org/sqlite-wasm` resolved with. While the persister loads
 * automatically, it has the database's update hook.
 * @param db A `sqlite3.oo1.DB`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createSqliteWasmPersister = <Db extends SqliteWasmDatabase, StoreType extends PersistableStore>(
  store: StoreType,
  sqlite3: SqliteWasmModule,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): SqliteWasmPersister<Db, StoreType> => {
  requireHandle(
    sqlite3?.capi,
    ['sqlite3_update_hook', 'sqlite3_bind_double', 'sqlite3_reset'],
    'the module of sqlite-wasm, and its capi',
  );
  requireHandle(db, ['prepare', 'isOpen'], 'an oo1.DB of sqlite-wasm');
  return createDatabasePersister(
    store,
    sqliteWasmDriver(sqlite3, db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
