import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {createWsServer as createTinyServer} from 'tinybase/synchronizers/synchronizer-ws-server';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {createBroadcastChannelSynchronizer} from './broadcast-channel-synchronizer.ts';
import {createLocalSynchronizer} from './local-synchronizer.ts';
import type {WebSocketLike} from './web-socket.ts';
import {createWsServer, type WsServerOptions} from './ws-server.ts';
import {createWsServerSimple} from './ws-server-simple.ts';
import {createWsSynchronizer, type WsSynchronizer} from './ws-synchronizer.ts';

type Kind = 'holdfast' | 'tinybase';

/** Waits until it is so, looking after each transaction of the stores. */
const until = (stores: readonly MergeableStore[], isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (isSo()) {
        stores.forEach((store, index) => void store.delListener(listenerIds[index] as string));
        resolve();
      }
    };
    const listenerIds = stores.map((store) =>
      store.addDidFinishTransactionListener(() => setImmediate(look)),
    );
    look();
  });

const contentOf = (store: MergeableStore): string => {
  const sort = (thing: unknown): unknown =>
    typeof thing === 'object' && thing !== null && !Array.isArray(thing)
      ? Object.entries(thing)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, value]) => [key, sort(value)])
      : Array.isArray(thing)
        ? thing.map(sort)
        : thing;
  return JSON.stringify(sort(store.getContent()));
};

const startServer = async (kind: Kind, options: WsServerOptions = {}) => {
  const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const server =
    kind === 'holdfast'
      ? createWsServer(webSocketServer as never, undefined, onError, 1, undefined, options)
      : createTinyServer(webSocketServer as never, undefined, onError);
  onTestFinished(() => server.destroy());
  const {port} = webSocketServer.address() as {port: number};
  return {server, errors, url: (path: string) => `ws://127.0.0.1:${port}/${path}`};
};

const connect = async (
  kind: Kind,
  url: string,
  {
    fragmentSize,
    store,
    onError,
  }: {fragmentSize?: number; store?: MergeableStore; onError?: (error: {code?: string}) => void} = {},
) => {
  const socket = new WebSocket(url);
  const used =
    store ?? ((kind === 'holdfast' ? createMergeableStore() : createTinyStore()) as MergeableStore);
  const create = (
    kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
  ) as typeof createWsSynchronizer;
  const errors: unknown[] = [];
  const synchronizer = await create(
    used,
    socket as unknown as WebSocketLike,
    0.5,
    undefined,
    undefined,
    (error) => {
      errors.push(error);
      onError?.(error as {code?: string});
    },
    fragmentSize,
  );
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {store: used, synchronizer: synchronizer as WsSynchronizer<WebSocketLike>, socket, errors};
};

const awkward = {
  text: '￮ "quoted" \n😀',
  object: {a: [1, {b: null}]},
  list: [1, 'two'],
  nothing: null,
  isOn: true,
  number: -1.5e300,
};

describe.each<[server: Kind, clients: Kind[], fragmentSize?: number]>([
  ['holdfast', ['holdfast', 'holdfast']],
  ['holdfast', ['tinybase', 'tinybase']],
  ['holdfast', ['holdfast', 'tinybase', 'holdfast', 'tinybase']],
  ['holdfast', ['holdfast', 'tinybase'], 40],
  ['tinybase', ['holdfast', 'holdfast']],
  ['tinybase', ['holdfast', 'tinybase']],
  ['tinybase', ['tinybase', 'holdfast'], 40],
])('a server of %s with clients of %s, pieces of %s', (serverKind, kinds, fragmentSize) => {
  test('[SY1] brings all of a room together, and keeps rooms apart', async () => {
    const {server, url} = await startServer(serverKind);
    const stores: MergeableStore[] = [];
    const elsewhere = await connect('holdfast', url('elsewhere'));
    await elsewhere.synchronizer.startSync();
    for (const [index, kind] of kinds.entries()) {
      const {store, synchronizer} = await connect(kind, url('room/1'), fragmentSize ? {fragmentSize} : {});
      // What each has before, and what it does while others come.
      store.setRow('pets', `before ${index}`, awkward).setValue(`value ${index}`, index);
      store.setCell('pets', 'shared', 'age', index);
      stores.push(store);
      await synchronizer.startSync();
      store.setCell('pets', 'shared', `by ${index}`, true);
    }
    await until(stores, () => new Set(stores.map(contentOf)).size === 1);
    expect(stores[0]?.getRowCount('pets')).toBe(kinds.length + 1);
    expect(stores[0]?.getRow('pets', 'before 0')).toEqual(awkward);
    stores.forEach((store, index) => {
      store.transaction(() =>
        store.delRow('pets', `before ${index}`).setCell('pets', 'shared', 'last', index),
      );
      store.delValue(`value ${index}`).setCell('pets', 'shared', 'object', {index});
    });
    await until(
      stores,
      () => new Set(stores.map(contentOf)).size === 1 && stores[0]?.getRowCount('pets') === 1,
    );
    expect(stores[0]?.getValues()).toEqual({});
    expect(elsewhere.store.getContent()).toEqual([{}, {}]);
    expect(server.getPathIds().sort()).toEqual(['elsewhere', 'room/1']);
    expect(server.getStats()).toEqual({paths: 2, clients: kinds.length + 1});
  });
});

