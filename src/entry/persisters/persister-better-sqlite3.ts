// Entry: a persister over SQLite in Node, through better-sqlite3.

import {type BetterSqlite3Database, betterSqlite3Driver} from '../../driver/better-sqlite3-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {BetterSqlite3Database};

export interface BetterSqlite3Persister<Db = BetterSqlite3Database, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A handle of better-sqlite3, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createBetterSqlite3Persister = <
  Db extends BetterSqlite3Database,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): BetterSqlite3Persister<Db, StoreType> => {
  requireHandle(db, ['prepare'], 'a Database of better-sqlite3');
  return createDatabasePersister(
    store,
    betterSqlite3Driver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
