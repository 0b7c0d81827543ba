// Entry: a persister over SQLite compiled to WebAssembly as wa-sqlite.

import {HoldfastError} from '../../base/errors.ts';
import {requireHandle} from '../../driver/handle.ts';
import {type WaSqliteApi, waSqliteDriver} from '../../driver/wa-sqlite-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {WaSqliteApi};
/** For `exposeDriver` of `holdfast/persisters/persister-worker`. */
export {waSqliteDriver};

export interface WaSqlitePersister<StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database that the persister was made with. */
  getDb(): number;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param sqlite3 What wa-sqlite's `Factory` returned. An asynchronous build must not be called by others while the persister
 * is in the middle of a transaction.
 * @param db What `sqlite3.open_v2` resolved with, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createWaSqlitePersister = <StoreType extends PersistableStore>(
  store: StoreType,
  sqlite3: WaSqliteApi,
  db: number,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): WaSqlitePersister<StoreType> => {
  requireHandle(sqlite3, ['statements', 'bind_collection'], 'reached by what wa-sqlite’s Factory returns');
  if (!Number.isInteger(db)) {
    throw new HoldfastError(
      'argument/wrong-handle',
      `The database must be what wa-sqlite's open_v2 resolves with, a number; it is of type ${typeof db}`,
    );
  }
  return createDatabasePersister(
    store,
    waSqliteDriver(sqlite3, db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
