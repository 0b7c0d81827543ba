// Entry: a persister over a database that is at the other end of a port, in a worker as a rule, and what exposes it there.

import {requireHandle} from '../../driver/handle.ts';
import {remoteDriver} from '../../driver/remote-driver.ts';
import type {RemotePort} from '../../driver/remote-messages.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {Driver} from '../../driver/driver.ts';
export {exposeDriver} from '../../driver/expose-driver.ts';
export type {RemotePort};

export interface WorkerPersister<Port = RemotePort, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The port that the persister was made with. */
  getPort(): Port;
}

/**
 * Keeps a store in a database whose handle is elsewhere. Resolves once `exposeDriver` was called there; rejects where the
 * worker could not be loaded. When the worker is gone, saves and loads reject with `driver/closed`.
 *
 * In the worker: `exposeDriver(sqliteWasmDriver(sqlite3, db), self)`.
 * In the page: `await createWorkerPersister(store, new Worker('worker.js', {type: 'module'}), {mode: 'rows'})`.
 * The entries of databases for browsers export their drivers.
 *
 * @param port A `Worker` or a `MessagePort`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createWorkerPersister = async <Port extends RemotePort, StoreType extends PersistableStore>(
  store: StoreType,
  port: Port,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): Promise<WorkerPersister<Port, StoreType>> => {
  requireHandle(port, ['postMessage', 'addEventListener'], 'reached by a Worker or a MessagePort');
  return createDatabasePersister(
    store,
    await remoteDriver(port),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getPort: () => port},
  );
};
