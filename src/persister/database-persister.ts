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

/** A persister whose `getDb`, or whatever `extras` calls it, returns the caller's handle. */
export const createDatabasePersister = <StoreType extends PersistableStore, Extras extends object>(
  store: StoreType,
  driver: Driver,
  options: DatabasePersisterOptions,
  extras: Extras,
): Persister<Persists, StoreType> & Extras => {
  const {configOrStoreTableName, onSqlCommand, onIgnoredError, persist, ports = hostPorts} = options;
  requirePersistable(store, persist);
  const config = resolveDatabaseConfig(configOrStoreTableName);
  const connection = createConnection(driver, {onSqlCommand, busyTimeoutMs: config.busyTimeoutMs, ports});
  return createPersister(
    {store, storage: createLayout(connection, config, ports), onIgnoredError, ports},
    extras,
  );
};
