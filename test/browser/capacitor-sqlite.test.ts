// Capacitor's SQLite over jeep-sqlite, its stand-in for the web, in a real Chromium; not run on a device.

import {expect, test} from 'vitest';
import type {CapacitorSqliteDatabase} from '../../src/driver/capacitor-sqlite-driver.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {bundleCapacitorSqlite} from './capacitor-sqlite-files.ts';
import {certifyInChromium, startCertifying} from './certify-in-chromium.ts';

const browser = await startCertifying(await bundleCapacitorSqlite());

const NO_QUOTES = 'jeep-sqlite reads DELETE itself, and fails where a table’s name has a quote in it';
const ONE_CONNECTION = 'all connections to one database are one';

await certifyInChromium(browser, {
  name: 'capacitor-sqlite over jeep-sqlite',
  where: 'page',
  driver: {
    CN3: 'its calls return promises',
    CN4: ONE_CONNECTION,
    '[DR4] tells that another handle holds the lock': ONE_CONNECTION,
    '[DR4] tells that the file is no database': 'nothing but the plugin reaches the file',
  },
  badInput: {
    '[BI1] takes every name for tables, cells and ids, and SQL in them for text: rows': NO_QUOTES,
    '[BI1] takes every name for tables, cells and ids, and SQL in them for text: tabular': NO_QUOTES,
  },
});

declare const window: {
  readonly holdfast: {
    createStore(): Store;
    createCapacitorSqlitePersister(store: Store, db: CapacitorSqliteDatabase, config: object): AnyPersister;
    openCapacitorSqlite(name: string): Promise<CapacitorSqliteDatabase>;
  };
};

test('[PR1] what was saved on the web is there when the page is loaded again', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const persist = (age: number) =>
    page.evaluate(async (age) => {
      const {createStore, createCapacitorSqlitePersister, openCapacitorSqlite} = window.holdfast;
      const store = createStore();
      const db = await openCapacitorSqlite('kept');
      const persister = createCapacitorSqlitePersister(store, db, {mode: 'rows'});
      await persister.startAutoPersisting();
      const found = store.getTables();
      store.setRow('pets', `pet${age}`, {age});
      await persister.whenDurable();
      return found;
    }, age);
  expect(await persist(1)).toEqual({});
  await page.reload();
  expect(await persist(2)).toEqual({pets: {pet1: {age: 1}}});
  await page.reload();
  expect(await persist(3)).toEqual({pets: {pet1: {age: 1}, pet2: {age: 2}}});
  await profile.close();
});
