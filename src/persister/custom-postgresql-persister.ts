// Makes a persister of a store and an application's own functions that reach a PostgreSQL database.

import {customPostgreSqlDriver} from '../driver/custom-driver.ts';
import type {DatabasePersisterConfig} from '../storage/database-config.ts';
import {createDatabasePersister} from './database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from './handlers.ts';
import type {PersistableStore} from './persistable-store.ts';
import type {Persister, Persists} from './persister.ts';

/**
 * Keeps a store in a PostgreSQL database that `executeCommand` reaches. Statements have placeholders `$1`, `$2`, …; BEGIN,
 * COMMIT and ROLLBACK are among them, so that all must go over one connection.
 *
 * @param executeCommand Runs one statement, and resolves with its rows, each an object by column name.
 * @param addChangeListener Listens to a channel (`LISTEN`), calls back with the payload of each notification, and resolves with
 *   a handle. Where it calls back without one, others' changes are looked for at intervals, too.
 * @param delChangeListener Given that handle, stops.
 * @param destroy Called when the persister is destroyed.
 * @param thing What the method named `getThing` (default `getDb`) returns.
 */
export const createCustomPostgreSqlPersister = <
  ListenerHandle,
  Persist extends Persists = Persists.StoreOnly,
  StoreType extends PersistableStore = PersistableStore,
>(
  store: StoreType,
  configOrStoreTableName: DatabasePersisterConfig | string | undefined,
  // biome-ignore lint/suspicious/noExplicitAny: rows and parameters are whatever the application's library takes.
  executeCommand: (sql: string, params?: any[]) => Promise<{[field: string]: any}[]>,
  addChangeListener: (channel: string, listener: (payload: string) => void) => Promise<ListenerHandle>,
  delChangeListener: (listenerHandle: ListenerHandle) => void | Promise<void>,
  onSqlCommand: SqlCommandHandler | undefined,
  onIgnoredError: IgnoredErrorHandler | undefined,
  destroy: () => void,
  persist: Persist,
  thing: unknown,
  getThing = 'getDb',
): Persister<Persist, StoreType> =>
  createDatabasePersister(
    store,
    customPostgreSqlDriver({executeCommand, addChangeListener, delChangeListener, destroy}),
    {configOrStoreTableName, onSqlCommand, onIgnoredError, persist},
    {[getThing]: () => thing},
  ) as unknown as Persister<Persist, StoreType>;
