// The three layouts as the suites configure and open them, over any driver. Knows no platform: pages of browsers import it too.

import {createConnection} from '../../src/driver/connection.ts';
import type {Driver} from '../../src/driver/driver.ts';
import {type DatabasePersisterConfig, resolveDatabaseConfig} from '../../src/storage/database-config.ts';
import {createJsonLayout} from '../../src/storage/json-layout.ts';
import {createRowsLayout} from '../../src/storage/rows-layout.ts';
import type {Storage} from '../../src/storage/storage.ts';
import {createTabularLayout} from '../../src/storage/tabular-layout.ts';
import {suiteTableIds} from '../../src/testing/storage.suite.ts';

export type LayoutName = 'json' | 'tabular' | 'rows';

export const layoutNames: readonly LayoutName[] = ['json', 'tabular', 'rows'];

/** A configuration that keeps these tables and all values. */
export const configOf = (
  layoutName: LayoutName,
  tableIds: readonly string[] = suiteTableIds,
): DatabasePersisterConfig =>
  layoutName === 'tabular'
    ? {
        mode: 'tabular',
        tables: {
          load: Object.fromEntries(tableIds.map((tableId) => [`t ${tableId}`, tableId])),
          save: Object.fromEntries(tableIds.map((tableId) => [tableId, `t ${tableId}`])),
        },
        values: {load: true, save: true},
      }
    : {mode: layoutName};

export const openLayout = (driver: Driver, given: DatabasePersisterConfig): Storage => {
  const connection = createConnection(driver);
  const config = resolveDatabaseConfig(given);
  switch (config.mode) {
    case 'json':
      return createJsonLayout(connection, config);
    case 'tabular':
      return createTabularLayout(connection, config);
    case 'rows':
      return createRowsLayout(connection, config);
  }
};
