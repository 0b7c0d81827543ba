// Makes a persister of a store and a driver: the connection, the layout that the configuration asks for, and `getDb`.
// Knows no platform.

import {hostPorts, type Ports} from '../base/ports.ts';
import {createConnection} from '../driver/connection.ts';
import type {Driver} from '../driver/driver.ts';
import {createLayout} from '../storage/create-layout.ts';
import {
  type DatabasePersisterConfig,
  type DpcFragmented,
  resolveDatabaseConfig,
} from '../storage/database-config.ts';
import {requireNamesThatFit} from '../storage/names-that-fit.ts';
import {createPersister} from './create-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from './handlers.ts';
import type {PersistableStore} from './persistable-store.ts';
import type {Persister, Persists} from './persister.ts';
import {requirePersistable} from './require-persistable.ts';

export interface DatabasePersisterOptions {
  readonly configOrStoreTableName?: DatabasePersisterConfig | DpcFragmented | string | undefined;
  readonly onSqlCommand?: SqlCommandHandler | undefined;
  readonly onIgnoredError?: IgnoredErrorHandler | undefined;
  readonly persist?: Persists | undefined;
  readonly ports?: Ports | undefined;
}

/**
 * Keeps a store in the database that a driver reaches: what every `create…Persister` function of a database is made of, and
 * one for a driver of your own is. Certify the driver first, with the suites of `holdfast/testing`.
 *
 * @param driver Made for this persister alone; its `close` is called when the persister is destroyed.
 * @param options.configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param options.onSqlCommand Told of every SQL command before it is sent.
 * @param options.onIgnoredError Told of faults that would otherwise reject.
 * @param extras What else the persister has, such as a `getDb` that returns the caller's handle.
 */
export const createDatabasePersister = <
  StoreType extends PersistableStore,
  Extras extends object = Record<never, never>,
>(
  store: StoreType,
  driver: Driver,
  options: DatabasePersisterOptions = {},
  extras: Extras = {} as Extras,
): Persister<Persists, StoreType> & Extras => {
  const {configOrStoreTableName, onSqlCommand, onIgnoredError, persist, ports = hostPorts} = options;
  requirePersistable(store, persist);
  const config = resolveDatabaseConfig(configOrStoreTableName);
  requireNamesThatFit(driver.dialect, config);
  const connection = createConnection(driver, {onSqlCommand, busyTimeoutMs: config.busyTimeoutMs, ports});
  return createPersister(
    {store, storage: createLayout(connection, config, ports), onIgnoredError, ports},
    extras,
  );
};