describe('a client', () => {
  test('[SY2] that was away finds what it missed, and others what it did meanwhile', async () => {
    const {url} = await startServer('holdfast');
    const [one, other] = [await connect('holdfast', url('room')), await connect('tinybase', url('room'))];
    await one.synchronizer.startSync();
    await other.synchronizer.startSync();
    one.store.setTables({pets: {fido: {age: 1}, felix: {age: 2}}});
    await until([other.store], () => other.store.getRowCount('pets') === 2);
    await one.synchronizer.destroy();
    one.store.setCell('pets', 'fido', 'age', 9).delRow('pets', 'felix');
    other.store.setCell('pets', 'felix', 'name', 'Felix').setRow('pets', 'rex', {age: 3});
    const back = await connect('holdfast', url('room'), {store: one.store});
    await back.synchronizer.startSync();
    await until([one.store, other.store], () => contentOf(one.store) === contentOf(other.store));
    expect(one.store.getTables()).toEqual({
      pets: {fido: {age: 9}, felix: {name: 'Felix'}, rex: {age: 3}},
    });
  });

  test('[SY2] alone begins with initial content, and gives way to what others have', async () => {
    const {url} = await startServer('holdfast');
    const one = await connect('holdfast', url('room'));
    await one.synchronizer.startSync([{pets: {fido: {age: 1}}}, {}]);
    expect(one.store.getTables()).toEqual({pets: {fido: {age: 1}}});
    const other = await connect('holdfast', url('room'));
    other.store.setCell('pets', 'fido', 'age', 2);
    await other.synchronizer.startSync([{pets: {rex: {age: 7}}}, {}]);
    await until([one.store], () => one.store.getCell('pets', 'fido', 'age') === 2);
    expect(other.store.getTables()).toEqual({pets: {fido: {age: 2}}});
  });

  test.each<Kind>(['holdfast', 'tinybase'])(
    '[SY3] shares one socket between several stores, on a server of %s',
    async (kind) => {
      const {server, url} = await startServer(kind);
      const socket = new WebSocket(url('base'), ['tinybase']) as unknown as WebSocketLike;
      const stores = [createMergeableStore(), createMergeableStore()] as const;
      const synchronizers = await Promise.all(
        stores.map((store, index) => createWsSynchronizer(store, socket, `channel/${index}`)),
      );
      await expect(createWsSynchronizer(stores[0], socket, 'channel/0')).rejects.toMatchObject({
        code: 'argument/invalid',
      });
      await Promise.all(synchronizers.map((synchronizer) => synchronizer.startSync()));
      const outside = await connect('tinybase', url('base/channel/1'));
      await outside.synchronizer.startSync();
      stores[0].setValue('channel', 0);
      stores[1].setValue('channel', 1);
      await until([outside.store], () => outside.store.getValue('channel') === 1);
      outside.store.setValue('back', true);
      await until(stores, () => stores[1].getValue('back') === true);
      expect(stores[0].getValues()).toEqual({channel: 0});
      expect(server.getPathIds().sort()).toEqual(['base/channel/0', 'base/channel/1']);
      await synchronizers[0]?.destroy();
      expect(socket.readyState).toBe(1);
      await synchronizers[1]?.destroy();
      expect(socket.readyState).toBeGreaterThan(1);
    },
  );
});

