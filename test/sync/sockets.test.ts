// What only real sockets show: a client that never reads, a key that is used twice, and TinyBase's own clients beside a hostile one.

import {randomBytes} from 'node:crypto';
import {request} from 'node:http';
import type {Socket} from 'node:net';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer, type WsServerOptions} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';

const startServer = async (options: WsServerOptions, roomStore?: MergeableStore) => {
  const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const persister = {
    startAutoPersisting: async () => persister,
    destroy: async () => persister,
    getStore: () => roomStore,
  };
  const server = createWsServer(
    webSocketServer as never,
    roomStore && (() => persister as never),
    undefined,
    0.2,
    undefined,
    options,
  );
  onTestFinished(() => server.destroy());
  const {port} = webSocketServer.address() as {port: number};
  return {server, sockets: webSocketServer.clients, port, url: `ws://127.0.0.1:${port}/room`};
};

const connect = async (url: string, kind: 'holdfast' | 'tinybase' = 'holdfast') => {
  const store = (kind === 'holdfast' ? createMergeableStore() : createTinyStore()) as MergeableStore;
  const create = (
    kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
  ) as typeof createWsSynchronizer;
  const synchronizer = await create(store, new WebSocket(url) as never, 0.2);
  await synchronizer.startSync();
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return store;
};

/** A client that has shaken hands, and then does nothing that it is not told to. */
const shakeHands = (port: number, key = randomBytes(16).toString('base64')): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const upgrading = request({
      port,
      host: '127.0.0.1',
      path: '/room',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': key,
        'sec-websocket-version': '13',
      },
    });
    upgrading.on('upgrade', (_response, socket) => {
      onTestFinished(() => {
        socket.destroy();
      });
      socket.on('error', () => undefined);
      resolve(socket);
    });
    upgrading.on('error', reject);
    upgrading.end();
  });

const until = (stores: readonly MergeableStore[], isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      isSo() && resolve();
    };
    for (const store of stores) {
      store.addDidFinishTransactionListener(() => setImmediate(look));
    }
    look();
  });

test('[SY9] a client that never reads is closed, memory stays bounded, and the others are not slowed', async () => {
  const closed: string[] = [];
  const {server, sockets, port, url} = await startServer({
    maxBufferedBytes: 4 * 1024 * 1024,
    onLog: ({event, reason}) => event === 'client-refused' && closed.push(String(reason)),
  });
  const [one, other] = [await connect(url), await connect(url)];
  const deaf = await shakeHands(port);
  deaf.pause();
  await until([one], () => server.getStats().clients === 3);
  const text = 'x'.repeat(500_000);
  let mostBytes = 0;
  for (let index = 0; closed.length === 0; index++) {
    one.setCell('t', 'r', 'c', `${index} ${text}`);
    await until([other], () => other.getCell('t', 'r', 'c') === `${index} ${text}`);
    const waiting = [...sockets];
    mostBytes = Math.max(mostBytes, ...waiting.map(({bufferedAmount}) => bufferedAmount));
    expect(index).toBeLessThan(200);
  }
  expect(closed).toEqual(['not-reading']);
  expect(mostBytes).toBeLessThan(5 * 1024 * 1024);
  expect(server.getStats()).toEqual({paths: 1, clients: 2});
});

test('[SY11] a key that is used twice disconnects nobody', async () => {
  const {server, port, url} = await startServer({});
  const key = randomBytes(16).toString('base64');
  const first = await shakeHands(port, key);
  const second = await shakeHands(port, key);
  const one = await connect(url);
  await until([one], () => server.getStats().clients === 3);
  const ids = server.getClientIds('room');
  expect(new Set(ids).size).toBe(3);
  expect(ids).toContain(key);
  const gone = new Promise<void>((resolve) => {
    server.addClientIdsListener('room', (_server, _pathId, clientId, change) => {
      change === -1 && clientId !== key && resolve();
    });
  });
  second.destroy();
  await gone;
  expect(server.getClientIds('room')).toContain(key);
  expect(first.destroyed).toBe(false);
});

test('[SY8] clients of TinyBase go on beside one that says what has no shape', async () => {
  const roomStore = createMergeableStore('room');
  const {server, url} = await startServer({}, roomStore);
  const [tiny, ours] = [await connect(url, 'tinybase'), await connect(url)];
  const codes: number[] = [];
  for (const frame of [
    '\n[null,3,"no diff"]',
    '\n[null,3,[[{"t":"no table"}],[{}],1]]',
    '\n[null,3,[[{"t":[{"r":[{"c":[1,"no stamp"]}]}]}],[{}],1]]',
    '\n[null,2,["no","hashes"]]',
    '\n["x",6,{"t":{"r":null}}]',
    '\n[null,3',
    '\n0123456789abcdef\n5\n2\nno place',
  ]) {
    const rude = new WebSocket(url);
    const code = new Promise<number>((resolve) => rude.once('close', resolve));
    rude.once('open', () => rude.send(frame));
    codes.push(await code);
  }
  expect(codes).toEqual(codes.map(() => 1007));
  tiny.setCell('pets', 'fido', 'age', 1);
  ours.setCell('pets', 'felix', 'age', 2);
  const stores = [tiny, ours, roomStore];
  await until(stores, () => stores.every((store) => store.getRowCount('pets') === 2));
  expect(server.getStats()).toEqual({paths: 1, clients: 2});
});
