// Session storage, local storage and the origin private file system, in a real Chromium.

import {createStore as createTinyBaseStore} from 'tinybase';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import type {OpfsFileHandle} from '../../src/entry/persisters/persister-browser.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {type Browser, type Page, startChromium} from './chromium.ts';

type Kind = 'session' | 'local' | 'opfs';

/** What the tests put into the page beside Holdfast. */
interface PageGlobals {
  holdfast: {
    createStore(): Store;
    createSessionPersister(store: Store, name: string): AnyPersister;
    createLocalPersister(store: Store, name: string): AnyPersister;
    createOpfsPersister(store: Store, handle: OpfsFileHandle): AnyPersister;
    isHoldfastError(error: unknown): boolean;
  };
  store: Store;
  persister: AnyPersister;
  readText(kind: Kind): Promise<string | null>;
  writeText(kind: Kind, text: string): Promise<void>;
  open(kind: Kind): Promise<void>;
}

declare const window: PageGlobals;

let browser: Browser;
let profile: Awaited<ReturnType<Browser['newProfile']>>;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  profile = await browser.newProfile();
});
afterEach(() => profile.close());

const openPage = async (): Promise<Page> => {
  const page = await profile.newPage();
  await page.evaluate(() => {
    type Area = {getItem(key: string): string | null; setItem(key: string, text: string): void};
    const host = globalThis as unknown as {
      sessionStorage: Area;
      localStorage: Area;
      navigator: {
        storage: {
          getDirectory(): Promise<{
            getFileHandle(
              name: string,
              options: object,
            ): Promise<
              Omit<OpfsFileHandle, 'getFile'> & {
                getFile(): Promise<{text(): Promise<string>; arrayBuffer(): Promise<ArrayBuffer>}>;
              }
            >;
          }>;
        };
      };
    };
    const file = async () =>
      (await host.navigator.storage.getDirectory()).getFileHandle('pets', {create: true});
    const areaOf = (kind: Kind) => (kind === 'session' ? host.sessionStorage : host.localStorage);
    window.readText = async (kind) =>
      kind === 'opfs' ? (await (await file()).getFile()).text() : areaOf(kind).getItem('pets');
    window.writeText = async (kind, text) => {
      if (kind === 'opfs') {
        const writable = await (await file()).createWritable();
        await writable.write(text);
        await writable.close();
      } else {
        areaOf(kind).setItem('pets', text);
      }
    };
    window.open = async (kind) => {
      const {createStore, createSessionPersister, createLocalPersister, createOpfsPersister} =
        window.holdfast;
      window.store = createStore();
      window.persister =
        kind === 'opfs'
          ? createOpfsPersister(window.store, await file())
          : (kind === 'session' ? createSessionPersister : createLocalPersister)(window.store, 'pets');
    };
  });
  return page;
};

const CONTENT: Content = [
  {pets: {fido: {species: 'dog', sold: true, tags: ['a', {b: 1}], note: null}}},
  {open: true, motto: 'all pets'},
];

