// What was acknowledged is there after the browser has crashed: OPFS and IndexedDB in a real Chromium, profiles on disk.
// (Chromium itself writes local storage to disk some seconds later: there, a crash of the whole browser may take the
// last edits. A tab that crashes takes none.)

import {afterAll, beforeAll, expect, test} from 'vitest';
import type {OpfsFileHandle} from '../../src/entry/persisters/persister-browser.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {type Browser, startChromium} from './chromium.ts';

interface PageGlobals {
  readonly holdfast: {
    createStore(): Store;
    createOpfsPersister(store: Store, handle: OpfsFileHandle): AnyPersister;
    createIndexedDbPersister(store: Store, name: string): AnyPersister;
  };
}
declare const window: PageGlobals;

type Kind = 'OPFS' | 'IndexedDB';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

// Loads, edits if there is something to edit, and tells what the store held when it was loaded.
const loadAndEdit = async ({kind, edits}: {kind: Kind; edits: number}): Promise<number> => {
  const {createStore, createOpfsPersister, createIndexedDbPersister} = window.holdfast;
  const {navigator} = globalThis as unknown as {
    navigator: {
      storage: {
        getDirectory(): Promise<{getFileHandle(name: string, options: object): Promise<OpfsFileHandle>}>;
      };
    };
  };
  const store = createStore();
  const persister =
    kind === 'OPFS'
      ? createOpfsPersister(
          store,
          await (await navigator.storage.getDirectory()).getFileHandle('pets', {create: true}),
        )
      : createIndexedDbPersister(store, 'pets');
  await persister.startAutoPersisting();
  const loaded = store.getRowCount('pets');
  for (let edit = 0; edit < edits; edit++) {
    store.setRow('pets', `row${loaded + edit}`, {age: edit});
    await persister.whenDurable();
  }
  return loaded;
};

test.each(['OPFS', 'IndexedDB'] as const)(
  '[PR1] %s holds every acknowledged edit after a crash',
  async (kind) => {
    for (const acknowledged of [0, 20, 40]) {
      const profile = await browser.openDiskProfile(kind);
      const page = await profile.newPage();
      expect(await page.evaluate(loadAndEdit, {kind, edits: 20})).toBe(acknowledged);
      await profile.crash();
    }
  },
);
