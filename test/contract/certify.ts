// Everything that a driver must pass, in one call: the suites for drivers, for storages in each layout, and for persisters.

import {describe, expect, onTestFinished, test} from 'vitest';
import {createStore} from '../../src/entry/store.ts';
import {driverSuite} from '../../src/testing/driver.suite.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {createDatabasePlace, type DatabaseKind, skipAll} from './databases.ts';
import {configOf, type LayoutName, layoutNames, openLayout} from './storages.ts';

/** Rules or tests that cannot hold for a driver, each with the reason, by suite. */
export interface CertifyOptions {
  /** Where handles are slow to open: the layouts that the suite for persisters runs over; all, unless it is said. */
  readonly persisterLayouts?: readonly LayoutName[];
  /** Whether another handle's commit is to be heard of at once, and not at the next interval. */
  readonly isTold?: boolean;
  /** Why nothing of it can be tested here. */
  readonly all?: string | undefined;
  readonly driver?: {readonly [rule: string]: string};
  readonly storage?: {readonly [rule: string]: string};
  readonly persister?: {readonly [rule: string]: string};
}

// Others' changes are looked for often, for not every driver is told of them.
const quickConfigOf = (layoutName: LayoutName) => ({...configOf(layoutName), autoLoadIntervalSeconds: 0.05});

// Tables of its own for each of several persisters.
const tableConfigOf = (layoutName: LayoutName, index: number) =>
  layoutName === 'tabular'
    ? configOf(layoutName, [`pets${index}`])
    : {mode: layoutName, storeTableName: `store${index}`};

const RULES = {
  driver: ['DR1', 'DR2', 'DR3', 'DR4', 'CN1', 'CN2', 'CN3', 'CN4', 'CN5', 'CN6'],
  storage: ['SG1', 'SG2', 'SG3', 'SG4', 'SG5', 'SG6', 'PR4', 'PR6'],
  persister: ['PR1', 'PR2', 'PR6', 'PR7', 'WA1', 'PE2', 'PE3', 'PE5', 'PE7', 'PE8', 'PE11'],
};

export const certifyDriver = (kind: DatabaseKind, skip: CertifyOptions = {}): void => {
  const runner = {describe, test, expect};
  const {persisterLayouts = layoutNames} = skip;
  const skipOf = (suite: keyof typeof RULES) => ({...skip[suite], ...skipAll(skip.all, RULES[suite])});
  driverSuite({
    name: kind.name,
    create: () => createDatabasePlace(kind),
    skip: skipOf('driver'),
    runner,
  });
  if (skip.isTold) {
    test(`[WA1] another handle’s commit is heard of long before the interval: ${kind.name}`, async (context) => {
      skip.all === undefined || context.skip(skip.all);
      const place = createDatabasePlace(kind);
      onTestFinished(place.remove);
      const config = {mode: 'rows', autoLoadIntervalSeconds: 3_600} as const;
      const [store, listening] = [createStore(), createStore()];
      const persister = await (await place.open()).createPersister(store, config);
      await persister.startAutoSave();
      const other = await (await place.open()).createPersister(listening, config);
      await other.startAutoLoad();
      for (let age = 0; age < 3; age++) {
        const heard = new Promise((resolve) => {
          const listenerId = listening.addCellListener('pets', 'fido', 'age', () => {
            listening.delListener(listenerId);
            resolve(undefined);
          });
        });
        store.setCell('pets', 'fido', 'age', age);
        await persister.whenDurable();
        await heard;
        expect(listening.getTables()).toEqual({pets: {fido: {age}}});
      }
      await persister.destroy();
      await other.destroy();
    });
  }
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
    if (!persisterLayouts.includes(layoutName)) {
      continue;
    }
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
    test(`[CN1] two persisters of one handle keep out of each other’s transactions: ${name}`, async (context) => {
      skip.all === undefined || context.skip(skip.all);
      const place = createDatabasePlace(kind);
      onTestFinished(place.remove);
      const database = await place.open();
      const stores = [createStore(), createStore()];
      const persisters = await Promise.all(
        stores.map((store, index) => database.createPersister(store, tableConfigOf(layoutName, index))),
      );
      await Promise.all(persisters.map((persister) => persister.startAutoSave()));
      for (let age = 0; age < 20; age++) {
        stores.forEach((store, index) => void store.setCell(`pets${index}`, 'fido', 'age', age));
        await Promise.resolve();
      }
      await Promise.all(persisters.map((persister) => persister.whenDurable()));
      await Promise.all(persisters.map((persister) => persister.destroy()));
      const reopened = createStore();
      const persister = await database.createPersister(reopened, tableConfigOf(layoutName, 1));
      await persister.load();
      expect(reopened.getTables()).toEqual({pets1: {fido: {age: 19}}});
      await persister.destroy();
    });
  }
};
