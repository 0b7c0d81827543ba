// Mergeable stores in documents: a row of a database, and a file.

import {readFileSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import Database from 'better-sqlite3';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createBetterSqlite3Persister as createTinySqlitePersister} from 'tinybase/persisters/persister-better-sqlite3';
import {createFilePersister as createTinyFilePersister} from 'tinybase/persisters/persister-file';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {createMergeableStore, createStore, type MergeableStore} from '../../src/entry/index.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createCustomPersister, type Persister, type Persists} from '../../src/entry/persisters.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';
import {createPersister} from '../../src/persister/create-persister.ts';
import {createDatabasePersister} from '../../src/persister/database-persister.ts';
import {createDocumentStorage} from '../../src/storage/document-storage.ts';
import {createFolder} from '../places/folder.ts';

type AnyPersister = Pick<
  Persister<Persists>,
  'save' | 'load' | 'startAutoPersisting' | 'whenDurable' | 'destroy' | 'getDurability'
>;

const fill = (store: MergeableStore): MergeableStore => {
  store
    .setTables({pets: {fido: {age: 1, toys: ['ball', {of: 'rubber'}], name: null}, felix: {age: 2}}})
    .setValues({open: true, motto: '\uFFEEx'});
  store.delCell('pets', 'fido', 'age').delRow('pets', 'felix').delValue('open');
  return store;
};

const open = {
  file: (path: string) => ({
    ours: (store: MergeableStore) => createFilePersister(store, `${path}.json`) as AnyPersister,
    theirs: (store: MergeableStore) => createTinyFilePersister(store as never, `${path}.json`),
    text: () => readFileSync(`${path}.json`, 'utf8'),
    close: () => undefined,
  }),
  database: (path: string) => {
    const db = new Database(`${path}.db`);
    return {
      ours: (store: MergeableStore) => createBetterSqlite3Persister(store, db) as AnyPersister,
      theirs: (store: MergeableStore) => createTinySqlitePersister(store as never, db),
      text: () => (db.prepare('SELECT store FROM tinybase').get() as {store: string}).store,
      close: () => {
        db.close();
      },
    };
  },
};

describe.each(['file', 'database'] as const)('a mergeable store in a %s', (kind) => {
  const openPlace = () => {
    const place = open[kind](createFolder()('store'));
    onTestFinished(place.close);
    return place;
  };

  test('[JS2] is written byte for byte as TinyBase writes it, and read back with its stamps', async () => {
    const [place, other] = [openPlace(), openPlace()];
    const now = () => 1_700_000_000_000;
    const store = fill(createMergeableStore('s', now));
    const persister = place.ours(store);
    await persister.save();
    await persister.destroy();
    const theirStore = fill(createTinyStore('s', now) as unknown as MergeableStore);
    const theirs = other.theirs(theirStore);
    await theirs.save();
    await theirs.destroy();
    expect(place.text()).toBe(other.text());

    // Each reads what the other wrote.
    const loaded = createMergeableStore();
    const loading = other.ours(loaded);
    await loading.load();
    await loading.destroy();
    expect(loaded.getMergeableContent()).toEqual(store.getMergeableContent());
    const theirLoaded = createTinyStore() as unknown as MergeableStore;
    const theirLoading = place.theirs(theirLoaded);
    await theirLoading.load();
    await theirLoading.destroy();
    expect(theirLoaded.getContent()).toEqual(store.getContent());
  });

  test('[MS7] is merged when it is loaded, and when another writer was there first', async () => {
    const place = openPlace();
    const [one, other] = [createMergeableStore('one'), createMergeableStore('other')];
    const persisters = [place.ours(one), place.ours(other)];
    one.setCell('pets', 'fido', 'age', 1);
    other.setCell('pets', 'felix', 'age', 2);
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    for (let age = 0; age < 5; age++) {
      one.setCell('pets', 'fido', 'age', age).setCell('pets', 'both', 'one', age);
      other.setCell('pets', 'felix', 'age', age).setCell('pets', 'both', 'other', age);
      await persisters[age % 2]?.whenDurable();
    }
    one.delRow('pets', 'fido');
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    const stored = createMergeableStore();
    const reader = place.ours(stored);
    await reader.load();
    expect(stored.getTables()).toEqual({pets: {felix: {age: 4}, both: {one: 4, other: 4}}});
    for (const persister of [...persisters, reader]) {
      await persister.destroy();
    }
  });

  test.each([
    ['of a clock that was ahead by years', 0, 3 * 365 * 86_400_000],
    ['whose reader’s clock was set back by years', -3 * 365 * 86_400_000, 0],
  ])('[MS28] what was stored %s is still there when another has saved', async (_, skewMs, otherSkewMs) => {
    const place = openPlace();
    const nowMs = 1_700_000_000_000;
    const other = createMergeableStore('other', () => nowMs + otherSkewMs).setValue('other', true);
    const store = createMergeableStore('store', () => nowMs + skewMs);
    const persisters = [place.ours(other), place.ours(store)] as const;
    await persisters[0].save();
    await persisters[1].load();
    expect(store.getValues()).toEqual({});
    for (const valueId of ['one', 'two']) {
      store.setValue(valueId, true);
      await persisters[1].save();
    }
    const reader = createMergeableStore('reader', () => nowMs + otherSkewMs);
    const persister = place.ours(reader);
    await persister.load();
    expect(reader.getValues()).toEqual({one: true, two: true, other: true});
    for (const each of [...persisters, persister]) {
      await each.destroy();
    }
  });

  test('[MS7] begins with initial content that gives way, and with what a plain store left', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    const persister = place.ours(store);
    await persister.startAutoPersisting([{pets: {fido: {age: 1}}}, {}]);
    expect(store.getMergeableContent()[0][0].pets?.[0].fido?.[0].age?.slice(0, 2)).toEqual([1, '']);
    await persister.destroy();

    const [plainPlace, plain] = [openPlace(), createStore().setCell('pets', 'rex', 'age', 3)];
    const saving = plainPlace.ours(plain as never);
    await saving.save();
    await saving.destroy();
    const upgraded = createMergeableStore();
    upgraded.setCell('pets', 'rex', 'name', 'Rex');
    const loading = plainPlace.ours(upgraded);
    await loading.startAutoPersisting();
    expect(upgraded.getTables()).toEqual({pets: {rex: {age: 3, name: 'Rex'}}});
    await loading.destroy();
  });
});

