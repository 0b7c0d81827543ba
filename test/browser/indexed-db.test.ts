// The IndexedDB persister in a real Chromium: two tabs, damage, and databases that TinyBase wrote.

import {fileURLToPath} from 'node:url';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {type Browser, type Page, startChromium} from './chromium.ts';

interface PageGlobals {
  readonly holdfast: {
    readonly holdfast: {createStore(): Store};
    readonly tinybase: {createStore(): Store};
    createIndexedDbPersister(store: Store, name: string): AnyPersister;
    createTinyBasePersister(store: Store, name: string): AnyPersister;
  };
  store: Store;
  persister: AnyPersister;
}
declare const window: PageGlobals;
interface DatabaseRequest {
  readonly result: {
    transaction(
      name: string,
      mode: string,
    ): {
      objectStore(name: string): {put(value: unknown, key: unknown): void; getAll(): {result: unknown[]}};
      oncomplete: () => void;
    };
    close(): void;
  };
  onsuccess: () => void;
}
declare const indexedDB: {open(name: string): DatabaseRequest};

let browser: Browser;
let profile: Awaited<ReturnType<Browser['newProfile']>>;
beforeAll(async () => {
  browser = await startChromium([fileURLToPath(new URL('./indexed-db-page.ts', import.meta.url))]);
});
afterAll(() => browser?.close());
beforeEach(async () => {
  profile = await browser.newProfile();
});
afterEach(() => profile.close());

const CONTENT: Content = [
  {
    pets: {fido: {species: 'dog', tags: ['a', {b: 1}], note: null}, felix: {species: 'cat'}},
    shops: {north: {city: 'Oslo'}},
  },
  {open: true, hours: {from: 9, to: 17}},
];

const openPersister = async (page: Page, start: 'load' | 'auto'): Promise<Content> =>
  page.evaluate(async (start) => {
    window.store = window.holdfast.holdfast.createStore();
    window.persister = window.holdfast.createIndexedDbPersister(window.store, 'pets');
    await (start === 'load' ? window.persister.load() : window.persister.startAutoPersisting());
    return window.store.getContent();
  }, start);

test('[SG1] [JS1] a database that TinyBase wrote is taken over, and kept from then on', async () => {
  const page = await profile.newPage();
  await page.evaluate(async (content) => {
    const store = window.holdfast.tinybase.createStore().setContent(content);
    const persister = window.holdfast.createTinyBasePersister(store, 'pets');
    await persister.save();
    await persister.destroy();
  }, CONTENT);
  // TinyBase keeps its connection until the page goes.
  await page.close();
  const next = await profile.newPage();
  expect(await openPersister(next, 'load')).toEqual(CONTENT);
  await next.evaluate(async () => {
    window.store.setCell('pets', 'fido', 'species', 'wolf');
    await window.persister.save();
    await window.persister.destroy();
  });
  const [tables] = await openPersister(next, 'load');
  expect(tables.pets?.fido).toEqual({species: 'wolf', tags: ['a', {b: 1}], note: null});
});

test('[PR7] [RW2] [PE11] two tabs that edit cells of the same rows at once keep all edits, and converge', async () => {
  const tabs = [await profile.newPage(), await profile.newPage()];
  for (const tab of tabs) {
    await openPersister(tab, 'auto');
  }
  await Promise.all(
    tabs.map((tab, index) =>
      tab.evaluate(async (index) => {
        for (let edit = 0; edit < 50; edit++) {
          window.store.setCell('pets', `row${edit % 10}`, `cell${index}-${edit}`, edit);
          await window.persister.whenDurable();
        }
      }, index),
    ),
  );
  for (const tab of tabs) {
    const counts = await tab.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const look = () => {
            const counts = window.store
              .getRowIds('pets')
              .map((rowId) => window.store.getCellIds('pets', rowId).length);
            if (counts.reduce((sum, count) => sum + count, 0) === 100) {
              resolve(counts);
            }
          };
          window.store.addTablesListener(look);
          look();
        }),
    );
    expect(counts).toEqual(Array.from({length: 10}, () => 10));
  }
});

test('[PR8] [RW4] a damaged record is moved to quarantine, the rest is read, and the caller is told', async () => {
  const page = await profile.newPage();
  const told = await page.evaluate(async () => {
    const {holdfast, createIndexedDbPersister} = window.holdfast;
    const saved = createIndexedDbPersister(
      holdfast.createStore().setTables({pets: {fido: {age: 1}, felix: {age: 2}}, shops: {north: {age: 3}}}),
      'pets',
    );
    await saved.save();
    await saved.destroy();
    const request = indexedDB.open('pets');
    await new Promise<void>((resolve) => {
      request.onsuccess = () => resolve();
    });
    const transaction = request.result.transaction('rows', 'readwrite');
    transaction.objectStore('rows').put('not rows', ['pets', 'felix']);
    await new Promise<void>((resolve) => {
      transaction.oncomplete = () => resolve();
    });
    request.result.close();
    const store = holdfast.createStore();
    const persister = createIndexedDbPersister(store, 'pets');
    const code = await persister.load().then(
      () => undefined,
      (error: {code: string}) => error.code,
    );
    return {code, tables: store.getTables()};
  });
  expect(told).toEqual({code: 'storage/unreadable', tables: {shops: {north: {age: 3}}}});
});

test('[PR5] one edited cell writes one record of rows and one entry of the log, however large the store', async () => {
  const page = await profile.newPage();
  const writes = await page.evaluate(async () => {
    const {holdfast, createIndexedDbPersister} = window.holdfast;
    const counts: number[] = [];
    for (const rowCount of [100, 10_000]) {
      const store = holdfast.createStore();
      store.transaction(() => {
        for (let row = 0; row < rowCount; row++) {
          store.setRow('pets', `row${row}`, {age: row, name: `name ${row}`});
        }
      });
      const persister = createIndexedDbPersister(store, `pets ${rowCount}`);
      await persister.startAutoSave();
      const prototype = (
        globalThis as unknown as {
          IDBObjectStore: {
            prototype: {put: (...args: unknown[]) => unknown; add: (...args: unknown[]) => unknown};
          };
        }
      ).IDBObjectStore.prototype;
      const {put, add} = prototype;
      let count = 0;
      prototype.put = function (...args) {
        count++;
        return put.apply(this, args);
      };
      prototype.add = function (...args) {
        count++;
        return add.apply(this, args);
      };
      store.setCell('pets', 'row7', 'age', -1);
      await persister.whenDurable();
      Object.assign(prototype, {put, add});
      counts.push(count);
      await persister.destroy();
    }
    return counts;
  });
  expect(writes).toEqual([2, 2]);
});
