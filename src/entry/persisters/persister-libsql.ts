// Entry: a persister over libSQL (Turso), through `@libsql/client`.

import {requireHandle} from '../../driver/handle.ts';
import {type LibSqlClient, libSqlDriver} from '../../driver/libsql-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {LibSqlClient};

export interface LibSqlPersister<Client = LibSqlClient, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The client that the persister was made with. */
  getClient(): Client;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param client A client of `@libsql/client`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createLibSqlPersister = <Client extends LibSqlClient, StoreType extends PersistableStore>(
  store: StoreType,
  client: Client,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): LibSqlPersister<Client, StoreType> => {
  requireHandle(client, ['execute', 'transaction'], 'a client of @libsql/client');
  return createDatabasePersister(
    store,
    libSqlDriver(client),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getClient: () => client},
  );
};