test('[PR2] a deletion is pending until it is stored, also where nothing else is in a mergeable store', async () => {
  let text: string | undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const storage = createDocumentStorage({
    name: 'a slow place',
    read: async () => {
      await held;
      return text;
    },
    swap: async (_expected, next) => {
      text = next;
      return true;
    },
    quarantine: async () => 'nowhere',
    watch: async () => () => undefined,
  });
  const store = createMergeableStore();
  const persister = createPersister({store: store as never, storage}, {});
  const started = persister.startAutoPersisting();
  store.setCell('t', 'r', 'c', 1).delRow('t', 'r');
  expect(persister.getDurability().state).toBe('pending');
  const durable = persister.whenDurable();
  release();
  await durable;
  expect(JSON.parse(text ?? '')[0][0]).toHaveProperty('t');
  await started;
  await persister.destroy();
});

test('[MS8] a storage that cannot keep a mergeable store says so, and which can', () => {
  const nothing = () => Promise.resolve(undefined);
  expect(() =>
    createCustomPersister(createMergeableStore(), nothing, nothing, () => undefined, ignore),
  ).toThrow(
    expect.objectContaining({
      code: 'persister/unsupported-store',
      message: expect.stringContaining('Persists.StoreOrMergeableStore'),
    }),
  );
  // A batch of statements is told nothing of what it reads.
  const driver = {...sqliteNodeDriver(new DatabaseSync(':memory:')), kind: 'batch', batch: nothing};
  expect(() =>
    createDatabasePersister(createMergeableStore(), driver as never, {
      configOrStoreTableName: {mode: 'tabular'},
    }),
  ).toThrow(expect.objectContaining({code: 'persister/unsupported-store'}));
});

const ignore = () => undefined;

const until = (store: MergeableStore, isSo: (store: MergeableStore) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo(store) && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

test('[SY7] a server keeps its rooms, also from one start to the next', async () => {
  const path = createFolder();
  const start = async () => {
    const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
    await new Promise((resolve) => webSocketServer.once('listening', resolve));
    let onReady: (store: MergeableStore) => void;
    const kept = new Promise<MergeableStore>((resolve) => {
      onReady = resolve;
    });
    const server = createWsServer(webSocketServer as never, (pathId) => [
      createFilePersister(createMergeableStore(), path(`${pathId}.json`)),
      (store) => onReady(store),
    ]);
    const {port} = webSocketServer.address() as {port: number};
    const connect = async (store: MergeableStore) => {
      const synchronizer = await createWsSynchronizer(
        store,
        new WebSocket(`ws://127.0.0.1:${port}/room`) as never,
      );
      await synchronizer.startSync();
      return synchronizer;
    };
    return {server, connect, kept};
  };
  const first = await start();
  const one = createMergeableStore();
  const synchronizer = await first.connect(fill(one));
  one.setCell('pets', 'rex', 'age', 5);
  await until(await first.kept, (store) => store.hasRow('pets', 'rex') && store.hasRow('pets', 'fido'));
  await synchronizer.destroy();
  await first.server.destroy();

  const second = await start();
  const other = createMergeableStore();
  const again = await second.connect(other);
  await until(other, (store) => store.hasRow('pets', 'rex'));
  expect(other.getContent()).toEqual(one.getContent());
  await again.destroy();
  await second.server.destroy();
});
