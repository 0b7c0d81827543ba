// Options 4 and 5 of seed 004: clients that keep their own data and merge it through a server that only passes on, and a server that keeps
// the data, too. Its other options stand in the tests of persisters; that of Durable Objects in test/workerd/server.test.ts.

import {DatabaseSync} from 'node:sqlite';
import {describe, expect, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createSqlite3Persister} from '../../src/entry/persisters/persister-sqlite3.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer, type WsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';
import {importComponent} from '../components/component.ts';
import {createFolder} from '../places/folder.ts';
import {noPostgres, usePostgres} from '../postgres/place.ts';

const createPlace = usePostgres();

type PersisterForPath = Parameters<typeof createWsServer>[1];

const serve = async (createPersisterForPath?: PersisterForPath): Promise<{server: WsServer; url: string}> => {
  const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const {port} = webSocketServer.address() as {port: number};
  return {
    server: createWsServer(webSocketServer as never, createPersisterForPath),
    url: `ws://127.0.0.1:${port}/todos`,
  };
};

const connect = async (store: MergeableStore, url: string) => {
  const synchronizer = await createWsSynchronizer(store, new WebSocket(url) as never);
  await synchronizer.startSync();
  return synchronizer;
};

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo() && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

describe('seed 004', () => {
  test('option 4: clients keep their data, merge it with and without a network, and have it after a reload', async () => {
    const {server, url} = await serve();
    const folder = createFolder();
    const open = async (name: string) => {
      const store = createMergeableStore();
      const persister = createFilePersister(store, folder(`${name}.json`));
      await persister.startAutoPersisting();
      return {store, persister};
    };
    const [phone, laptop] = [await open('phone'), await open('laptop')];
    const both = await Promise.all([connect(phone.store, url), connect(laptop.store, url)]);
    phone.store.setCell('todos', 'milk', 'done', false);
    await until(laptop.store, () => laptop.store.hasRow('todos', 'milk'));

    // Both are offline, edit, and are closed.
    await Promise.all(both.map((synchronizer) => synchronizer.destroy()));
    phone.store.setCell('todos', 'milk', 'count', 2);
    phone.store.setRow('todos', 'bread', {done: false});
    laptop.store.setCell('todos', 'milk', 'done', true);
    await Promise.all([phone, laptop].map(({persister}) => persister.destroy()));

    const [phoneAgain, laptopAgain] = [await open('phone'), await open('laptop')];
    const again = await Promise.all([connect(phoneAgain.store, url), connect(laptopAgain.store, url)]);
    const merged = {todos: {milk: {done: true, count: 2}, bread: {done: false}}};
    for (const {store} of [phoneAgain, laptopAgain]) {
      await until(store, () => store.hasCell('todos', 'milk', 'count') && store.hasRow('todos', 'bread'));
      await until(store, () => store.getCell('todos', 'milk', 'done') === true);
      expect(store.getTables()).toEqual(merged);
    }
    await Promise.all(again.map((synchronizer) => synchronizer.destroy()));
    await Promise.all([phoneAgain, laptopAgain].map(({persister}) => persister.destroy()));
    await server.destroy();
  });

  const STORAGES: {readonly [name: string]: () => Promise<() => Promise<PersisterForPath>>} = {
    'a file': async () => {
      const folder = createFolder();
      return async () => (path) => createFilePersister(createMergeableStore(), folder(`${path}.json`));
    },
    'node:sqlite, in rows': async () => {
      const file = createFolder()('rooms.db');
      return async () => () =>
        createSqliteNodePersister(createMergeableStore(), new DatabaseSync(file), {mode: 'rows'});
    },
    sqlite3: async () => {
      const {default: sqlite3} = await importComponent<{
        default: {Database: new (path: string, done: (error: unknown) => void) => never};
      }>('sqlite3', 'sqlite3');
      const file = createFolder()('rooms.db');
      return async () => {
        const db = await new Promise<never>((resolve, reject) => {
          const opened = new sqlite3.Database(file, (error) => (error ? reject(error) : resolve(opened)));
        });
        return () => createSqlite3Persister(createMergeableStore(), db);
      };
    },
    ...(noPostgres
      ? {}
      : {
          PostgreSQL: async () => {
            const {openPool} = await createPlace();
            return async () => {
              const pool = openPool();
              return () => createPgPersister(createMergeableStore(), pool as never);
            };
          },
        }),
  };

  test.each(Object.entries(STORAGES))(
    'option 5: a server keeps the data in %s, for clients that have none, and from one start to the next',
    async (_, prepare) => {
      const open = await prepare();
      const first = await serve(await open());
      const [ada, bob] = [createMergeableStore(), createMergeableStore()];
      const [adaSync, bobSync] = [await connect(ada, first.url), await connect(bob, first.url)];
      ada.setRow('todos', 'milk', {done: false, tags: ['food']});
      await until(bob, () => bob.hasRow('todos', 'milk'));
      bob.setCell('todos', 'milk', 'done', true).setValue('open', true);
      await until(ada, () => ada.getCell('todos', 'milk', 'done') === true && ada.hasValue('open'));
      // All clients leave, and lose what they had; then the server ends, too.
      await adaSync.destroy();
      await bobSync.destroy();
      await first.server.destroy();

      const second = await serve(await open());
      const cleo = createMergeableStore();
      const cleoSync = await connect(cleo, second.url);
      await until(cleo, () => cleo.hasValue('open') && cleo.hasRow('todos', 'milk'));
      expect(cleo.getMergeableContent()).toEqual(ada.getMergeableContent());
      await cleoSync.destroy();
      await second.server.destroy();
    },
  );
});
