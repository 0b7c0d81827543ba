// The contract of storages, for every layout over every binding.
import {describe, expect, test} from 'vitest';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {createDatabasePlace, databaseKinds, skipAll} from './databases.ts';
import {configOf, layoutNames, openLayout} from './storages.ts';

const RULES = ['SG1', 'SG2', 'SG3', 'SG4', 'SG5', 'SG6', 'PR4', 'PR6'];

for (const kind of databaseKinds) {
  for (const layoutName of layoutNames) {
    storageSuite({
      name: `${layoutName} over ${kind.name}`,
      create: () => {
        const place = createDatabasePlace(kind);
        return {
          open: async () => openLayout((await place.open()).driver, configOf(layoutName)),
          remove: place.remove,
        };
      },
      skip: {
        ...skipAll(kind.skipReason, RULES),
      },
      runner: {describe, test, expect},
    });
  }
}
