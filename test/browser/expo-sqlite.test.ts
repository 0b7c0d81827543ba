// expo-sqlite's web build in a real Chromium; not run on a device.

import {expect, test} from 'vitest';
import type {ExpoSqliteDatabase} from '../../src/driver/expo-sqlite-driver.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {certifyInChromium, startCertifying} from './certify-in-chromium.ts';
import {bundleExpoSqlite} from './expo-sqlite-files.ts';

const browser = await startCertifying(await bundleExpoSqlite());

const NO_MESSAGES = 'on the web, all that a step fails with is called “Error executing statement”';
const ONE_CONNECTION = 'whoever opens the same file is given the same connection';

await certifyInChromium(browser, {
  name: 'expo-sqlite’s web build',
  where: 'page',
  driver: {
    CN3: 'its calls return promises',
    CN4: ONE_CONNECTION,
    CN5: NO_MESSAGES,
    '[CN2] leaves nothing behind where the body throws, or a statement fails': NO_MESSAGES,
    '[DR4] tells a constraint, and what is missing, from other faults': NO_MESSAGES,
    '[DR4] tells that the database is full': NO_MESSAGES,
    '[DR4] tells that another handle holds the lock': ONE_CONNECTION,
    '[DR4] tells that the handle is read-only': 'expo-sqlite opens nothing read-only',
    '[DR4] tells that the file is no database': 'nothing but expo-sqlite reaches the file',
  },
  tables: {
    '[PR3] [TB8] stores nothing where one row is refused, says which, and keeps it pending': NO_MESSAGES,
  },
  badInput: {BI4: NO_MESSAGES},
});

type Db = ExpoSqliteDatabase & {runAsync(sql: string): Promise<unknown>; closeAsync(): Promise<void>};
declare const window: {
  readonly holdfast: {
    createStore(): Store;
    createExpoSqlitePersister(store: Store, db: Db, config: object): AnyPersister;
    openExpoSqlite(name: string): Promise<Db>;
  };
};

test('[WA1] what the application changes through its handle is told by expo-sqlite’s listener', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const heard = await page.evaluate(async () => {
    const {createStore, createExpoSqlitePersister, openExpoSqlite} = window.holdfast;
    const db = await openExpoSqlite('told');
    await db.runAsync('CREATE TABLE pets (_id PRIMARY KEY, species)');
    await db.runAsync("INSERT INTO pets VALUES ('fido', 'dog')");
    const config = {mode: 'tabular', tables: {load: {pets: 'pets'}}, autoLoadIntervalSeconds: 3_600};
    const stores = [createStore(), createStore()];
    const persisters = stores.map((store) => createExpoSqlitePersister(store, db, config));
    for (const persister of persisters) {
      await persister.startAutoLoad();
    }
    const changes = stores.map(
      (store) =>
        new Promise<void>((resolve) => store.addCellListener('pets', 'fido', 'species', () => resolve())),
    );
    await db.runAsync("UPDATE pets SET species = 'fox'");
    await Promise.all(changes);
    for (const persister of persisters) {
      await persister.destroy();
    }
    await db.closeAsync();
    return stores.map((store) => store.getTables());
  });
  expect(heard).toEqual([{pets: {fido: {species: 'fox'}}}, {pets: {fido: {species: 'fox'}}}]);
  await profile.close();
});

test('[PR1] what was saved on the web is there when the page is loaded again', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const persist = (age: number) =>
    page.evaluate(async (age) => {
      const {createStore, createExpoSqlitePersister, openExpoSqlite} = window.holdfast;
      const db = await openExpoSqlite('kept');
      const store = createStore();
      const persister = createExpoSqlitePersister(store, db, {mode: 'rows'});
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
