// Everything that a driver must pass, in one call: the suites for drivers, for storages in each layout, and for persisters.

import {describe, expect, test} from 'vitest';
import {driverSuite} from '../../src/testing/driver.suite.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {createDatabasePlace, type DatabaseKind, skipAll} from './databases.ts';
import {configOf, type LayoutName, layoutNames, openLayout} from './storages.ts';

/** Rules or tests that cannot hold for a driver, each with the reason. */
export interface CertifySkips {
  /** Why nothing of it can be tested here. */
  readonly all?: string | undefined;
  readonly driver?: {readonly [rule: string]: string};
  readonly storage?: {readonly [rule: string]: string};
  readonly persister?: {readonly [rule: string]: string};
}

// Others' changes are looked for often, for not every driver is told of them.
const quickConfigOf = (layoutName: LayoutName) => ({...configOf(layoutName), autoLoadIntervalSeconds: 0.05});

const RULES = {
  driver: ['DR1', 'DR2', 'DR3', 'DR4', 'CN1', 'CN2', 'CN3', 'CN4', 'CN5', 'CN6'],
  storage: ['SG1', 'SG2', 'SG3', 'SG4', 'SG5', 'SG6', 'PR4', 'PR6'],
  persister: ['PR1', 'PR2', 'PR6', 'PR7', 'WA1', 'PE2', 'PE3', 'PE5', 'PE7', 'PE8', 'PE11'],
};

export const certifyDriver = (kind: DatabaseKind, skip: CertifySkips = {}): void => {
  const runner = {describe, test, expect};
  const skipOf = (suite: keyof typeof RULES) => ({...skip[suite], ...skipAll(skip.all, RULES[suite])});
  driverSuite({
    name: kind.name,
    create: () => createDatabasePlace(kind),
    skip: skipOf('driver'),
    runner,
  });
  for (const layoutName of layoutNames) {
    const name = `${layoutName} over ${kind.name}`;
    const config = quickConfigOf(layoutName);
    storageSuite({
      name,
      create: () => {
        const place = createDatabasePlace(kind);
        return {
          open: async () => openLayout((await place.open()).driver, config),
          remove: place.remove,
        };
      },
      skip: skipOf('storage'),
      runner,
    });
    persisterSuite({
      name,
      create: () => {
        const place = createDatabasePlace(kind);
        return {
          open: async (store) => (await place.open()).createPersister(store, config),
          remove: place.remove,
        };
      },
      skip: skipOf('persister'),
      runner,
    });
  }
};
