// What it costs to connect again: every byte of every frame, between all clients of a room and their server, over real sockets.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import type {PathPersister} from './room-keeper.ts';
import {createWsServer} from './ws-server.ts';
import {createWsSynchronizer} from './ws-synchronizer.ts';

type Kind = 'holdfast' | 'tinybase';

const startServer = async (roomStore?: MergeableStore) => {
  const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const persister = {
    startAutoPersisting: async () => persister,
    destroy: async () => persister,
    getStore: () => roomStore,
  };
  const server = createWsServer(
    webSocketServer as never,
    roomStore && (() => persister as unknown as PathPersister),
  );
  onTestFinished(() => server.destroy());
  return {server, url: `ws://127.0.0.1:${(webSocketServer.address() as {port: number}).port}/room`};
};

/** Text on a socket is UTF-8. */
const countBytes = (socket: WebSocket, count: (bytes: number) => void): void => {
  const send = socket.send.bind(socket);
  socket.send = ((text: string) => {
    count(Buffer.byteLength(text));
    send(text);
  }) as never;
  socket.on('message', (data: Buffer) => count(data.length));
};

const connect = async (
  kind: Kind,
  store: MergeableStore,
  url: string,
  count: (bytes: number) => void = () => undefined,
) => {
  const socket = new WebSocket(url);
  countBytes(socket, count);
  const create = (
    kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
  ) as typeof createWsSynchronizer;
  const synchronizer = await create(store, socket as never, 0.2);
  await synchronizer.startSync();
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {synchronizer, socket};
};

const fill = (store: MergeableStore): MergeableStore =>
  store.setTables({pets: {fido: {age: 1}, felix: {age: 2}}}).setValue('open', true) as MergeableStore;
const createFull = (): MergeableStore => fill(createMergeableStore('full'));

/** Asks the server something through each socket, whose answer comes behind all that was on its way. */
const untilQuiet = async (sockets: readonly WebSocket[]): Promise<void> => {
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => {
            socket.once('pong', resolve);
            socket.ping();
          }),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      isSo() && resolve();
    };
    store.addDidFinishTransactionListener(() => setImmediate(look));
    look();
  });

describe('connecting again where nothing differs', () => {
  test('[SY19] costs at most 200 bytes in all, between both clients and their server', async () => {
    const {url} = await startServer();
    let bytes = 0;
    const count = (more: number): void => {
      bytes += more;
    };
    const full = createFull();
    const other = createMergeableStore('other').merge(full) as MergeableStore;
    const first = await connect('holdfast', full, url, count);
    const second = await connect('holdfast', other, url, count);
    await second.synchronizer.destroy();
    await untilQuiet([first.socket]);
    bytes = 0;
    const again = await connect('holdfast', other, url, count);
    await untilQuiet([first.socket, again.socket]);
    console.log(`connecting again: ${bytes} bytes`);
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  test('[SY19] costs at most 200 bytes where the server keeps the room', async () => {
    const full = createFull();
    const {url} = await startServer(createMergeableStore('room').merge(full) as MergeableStore);
    let bytes = 0;
    const again = await connect('holdfast', full, url, (more) => {
      bytes += more;
    });
    await untilQuiet([again.socket]);
    expect(bytes).toBeGreaterThan(50);
    expect(bytes).toBeLessThanOrEqual(200);
  });
});

describe('who finds that one holds the same', () => {
  test.each<Kind>(['holdfast', 'tinybase'])(
    '[SY19] hears of what another one has, who answers later: %s',
    async (kind) => {
      // The server’s store is as empty as the newcomer’s, and answers first.
      const roomStore = createMergeableStore('room');
      const ignored = {...roomStore, applyMergeableChanges: () => roomStore} as unknown as MergeableStore;
      const {url} = await startServer(ignored);
      const full = fill(
        (kind === 'holdfast' ? createMergeableStore('full') : createTinyStore('full')) as MergeableStore,
      );
      await connect(kind, full, url);
      const newcomer = createMergeableStore('newcomer');
      await connect('holdfast', newcomer, url);
      await until(newcomer, () => newcomer.getRowCount('pets') === 2);
      expect(newcomer.getContent()).toEqual(full.getContent());
    },
  );

  test('[SY19] tells all of what it set meanwhile', async () => {
    const {url} = await startServer();
    const full = createFull();
    const other = createMergeableStore('other').merge(full) as MergeableStore;
    await connect('holdfast', full, url);
    const socket = new WebSocket(url);
    const synchronizer = await createWsSynchronizer(other, socket as never, 0.2);
    await synchronizer.startAutoLoad();
    other.setCell('pets', 'rex', 'age', 3);
    await synchronizer.startAutoSave();
    onTestFinished(async () => {
      await synchronizer.destroy();
    });
    await until(full, () => full.hasRow('pets', 'rex'));
  });
});
