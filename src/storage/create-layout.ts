// Makes the storage that a configuration asks for, over a connection or a driver. Knows no platform.

import {hostPorts, type Ports} from '../base/ports.ts';
import {type Connection, createConnection} from '../driver/connection.ts';
import type {Driver} from '../driver/driver.ts';
import {
  type DatabasePersisterConfig,
  type DpcFragmented,
  type ResolvedConfig,
  resolveDatabaseConfig,
} from './database-config.ts';
import {createJsonLayout} from './json-layout.ts';
import {createRowsLayout} from './rows-layout.ts';
import type {Storage} from './storage.ts';
import {createTabularLayout} from './tabular-layout.ts';

export const createLayout = (
  connection: Connection,
  config: ResolvedConfig,
  ports: Ports = hostPorts,
): Storage => {
  switch (config.mode) {
    case 'json':
      return createJsonLayout(connection, config, ports);
    case 'tabular':
      return createTabularLayout(connection, config, ports);
    case 'rows':
      return createRowsLayout(connection, config, ports);
  }
};

/**
 * A storage in the database that a driver reaches; persisters make theirs so. `close` closes the driver's own things, and
 * leaves the handle open.
 *
 * @param configOrStoreTableName How content lies there; a string names the table of mode `json`.
 */
export const createDatabaseStorage = (
  driver: Driver,
  configOrStoreTableName?: DatabasePersisterConfig | DpcFragmented | string,
): Storage => {
  const config = resolveDatabaseConfig(configOrStoreTableName);
  return createLayout(createConnection(driver, {busyTimeoutMs: config.busyTimeoutMs}), config);
};
