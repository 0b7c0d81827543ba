// Makes a persister of a store and a driver: the connection, the layout that the configuration asks for, and `getDb`.
// Knows no platform.

import {hostPorts, type Ports} from '../base/ports.ts';
import {type Connection, createConnection} from '../driver/connection.ts';
import type {Driver} from '../driver/driver.ts';
import {
  type DatabasePersisterConfig,
  type ResolvedConfig,
  resolveDatabaseConfig,
} from '../storage/database-config.ts';
import {createJsonLayout} from '../storage/json-layout.ts';
import {requireNamesThatFit} from '../storage/names-that-fit.ts';
import {createRowsLayout} from '../storage/rows-layout.ts';
import type {Storage} from '../storage/storage.ts';
import {createTabularLayout} from '../storage/tabular-layout.ts';
import {createPersister} from './create-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from './handlers.ts';
import type {PersistableStore} from './persistable-store.ts';
import type {Persister, Persists} from './persister.ts';
import {requirePersistable} from './require-persistable.ts';

export interface DatabasePersisterOptions {
  readonly configOrStoreTableName?: DatabasePersisterConfig | string | undefined;
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
  requireNamesThatFit(driver.dialect, config);
  const connection = createConnection(driver, {onSqlCommand, busyTimeoutMs: config.busyTimeoutMs, ports});
  return createPersister(
    {store, storage: createLayout(connection, config, ports), onIgnoredError, ports},
    extras,
  );
};

const createLayout = (connection: Connection, config: ResolvedConfig, ports: Ports): Storage => {
  switch (config.mode) {
    case 'json':
      return createJsonLayout(connection, config, ports);
    case 'tabular':
      return createTabularLayout(connection, config, ports);
    case 'rows':
      return createRowsLayout(connection, config, ports);
  }
};
