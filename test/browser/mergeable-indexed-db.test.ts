// Mergeable stores in IndexedDB, in a real Chromium: what comes back, two tabs, and databases of plain stores and of TinyBase's.

import {fileURLToPath} from 'node:url';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import type {MergeableStore} from '../../src/entry/mergeable-store.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {type Browser, type Page, startChromium} from './chromium.ts';

interface Stores {
  createStore(): Store;
  createMergeableStore(uniqueId?: string): MergeableStore;
}
declare const window: {
  readonly holdfast: {
    readonly holdfast: Stores;
    readonly tinybase: Stores;
    createIndexedDbPersister(store: Store, name: string): AnyPersister;
    createTinyBasePersister(store: Store, name: string): AnyPersister;
    awkwardContent(): Content;
    exactText(thing: unknown): string;
  };
  store: MergeableStore;
  persister: AnyPersister;
};

let browser: Browser;
let profile: Awaited<ReturnType<Browser['newProfile']>>;
beforeAll(async () => {
  const modules = ['./indexed-db-page.ts', './mergeable-page.ts'];
  browser = await startChromium(modules.map((module) => fileURLToPath(new URL(module, import.meta.url))));
});
afterAll(() => browser?.close());
beforeEach(async () => {
  profile = await browser.newProfile();
});
afterEach(() => profile.close());

const openAuto = (page: Page) =>
  page.evaluate(async () => {
    const {holdfast, createIndexedDbPersister} = window.holdfast;
    window.store = holdfast.createMergeableStore();
    window.persister = createIndexedDbPersister(window.store, 'pets');
    await window.persister.startAutoPersisting();
    return window.store.getContent();
  });

test('[MS20] a mergeable store comes back with its content, stamps and hashes, whatever its ids and cells', async () => {
  const page = await profile.newPage();
  const [saved, loaded] = await page.evaluate(async () => {
    const {holdfast, createIndexedDbPersister, awkwardContent, exactText} = window.holdfast;
    const [tables, values] = awkwardContent();
    const store = holdfast.createMergeableStore('one').setTables(tables).setValues(values);
    const persister = createIndexedDbPersister(store, 'pets');
    await persister.startAutoSave();
    const [tableId] = store.getTableIds() as [string];
    const [rowId] = store.getRowIds(tableId) as [string];
    store.delRow(tableId, rowId).delValue(store.getValueIds()[0] as string);
    store.setCell('pets', 'fido', 'age', 3);
    store.setCell('pets', 'fido', 'age', 4).delCell('pets', 'fido', 'age', true);
    await persister.whenDurable();
    await persister.destroy();
    const other = holdfast.createMergeableStore('other');
    const reader = createIndexedDbPersister(other, 'pets');
    await reader.load();
    await reader.destroy();
    return [store, other].map((each) =>
      exactText([(each as MergeableStore).getMergeableContent(), each.getContent()]),
    );
  });
  expect(loaded).toBe(saved);
  expect(String(saved).length).toBeGreaterThan(1_000);
});

const edit = ({name, delayMs, round}: {name: string; delayMs: number; round: number}) =>
  new Promise<void>((resolve, reject) => {
    setTimeout(() => {
      window.store.setCell('pets', `${name} ${round}`, 'species', 'dog');
      window.store.setCell('pets', 'both', name, round).setValue(name, round);
      window.store.delRow('pets', `${name} ${round - 1}`);
      window.persister.whenDurable().then(resolve, reject);
    }, delayMs);
  });

// Resolves with how long it took once the store has what both tabs set last.
const untilRound = (round: number) =>
  new Promise<number>((resolve) => {
    const startMs = Date.now();
    const look = () =>
      window.store.getValue('one') === round &&
      window.store.getValue('other') === round &&
      resolve(Date.now() - startMs);
    window.store.addDidFinishTransactionListener(look);
    look();
  });

const ROUNDS = 5;

