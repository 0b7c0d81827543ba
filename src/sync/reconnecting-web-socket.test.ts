// A socket that reconnects: over real sockets to a server that goes and comes, and its back-off under a clock that a test moves.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createFakePorts} from '../base/ports.fake.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {createReconnectingWebSocket} from './reconnecting-web-socket.ts';
import type {WebSocketLike} from './web-socket.ts';
import {createWsServer} from './ws-server.ts';
import {createWsSynchronizer} from './ws-synchronizer.ts';

const startServer = async (port = 0) => {
  const webSocketServer = new WebSocketServer({
    port,
    host: '127.0.0.1',
    handleProtocols: (protocols) => (protocols.has('tinybase') ? 'tinybase' : false),
  });
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const server = createWsServer(webSocketServer as never);
  onTestFinished(() => server.destroy());
  return {server, port: (webSocketServer.address() as {port: number}).port};
};

const open = (port: number, protocols?: string) => {
  const socket = createReconnectingWebSocket(`ws://127.0.0.1:${port}/room`, {
    WebSocket: WebSocket as never,
    minDelayMs: 10,
    maxDelayMs: 100,
    ...(protocols === undefined ? {} : {protocols}),
  });
  onTestFinished(() => socket.close());
  return socket;
};

const whenCell = (store: MergeableStore, cell: number, rowId = 'fido'): Promise<void> =>
  new Promise((resolve) => {
    const look = () => store.getCell('pets', rowId, 'age') === cell && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

const nextEvent = (socket: WebSocketLike, type: 'open' | 'close') =>
  new Promise<void>((resolve) => {
    const onEvent = () => {
      socket.removeEventListener(type, onEvent);
      resolve();
    };
    socket.addEventListener(type, onEvent);
  });

describe('a socket that reconnects', () => {
  test.each([undefined, 'channel'])('[SY40] goes on where it was: channel %s', async (channelId) => {
    const first = await startServer();
    const stores = [createMergeableStore('one'), createMergeableStore('other')] as const;
    const sockets = stores.map(() => open(first.port, channelId && 'tinybase'));
    const synchronizers = await Promise.all(
      stores.map((store, index) => {
        const socket = sockets[index] as WebSocketLike;
        return channelId === undefined
          ? createWsSynchronizer(store, socket, 0.2)
          : createWsSynchronizer(store, socket, channelId, 0.2);
      }),
    );
    await Promise.all(synchronizers.map((synchronizer) => synchronizer.startSync()));
    stores[0].setCell('pets', 'fido', 'age', 1);
    await whenCell(stores[1], 1);

    const closed = sockets.map((socket) => nextEvent(socket, 'close'));
    await first.server.destroy();
    await Promise.all(closed);
    expect(sockets[0]?.readyState).toBe(0);
    stores[0].setCell('pets', 'fido', 'age', 2);
    stores[1].setCell('pets', 'felix', 'age', 3);

    const again = sockets.map((socket) => nextEvent(socket, 'open'));
    await startServer(first.port);
    await Promise.all(again);
    await whenCell(stores[1], 2);
    stores[1].setCell('pets', 'fido', 'age', 4);
    await whenCell(stores[0], 4);
    await whenCell(stores[0], 3, 'felix');
    expect(stores[0].getTables()).toEqual({pets: {fido: {age: 4}, felix: {age: 3}}});
    await Promise.all(synchronizers.map((synchronizer) => synchronizer.destroy()));
    expect(sockets.map(({readyState}) => readyState)).toEqual([3, 3]);
  });

  test.each([undefined, 'channel'])('[SY40] need not be open at first: channel %s', async (channelId) => {
    const {server, port} = await startServer();
    await server.destroy();
    const store = createMergeableStore('one').setCell('pets', 'fido', 'age', 1) as MergeableStore;
    const socket = open(port, channelId && 'tinybase');
    const synchronizer = await (channelId === undefined
      ? createWsSynchronizer(store, socket, 0.2)
      : createWsSynchronizer(store, socket, channelId, 0.2));
    await synchronizer.startSync([{pets: {felix: {age: 5}}}, {}]);
    await startServer(port);
    const other = createTinyStore('other') as unknown as MergeableStore;
    const path = channelId === undefined ? 'room' : `room/${channelId}`;
    const tiny = await createTinySynchronizer(
      other as never,
      new WebSocket(`ws://127.0.0.1:${port}/${path}`),
      0.2,
    );
    await tiny.startSync();
    await whenCell(other, 1);
    await tiny.destroy();
    await synchronizer.destroy();
  });

  test('[SY41] waits longer and longer, and begins anew after a good connection', async () => {
    const ports = createFakePorts();
    const made: Scripted[] = [];
    class Scripted {
      readyState = 0;
      readonly #listeners = new Map<string, (event: unknown) => void>();
      constructor() {
        made.push(this);
      }
      addEventListener(type: string, listener: (event: unknown) => void) {
        this.#listeners.set(type, listener);
      }
      removeEventListener() {}
      send() {}
      close() {}
      tell(type: string, event: unknown = {}) {
        this.#listeners.get(type)?.(event);
      }
    }
    const socket = createReconnectingWebSocket(async () => 'ws://127.0.0.1/token', {
      WebSocket: Scripted as never,
      minDelayMs: 100,
      maxDelayMs: 1_000,
      connectTimeoutMs: 5_000,
      ports,
    });
    const next = () => made.at(-1) as Scripted;
    await ports.untilTrue(() => made.length === 1);
    // The wait is between half of this and this; here chance is one half.
    for (const [index, longestMs] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
      next().tell('close', {code: 1006});
      expect(ports.delays()).toEqual([longestMs * 0.75]);
      await ports.untilTrue(() => made.length === index + 2);
    }
    expect(socket.getFailureCount()).toBe(6);
    expect(socket.url).toBe('ws://127.0.0.1/token');

    // Nobody answers, and the attempt is given up.
    expect(ports.delays()).toEqual([5_000]);
    await ports.untilTrue(() => made.length === 8);

    next().tell('open');
    expect(ports.delays()).toEqual([]);
    ports.setTimer(() => undefined, 10_000);
    ports.fireNext();
    const heard: unknown[] = [];
    socket.addEventListener('close', (event) => heard.push(event));
    next().tell('close', {code: 1001});
    expect(heard).toEqual([{code: 1001}]);
    expect(ports.delays()).toEqual([75]);
    socket.close();
    expect(ports.delays()).toEqual([]);
    expect(socket.readyState).toBe(3);
  });

  test('[SY41] refuses options that it does not know, and asks whether to go on', async () => {
    expect(() => createReconnectingWebSocket('ws://127.0.0.1', {maxDelay: 1} as never)).toThrow(
      expect.objectContaining({
        code: 'argument/unknown-option',
        details: {option: 'maxDelay', meant: 'maxDelayMs'},
      }),
    );
    const {port, server} = await startServer();
    await server.destroy();
    const socket = createReconnectingWebSocket(`ws://127.0.0.1:${port}`, {
      WebSocket: WebSocket as never,
      shouldReconnect: ({code}) => code !== 1006,
    });
    await nextEvent(socket, 'close');
    expect(socket.readyState).toBe(3);
  });
});
