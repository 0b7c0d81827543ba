// Configurations of database persisters that keep what the suites store. Knows no platform.

import type {Id} from '../base/content.ts';
import type {DatabasePersisterConfig} from '../storage/database-config.ts';

/** The tables that the suite stores; a storage that is configured table by table must keep them, and all values. */
export const suiteTableIds: readonly Id[] = ['pets', 'shops', 'rows', 'cells', 'mixed', 'single'];

/** The ways in which content lies in a database, each with a suite's run of its own. */
export const suiteModes = ['json', 'tabular', 'rows'] as const;

/**
 * A configuration of this mode that keeps the tables that `storageSuite` and `persisterSuite` store, and all values. Give
 * it a short `autoLoadIntervalSeconds` where the driver has no `watch`: the suites wait for others' changes.
 */
export const suiteConfigOf = (
  mode: (typeof suiteModes)[number],
  tableIds: readonly Id[] = suiteTableIds,
): DatabasePersisterConfig =>
  mode === 'tabular'
    ? {
        mode,
        tables: {
          load: Object.fromEntries(tableIds.map((tableId) => [`t ${tableId}`, tableId])),
          save: Object.fromEntries(tableIds.map((tableId) => [tableId, `t ${tableId}`])),
        },
        values: {load: true, save: true},
      }
    : {mode};
