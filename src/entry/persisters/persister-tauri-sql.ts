// Entry: a persister over SQLite in Tauri, through `@tauri-apps/plugin-sql`.

import {requireHandle} from '../../driver/handle.ts';
import {type TauriSqlDatabase, tauriSqlDriver} from '../../driver/tauri-sql-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {TauriSqlDatabase};

export interface TauriSqlPersister<Database = TauriSqlDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database that the persister was made with. */
  getDatabase(): Database;
}

/**
 * Keeps a store in a SQLite database.
 *
 * The plugin lends connections of a pool, so that transactions cannot be an application's own there: send no BEGIN over a
 * `Database` that a persister has. Single statements may be sent at any time, also while it saves. Bytes do not pass the
 * plugin; whole numbers beyond 2^53 are rounded by it.
 *
 * @param database A `Database` of `@tauri-apps/plugin-sql` that was loaded from a path that begins with `sqlite:`, open for
 * as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent, but for those that find the connection of a transaction.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createTauriSqlPersister = <
  Database extends TauriSqlDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  database: Database,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): TauriSqlPersister<Database, StoreType> => {
  requireHandle(database, ['execute', 'select'], 'a Database of @tauri-apps/plugin-sql');
  return createDatabasePersister(
    store,
    tauriSqlDriver(database),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDatabase: () => database},
  );
};