test.each([0, 20, 50])(
  '[MS21] edits of two tabs %i ms apart are all kept, and reach both within a second',
  async (apartMs) => {
    const [one, other] = [await profile.newPage(), await profile.newPage()] as const;
    await openAuto(one);
    await openAuto(other);
    for (let round = 1; round <= ROUNDS; round++) {
      await Promise.all([
        one.evaluate(edit, {name: 'one', delayMs: 0, round}),
        other.evaluate(edit, {name: 'other', delayMs: apartMs, round}),
      ]);
    }
    const expected = [
      {
        pets: {
          [`one ${ROUNDS}`]: {species: 'dog'},
          [`other ${ROUNDS}`]: {species: 'dog'},
          both: {one: ROUNDS, other: ROUNDS},
        },
      },
      {one: ROUNDS, other: ROUNDS},
    ];
    const hashes: unknown[] = [];
    for (const page of [one, other]) {
      expect(await page.evaluate(untilRound, ROUNDS)).toBeLessThan(1_000);
      expect(await page.evaluate(() => window.store.getContent())).toEqual(expected);
      hashes.push(await page.evaluate(() => window.store.getMergeableContentHashes()));
    }
    expect(hashes[0]).toEqual(hashes[1]);
    expect(await openAuto(await profile.newPage())).toEqual(expected);
  },
);

test('[MS26] what a plain store left is taken over, and a plain one is refused from then on', async () => {
  const page = await profile.newPage();
  const told = await page.evaluate(async () => {
    const {holdfast, createIndexedDbPersister} = window.holdfast;
    const plain = holdfast.createStore().setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}});
    const plainPersister = createIndexedDbPersister(plain.setValue('open', true), 'pets');
    await plainPersister.save();
    const store = holdfast.createMergeableStore('one').setCell('pets', 'fido', 'age', 5) as MergeableStore;
    const persister = createIndexedDbPersister(store, 'pets');
    // Before it has loaded anything.
    await persister.save();
    const refusals: unknown[] = [];
    plain.setCell('pets', 'fido', 'age', 9);
    for (const work of [() => plainPersister.save(), () => plainPersister.load()]) {
      await work().catch((error: {code: string}) => refusals.push(error.code));
    }
    await persister.load();
    const [tables] = store.getMergeableContent();
    return {
      refusals,
      content: store.getContent(),
      name: tables[0].pets?.[0].fido?.[0].name?.slice(0, 2),
    };
  });
  expect(told).toEqual({
    refusals: ['storage/wrong-kind', 'storage/wrong-kind'],
    content: [{pets: {fido: {age: 5, name: 'Fido'}, felix: {age: 2}}}, {open: true}],
    name: ['Fido', ''],
  });
});

test('[MS26] what TinyBase stored of a mergeable store is taken over with its stamps', async () => {
  const page = await profile.newPage();
  const theirs = await page.evaluate(async () => {
    const {tinybase, createTinyBasePersister, exactText} = window.holdfast;
    const store = tinybase.createMergeableStore('theirs');
    store.setTables({pets: {fido: {age: 1, toys: ['ball', {of: 'rubber'}], name: null}, felix: {age: 2}}});
    store.setValues({open: true, motto: 'x'});
    store.delCell('pets', 'fido', 'age', true).delRow('pets', 'felix').delValue('open');
    const persister = createTinyBasePersister(store, 'pets');
    await persister.save();
    await persister.destroy();
    return exactText([store.getMergeableContentHashes(), store.getContent()]);
  });
  // TinyBase keeps its connection until the page goes.
  await page.close();
  for (const how of ['load', 'save'] as const) {
    const next = await profile.newPage();
    const ours = await next.evaluate(async (how) => {
      const {holdfast, createIndexedDbPersister, exactText} = window.holdfast;
      const store = holdfast.createMergeableStore();
      const persister = createIndexedDbPersister(store, 'pets');
      await persister[how]();
      await persister.load();
      await persister.destroy();
      return exactText([store.getMergeableContentHashes(), store.getContent()]);
    }, how);
    expect(ours).toBe(theirs);
    await next.close();
  }
});