describe('a server', () => {
  test('[SY4] sees off who says what cannot be read, and nobody else notices', async () => {
    const {server, errors, url} = await startServer('holdfast', {maxMessageBytes: 10_000});
    const [one, other] = [await connect('holdfast', url('room')), await connect('holdfast', url('room'))];
    await one.synchronizer.startSync();
    await other.synchronizer.startSync();
    const codes: number[] = [];
    for (const frame of [
      'no newline',
      'M\nnever subscribed\\n\\n[null,3,[]]',
      'S\\n["x",-1,[9]]',
      `\\n${'x'.repeat(20_000)}`,
    ]) {
      const rude = new WebSocket(url('room'));
      await new Promise((resolve) => rude.once('open', resolve));
      const closed = new Promise<number>((resolve) => rude.once('close', resolve));
      rude.send(frame.replaceAll('\\\\n', '\\n'));
      codes.push(await closed);
    }
    expect(codes).toEqual([1007, 1007, 1007, 1009]);
    expect(errors.length).toBe(3);
    one.store.setValue('still', 'here');
    await until([other.store], () => other.store.getValue('still') === 'here');
    expect(server.getStats()).toEqual({paths: 1, clients: 2});
  });

  test('[SY5] lets in whom it is told to, and takes no changes from who may only read', async () => {
    const {url} = await startServer('holdfast', {
      authorize: async ({url: asked = ''}, pathId) =>
        asked.includes('token=write')
          ? 'read-write'
          : asked.includes('token=read') && pathId === 'room'
            ? 'read'
            : 'refused',
    });
    const writer = await connect('holdfast', url('room?token=write'));
    writer.store.setCell('pets', 'fido', 'age', 1);
    await writer.synchronizer.startSync();
    const reader = await connect('tinybase', url('room?token=read'));
    reader.store.setCell('pets', 'mine', 'age', 2);
    await reader.synchronizer.startSync();
    await until([reader.store], () => reader.store.hasRow('pets', 'fido'));
    reader.store.setCell('pets', 'fido', 'age', 100);
    writer.store.setCell('pets', 'fido', 'name', 'Fido');
    await until([reader.store], () => reader.store.hasCell('pets', 'fido', 'name'));
    expect(writer.store.getTables()).toEqual({pets: {fido: {age: 1, name: 'Fido'}}});
    const refused = new Promise((resolve) => {
      void connect('holdfast', url('room?token=read'), {
        onError: ({code}) => code === 'sync/refused' && resolve(code),
      }).then(({store, synchronizer}) => {
        store.setValue('mine', 1);
        return synchronizer.startSync();
      });
    });
    expect(await refused).toBe('sync/refused');
    const stranger = new WebSocket(url('room'));
    expect(await new Promise((resolve) => stranger.once('close', resolve))).toBe(1008);
  });

  test('[SY6] tells of paths and clients that come and go', async () => {
    const {server, url} = await startServer('holdfast');
    const told: unknown[] = [];
    const listenerIds = [
      (server as ReturnType<typeof createWsServer>).addPathIdsListener((_server, pathId, change) =>
        told.push([pathId, change]),
      ),
      (server as ReturnType<typeof createWsServer>).addClientIdsListener(
        'b',
        (_server, pathId, _clientId, change) => told.push(['client', pathId, change]),
      ),
    ];
    const a = await connect('holdfast', url('a'));
    await a.synchronizer.startSync();
    const b = await connect('holdfast', url('b'));
    await b.synchronizer.startSync();
    expect(server.getClientIds('b').length).toBe(1);
    const closed = new Promise((resolve) => b.socket.once('close', resolve));
    await b.synchronizer.destroy();
    await closed;
    expect(told).toEqual([
      ['a', 1],
      ['b', 1],
      ['client', 'b', 1],
      ['client', 'b', -1],
      ['b', -1],
    ]);
    for (const listenerId of listenerIds) server.delListener(listenerId);
  });
});

describe('a simple server', () => {
  test('[SY1] hands messages between clients of both kinds, and closes what it was given', async () => {
    const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
    await new Promise((resolve) => webSocketServer.once('listening', resolve));
    const server = createWsServerSimple(webSocketServer as never);
    expect(server.getWebSocketServer()).toBe(webSocketServer);
    expect(Object.keys(server).sort()).toEqual(['destroy', 'getWebSocketServer']);
    const url = `ws://127.0.0.1:${(webSocketServer.address() as {port: number}).port}/room`;
    const [one, other] = [await connect('holdfast', url), await connect('tinybase', url)];
    one.store.setRow('pets', 'fido', awkward);
    await one.synchronizer.startSync();
    await other.synchronizer.startSync();
    other.store.setRow('pets', 'felix', awkward);
    const stores = [one.store, other.store];
    await until(stores, () => stores.every((store) => store.getRowCount('pets') === 2));
    const closed = new Promise((resolve) => one.socket.once('close', resolve));
    await server.destroy();
    expect(await closed).toBe(1001);
    expect(webSocketServer.address()).toBe(null);
  });
});

describe('without a server', () => {
  test.each([
    ['in one process', (store: MergeableStore) => createLocalSynchronizer(store)],
    [
      'over a BroadcastChannel',
      (store: MergeableStore) => createBroadcastChannelSynchronizer(store, 'holdfast test'),
    ],
  ])('[SY1] stores %s come together', async (_title, create) => {
    const stores = [createMergeableStore(), createMergeableStore(), createMergeableStore()];
    const synchronizers = stores.map(create);
    stores.forEach((store, index) => void store.setRow('pets', `${index}`, awkward));
    for (const synchronizer of synchronizers) {
      await synchronizer.startSync();
    }
    stores[2]?.delRow('pets', '0');
    await until(stores, () => stores.every((store) => store.getRowIds('pets').sort().join() === '1,2'));
    expect(new Set(stores.map((store) => JSON.stringify(store.getMergeableContentHashes()))).size).toBe(1);
    expect(synchronizers[0]?.getSynchronizerStats().sends).toBeGreaterThan(0);
    for (const synchronizer of synchronizers) {
      await synchronizer.destroy();
      await expect(synchronizer.load()).rejects.toMatchObject({code: 'persister/destroyed'});
    }
  });
});