for (const kind of ['session', 'local', 'opfs'] as const) {
  describe(`${kind} in Chromium`, () => {
    test('[SG1] [JS1] what was saved is there after a reload, byte for byte as TinyBase writes it', async () => {
      const page = await openPage();
      const text = await page.evaluate(
        async ({kind, content}) => {
          await window.open(kind);
          window.store.setContent(content);
          await window.persister.save();
          return window.readText(kind);
        },
        {kind, content: CONTENT},
      );
      expect(text).toBe(createTinyBaseStore().setContent(CONTENT).getJson());
      const loaded = await page.evaluate(async (kind) => {
        await window.open(kind);
        await window.persister.load();
        return window.store.getContent();
      }, kind);
      expect(loaded).toEqual(CONTENT);
    });

    test('[SG2] [PE3] where nothing was stored, the initial content is used, and saved', async () => {
      const page = await openPage();
      const [content, text] = await page.evaluate(async (kind) => {
        await window.open(kind);
        await window.persister.startAutoPersisting([{pets: {fido: {species: 'dog'}}}, {}]);
        await window.persister.whenDurable();
        return [window.store.getContent(), await window.readText(kind)] as const;
      }, kind);
      expect(content).toEqual([{pets: {fido: {species: 'dog'}}}, {}]);
      expect(text).toBe('[{"pets":{"fido":{"species":"dog"}}},{}]');
    });

    test('[PR8] what cannot be read is put aside before it is replaced, and the caller is told', async () => {
      const page = await openPage();
      const told = await page.evaluate(async (kind) => {
        await window.writeText(kind, '[{"pets"');
        await window.open(kind);
        const error = await window.persister.load().then(
          () => undefined,
          (thrown: {code: string; message: string}) => ({code: thrown.code, message: thrown.message}),
        );
        window.store.setCell('pets', 'fido', 'species', 'dog');
        await window.persister.save();
        return {error, text: await window.readText(kind)};
      }, kind);
      expect(told.error).toMatchObject({
        code: 'storage/unreadable',
        message: expect.stringContaining('put aside'),
      });
      expect(told.text).toBe('[{"pets":{"fido":{"species":"dog"}}},{}]');
    });
  });
}

for (const kind of ['local', 'opfs'] as const) {
  describe(`${kind} in two tabs of Chromium`, () => {
    test.each([0, 20, 50])(
      '[PR7] [PE11] edits %i ms apart are kept by the storage and by both',
      async (apartMs) => {
        const [one, other] = [await openPage(), await openPage()];
        for (const page of [one, other]) {
          await page.evaluate(async (kind) => {
            await window.open(kind);
            await window.persister.startAutoPersisting();
          }, kind);
        }
        const edit = ({rowId, delayMs}: {rowId: string; delayMs: number}) =>
          new Promise<void>((resolve, reject) => {
            setTimeout(() => {
              window.store.setCell('pets', rowId, 'species', 'dog');
              window.persister.whenDurable().then(resolve, reject);
            }, delayMs);
          });
        for (let round = 0; round < 10; round++) {
          await Promise.all([
            one.evaluate(edit, {rowId: `one${round}`, delayMs: 0}),
            other.evaluate(edit, {rowId: `other${round}`, delayMs: apartMs}),
          ]);
        }
        const rowIds = Array.from({length: 10}, (_, round) => [`one${round}`, `other${round}`])
          .flat()
          .sort();
        const untilAll = (count: number) =>
          new Promise<string[]>((resolve) => {
            const look = () =>
              window.store.getRowCount('pets') === count && resolve(window.store.getRowIds('pets'));
            window.store.addRowIdsListener('pets', look);
            look();
          });
        expect((await one.evaluate(untilAll, 20)).sort()).toEqual(rowIds);
        expect((await other.evaluate(untilAll, 20)).sort()).toEqual(rowIds);
        const text = await one.evaluate((kind) => window.readText(kind), kind);
        expect(Object.keys(JSON.parse(String(text))[0].pets).sort()).toEqual(rowIds);
      },
    );
  });
}

test('[PR2] more than the quota is refused as storage/quota, what was stored stays, and the changes stay pending', async () => {
  const page = await openPage();
  const told = await page.evaluate(async () => {
    await window.open('local');
    window.store.setCell('pets', 'fido', 'species', 'dog');
    await window.persister.save();
    window.store.setCell('pets', 'fido', 'song', 'la'.repeat(6_000_000));
    const code = await window.persister.save().then(
      () => undefined,
      (error: {code: string}) => error.code,
    );
    const failing = window.persister.getDurability();
    window.store.setCell('pets', 'fido', 'song', 'la');
    await window.persister.whenDurable();
    return {
      code,
      state: failing.state,
      pendingCount: failing.pendingCount,
      text: await window.readText('local'),
    };
  });
  expect(told).toEqual({
    code: 'storage/quota',
    state: 'failing',
    pendingCount: 1,
    text: '[{"pets":{"fido":{"species":"dog","song":"la"}}},{}]',
  });
});
