// Two tabs of a real Chromium on one SQLite database of the browser: edits of both are kept, and reach both.

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
  };
  store: Store;
  persister: AnyPersister;
};

const browser = await startCertifying();

const KINDS: readonly (readonly [BrowserKindName, Where])[] = [
  ['wa-sqlite in IndexedDB', 'page'],
  ['wa-sqlite in files of OPFS', 'page, the handle in a worker'],
  ['sqlite-wasm in files of OPFS', 'page, the handle in a worker'],
];
const ROUNDS = 5;

const open = (page: Page, name: BrowserKindName, where: Where, layout: LayoutName) =>
  page.evaluate(
    async ({name, where, config}) => {
      const {createStore, openDatabase} = window.holdfast;
      window.store = createStore();
      const database = await openDatabase(name, where, 'shared');
      window.persister = (await database.createPersister(window.store, config)) as AnyPersister;
      await window.persister.startAutoPersisting();
    },
    {name, where, config: {...configOf(layout, ['pets']), autoLoadIntervalSeconds: 0.1}},
  );

const edit = ({rowId, delayMs}: {rowId: string; delayMs: number}) =>
  new Promise<void>((resolve, reject) => {
    setTimeout(() => {
      window.store.setCell('pets', rowId, 'species', 'dog');
      window.persister.whenDurable().then(resolve, reject);
    }, delayMs);
  });

// Resolves with the ids, and how long it took, once the store has so many rows.
const untilAll = (count: number) =>
  new Promise<{rowIds: string[]; ms: number}>((resolve) => {
    const start = Date.now();
    const look = () =>
      window.store.getRowCount('pets') === count &&
      resolve({rowIds: window.store.getRowIds('pets'), ms: Date.now() - start});
    window.store.addRowIdsListener('pets', look);
    look();
  });

for (const [name, where] of KINDS) {
  describe(`${name}, in two tabs of Chromium: ${where}`, () => {
    for (const layout of layoutNames) {
      test.each([0, 20, 50])(
        `[PR7] [PE11] ${layout}: edits %i ms apart are kept by the storage and reach both within a second`,
        async (apartMs) => {
          const profile = await browser.newProfile();
          const [one, other] = [await profile.newPage(), await profile.newPage()];
          await open(one, name, where, layout);
          await open(other, name, where, layout);
          const rowIds = Array.from({length: ROUNDS}, (_, round) => [`one${round}`, `other${round}`]).flat();
          for (let round = 0; round < ROUNDS; round++) {
            await Promise.all([
              one.evaluate(edit, {rowId: `one${round}`, delayMs: 0}),
              other.evaluate(edit, {rowId: `other${round}`, delayMs: apartMs}),
            ]);
          }
          for (const page of [one, other]) {
            const all = await page.evaluate(untilAll, rowIds.length);
            expect(all.rowIds.sort()).toEqual(rowIds.toSorted());
            expect(all.ms).toBeLessThan(1_000);
          }
          await profile.close();
        },
      );
    }
  });
}
