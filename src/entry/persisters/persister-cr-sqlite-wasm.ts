// Entry: a persister over cr-sqlite compiled to WebAssembly, through `@vlcn.io/crsqlite-wasm`.

import {type CrSqliteWasmDatabase, crSqliteWasmDriver} from '../../driver/cr-sqlite-wasm-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {CrSqliteWasmDatabase};

export interface CrSqliteWasmPersister<Db = CrSqliteWasmDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A `DB` of `@vlcn.io/crsqlite-wasm`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createCrSqliteWasmPersister = <
  Db extends CrSqliteWasmDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): CrSqliteWasmPersister<Db, StoreType> => {
  requireHandle(db, ['execO', 'imperativeTx', 'onUpdate'], 'a DB of @vlcn.io/crsqlite-wasm');
  return createDatabasePersister(
    store,
    crSqliteWasmDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
