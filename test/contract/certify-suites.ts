// Everything that a driver must pass: the suites for drivers, for storages in each layout, and for persisters. Knows no
// platform and no test runner: it runs under Vitest, and inside the pages of a browser.

import {createStore} from '../../src/entry/store.ts';
import {badInputSuite} from '../../src/testing/bad-input.suite.ts';
import {type DriverPlace, driverSuite} from '../../src/testing/driver.suite.ts';
import {mergeableSuite} from '../../src/testing/mergeable.suite.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {tablesSuite} from '../../src/testing/tables.suite.ts';
import type {TestRunner} from '../../src/testing/test-runner.ts';
import type {Mode, OpenDatabase} from './databases.ts';
import {mergeableSkips} from './mergeable-skips.ts';
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
  readonly tables?: {readonly [rule: string]: string};
  readonly badInput?: {readonly [rule: string]: string};
  readonly persister?: {readonly [rule: string]: string};
  readonly mergeable?: {readonly [rule: string]: string};
}

/** A database that a test has to itself. */
export interface DatabasePlace extends DriverPlace {
  open(mode?: Mode): Promise<OpenDatabase>;
}

interface Certified {
  readonly name: string;
  readonly createPlace: () => DatabasePlace;
  readonly runner: TestRunner;
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
  badInput: ['BI1', 'BI2', 'BI3', 'BI4'],
  tables: ['TB2', 'TB4', 'TB8', 'TB9', 'PR3'],
  mergeable: ['MS10', 'MS11', 'MS12', 'MS13'],
  persister: ['PR1', 'PR2', 'PR6', 'PR7', 'WA1', 'PE2', 'PE3', 'PE5', 'PE7', 'PE8', 'PE11'],
};

export const certifySuites = (
  {name: kindName, createPlace, runner}: Certified,
  skip: CertifyOptions = {},
): void => {
  const {persisterLayouts = layoutNames} = skip;
  const {all} = skip;
  const skipOf = (suite: keyof typeof RULES) => ({
    ...skip[suite],
    ...(all === undefined ? {} : Object.fromEntries(RULES[suite].map((ruleId) => [ruleId, all]))),
  });
  driverSuite({name: kindName, create: createPlace, skip: skipOf('driver'), runner});
  tablesSuite({name: kindName, create: createPlace, skip: skipOf('tables'), runner});
  badInputSuite({
    name: kindName,
    create: createPlace,
    skip: {...sameReasons(skip.driver), ...skipOf('badInput')},
    runner,
  });
  // A test that one place has to itself, where anything can be tested.
  const testIn = (title: string, work: (place: DatabasePlace) => Promise<void>): void => {
    runner.test(title, async (context) => {
      if (all !== undefined) {
        context.skip(all);
        return;
      }
      const place = createPlace();
      try {
        await work(place);
      } finally {
        await place.remove();
      }
    });
  };

  if (skip.isTold) {
    testIn(`[WA1] another handle’s commit is heard of long before the interval: ${kindName}`, (place) =>
      hearAtOnce(place, runner),
    );
  }
  for (const layoutName of layoutNames) {
    const name = `${layoutName} over ${kindName}`;
    const config = quickConfigOf(layoutName);
    storageSuite({
      name,
      create: () => {
        const place = createPlace();
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
        const place = createPlace();
        return {
          open: async (store) => (await place.open()).createPersister(store, config),
          remove: place.remove,
        };
      },
      skip: skipOf('persister'),
      runner,
    });
    if (layoutName !== 'json') {
      mergeableSuite({
        name,
        create: () => {
          const place = createPlace();
          return {
            open: async (store) => (await place.open()).createPersister(store, config),
            remove: place.remove,
          };
        },
        skip: {...mergeableSkips[layoutName], ...skipOf('mergeable')},
        runner,
      });
    }
    testIn(
      `[CN1] two persisters of one handle keep out of each other’s transactions: ${name}`,
      async (place) => saveTogether(await place.open(), layoutName, runner),
    );
  }
};

const hearAtOnce = async (place: DatabasePlace, {expect}: TestRunner): Promise<void> => {
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
};

// What no handle of this kind can be, it cannot be here either.
const sameReasons = (driver: CertifyOptions['driver'] = {}): {readonly [rule: string]: string} => {
  const [readOnly, closed] = [
    driver['[DR4] tells that the handle is read-only'],
    driver['[DR4] tells that the handle is closed'],
  ];
  return {
    ...(readOnly === undefined ? {} : {BI2: readOnly}),
    ...(closed === undefined ? {} : {BI3: closed}),
  };
};

const saveTogether = async (
  database: OpenDatabase,
  layoutName: LayoutName,
  {expect}: TestRunner,
): Promise<void> => {
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
};
