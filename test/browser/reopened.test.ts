// What is in a browser's databases when a page is loaded again, when a tab was closed in the middle of a save, and when a
// worker ended: in a real Chromium, in each layout.

import {describe, expect, test} from 'vitest';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import type {OpenDatabase} from '../contract/databases.ts';
import {configOf, type LayoutName, layoutNames} from '../contract/storages.ts';
import {startCertifying} from './certify-in-chromium.ts';
import type {Where} from './certify-page.ts';
import type {Page} from './chromium.ts';
import type {BrowserKindName} from './kinds/kinds.ts';

declare const window: {
  readonly holdfast: {
    createStore(): Store;
    openDatabase(name: BrowserKindName, where: Where, databaseName: string): Promise<OpenDatabase>;
    endWorker(): void;
  };
  store: Store;
  persister: AnyPersister;
};

const browser = await startCertifying();

// The last: in which layouts a tab is closed in the middle of a save. PGlite takes seconds to open.
const KINDS: readonly (readonly [BrowserKindName, Where, (readonly LayoutName[])?])[] = [
  ['sqlite-wasm in a pool of OPFS', 'page, the handle in a worker'],
  ['sqlite-wasm in files of OPFS', 'page, the handle in a worker'],
  ['wa-sqlite in a pool of OPFS', 'page, the handle in a worker'],
  ['wa-sqlite in files of OPFS', 'page, the handle in a worker'],
  ['wa-sqlite in IndexedDB', 'page'],
  ['pglite in IndexedDB', 'page', ['rows']],
];

const open = (page: Page, name: BrowserKindName, where: Where, layout: LayoutName) =>
  page.evaluate(
    async ({name, where, layout, config}) => {
      const {createStore, openDatabase} = window.holdfast;
      window.store = createStore();
      const database = await openDatabase(name, where, `reopened-${layout}`);
      window.persister = (await database.createPersister(window.store, config)) as AnyPersister;
      await window.persister.load();
      return window.store.getContent();
    },
    {name, where, layout, config: configOf(layout, ['pets'])},
  );

for (const [name, where, layoutsOfSaves = layoutNames] of KINDS) {
  describe(`${name}, in Chromium: ${where}`, () => {
    test.each(layoutNames)(
      '[PR1] %s: what was acknowledged is there when the page is loaded again',
      async (layout) => {
        const profile = await browser.newProfile();
        const page = await profile.newPage();
        expect(await open(page, name, where, layout)).toEqual([{}, {}]);
        await page.evaluate(async () => {
          await window.persister.startAutoSave();
          window.store
            .setTables({pets: {fido: {species: 'dog', tags: ['a', {b: 1}]}}})
            .setValue('open', true);
          await window.persister.whenDurable();
          window.store.setCell('pets', 'fido', 'sold', false);
          await window.persister.whenDurable();
        });
        await page.reload();
        expect(await open(page, name, where, layout)).toEqual([
          {pets: {fido: {species: 'dog', tags: ['a', {b: 1}], sold: false}}},
          {open: true},
        ]);
        await profile.close();
      },
    );

    test.each(layoutsOfSaves)(
      '[PR3] %s: of a save in whose middle the tab was closed, there is all or nothing',
      async (layout) => {
        const profile = await browser.newProfile();
        let page = await profile.newPage();
        let stored = -1;
        for (let round = 0; round < 4; round++) {
          const [{pets = {}}, values] = await open(page, name, where, layout);
          const ages = new Set(Object.values(pets).map(({age}) => age));
          if (stored >= 0) {
            expect([...ages]).toEqual([values.age]);
            expect([stored, stored + 1]).toContain(values.age);
            expect(Object.keys(pets).length).toBe(2_000);
          }
          stored = await page.evaluate(
            async ({round}) => {
              const fill = (age: number) =>
                window.store.transaction(() => {
                  for (let row = 0; row < 2_000; row++) {
                    window.store.setRow('pets', `pet${row}`, {age, name: `name ${row}`});
                  }
                  window.store.setValue('age', age);
                });
              fill(round * 10);
              await window.persister.save();
              fill(round * 10 + 1);
              // Later each time: before the save has begun, in its middle, towards its end.
              window.persister.save().catch(() => undefined);
              await new Promise<void>((resolve) => setTimeout(resolve, round * 30));
              return round * 10;
            },
            {round},
          );
          await page.close();
          page = await profile.newPage();
        }
        await profile.close();
      },
    );
  });
}

test('[DR4] when the worker ends, what waits for it rejects, and the changes stay pending', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  await open(page, 'sqlite-wasm in a pool of OPFS', 'page, the handle in a worker', 'rows');
  const told = await page.evaluate(async () => {
    await window.persister.save();
    window.store.setValue('open', true);
    const saved = window.persister.save().then(
      () => 'saved',
      (error: {code: string}) => error.code,
    );
    window.holdfast.endWorker();
    const codes = [await saved];
    codes.push(
      await window.persister.load().then(
        () => 'loaded',
        (error: {code: string}) => error.code,
      ),
    );
    return {codes, durability: window.persister.getDurability()};
  });
  expect(told.codes).toEqual(['driver/closed', 'driver/closed']);
  expect(told.durability).toMatchObject({state: 'failing', pendingCount: 1});
  await profile.close();
});

test('[DR4] a worker that cannot be loaded is told of at once', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const code = await page.evaluate(async () => {
    const {createStore, createWorkerPersister} = window.holdfast as unknown as {
      createStore(): Store;
      createWorkerPersister(store: Store, port: unknown): Promise<unknown>;
    };
    const {Worker} = globalThis as unknown as {Worker: new (url: string) => unknown};
    return createWorkerPersister(createStore(), new Worker('/not-there.js')).then(
      () => undefined,
      (error: {code: string}) => error.code,
    );
  });
  expect(code).toBe('driver/closed');
  await profile.close();
});
