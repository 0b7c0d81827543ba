// What clients say of themselves, over real sockets: beside their synchronizers, through connections that are cut, and beside TinyBase's.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore} from '../../src/entry/mergeable-store.ts';
import {
  createPresence,
  createReconnectingWebSocket,
  createWsSynchronizer,
  type Presence,
} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';

const startServer = async (port = 0) => {
  const webSocketServer = new WebSocketServer({
    port,
    host: '127.0.0.1',
    handleProtocols: (protocols) => (protocols.has('tinybase') ? 'tinybase' : false),
  });
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  const server = createWsServer(webSocketServer as never);
  onTestFinished(() => server.destroy());
  const {port: taken} = webSocketServer.address() as {port: number};
  return {server, webSocketServer, port: taken, url: `ws://127.0.0.1:${taken}/room`};
};

/** A client with a store, whose socket connects again by itself. */
const connect = async (url: string, channelId?: string) => {
  const errors: unknown[] = [];
  const store = createMergeableStore();
  const socket = createReconnectingWebSocket(url, {
    WebSocket: WebSocket as never,
    minDelayMs: 10,
    maxDelayMs: 50,
    ...(channelId === undefined ? {} : {protocols: 'tinybase'}),
  });
  const onError = (error: unknown) => errors.push(error);
  await new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()));
  const synchronizer =
    channelId === undefined
      ? await createWsSynchronizer(store, socket, 0.2, undefined, undefined, onError)
      : await createWsSynchronizer(store, socket, channelId, 0.2, undefined, undefined, onError);
  const presence = createPresence(socket, channelId);
  onTestFinished(async () => {
    presence.destroy();
    await synchronizer.destroy();
  });
  await synchronizer.startSync();
  return {store, socket, synchronizer, presence, errors};
};

/** Resolves once it is so of what others say. */
const until = (presence: Presence, isSo: (states: unknown[]) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (isSo(Object.values(presence.getStates()))) {
        presence.delListener(listenerId);
        resolve();
      }
    };
    const listenerId = presence.addListener(look);
    look();
  });

/** Who is the first on a path is answered by nobody. */
const isUnexpected = (error: unknown): boolean => (error as {code?: string}).code !== 'sync/timeout';

const isJust =
  (...wanted: unknown[]) =>
  (states: unknown[]): boolean =>
    JSON.stringify(states) === JSON.stringify(wanted);

describe('presence over real sockets', () => {
  test.each([undefined, 'channel'])(
    '[SY13] is told beside what stores say, and stays out of them: channel %s',
    async (channelId) => {
      const {server, url} = await startServer();
      const [ada, bob] = [await connect(url, channelId), await connect(url, channelId)];
      ada.presence.setState({name: 'Ada', cursor: [1, 2], '😀': null});
      bob.presence.setState('Bob');
      await until(bob.presence, isJust({name: 'Ada', cursor: [1, 2], '😀': null}));
      await until(ada.presence, isJust('Bob'));
      const pathId = channelId === undefined ? 'room' : 'room/channel';
      expect(Object.keys(server.getPresence(pathId)).sort()).toEqual(
        [ada.presence.getClientId(), bob.presence.getClientId()].sort(),
      );
      // Somebody new hears of all who are there; who says nothing hears, too.
      const cleo = await connect(url, channelId);
      await until(cleo.presence, (states) => states.length === 2);
      expect(ada.presence.getStates()).toEqual({[bob.presence.getClientId() as string]: 'Bob'});
      ada.presence.setState(null);
      await until(bob.presence, isJust());
      ada.store.setValue('said', true);
      await new Promise<void>((resolve) => {
        bob.store.addValueListener('said', () => resolve());
        bob.store.hasValue('said') && resolve();
      });
      expect([ada.store, bob.store].map((store) => store.getContent())).toEqual(
        Array(2).fill([{}, {said: true}]),
      );
      expect([...ada.errors, ...bob.errors].filter(isUnexpected)).toEqual([]);
    },
  );

  test.each([undefined, 'channel'])(
    '[SY13] is gone with a connection that is cut, and said again on the next: channel %s',
    async (channelId) => {
      const {webSocketServer, url} = await startServer();
      const ada = await connect(url, channelId);
      ada.presence.setState({name: 'Ada'});
      const [adas] = webSocketServer.clients;
      const bob = await connect(url, channelId);
      await until(bob.presence, isJust({name: 'Ada'}));
      const before = Object.keys(bob.presence.getStates());
      const heard: unknown[] = [];
      const isBack = new Promise<void>((resolve) => {
        bob.presence.addListener((_presence, clientId, state) => {
          heard.push([before.includes(clientId), state]);
          state === null || resolve();
        });
      });
      adas?.terminate();
      await isBack;
      expect(heard).toEqual([
        [true, null],
        [false, {name: 'Ada'}],
      ]);
    },
  );

  test('[SY13] is nobody’s while the server is away, and everybody’s when it is back', async () => {
    const first = await startServer();
    const [ada, bob] = [await connect(first.url), await connect(first.url)];
    ada.presence.setState('Ada');
    bob.presence.setState('Bob');
    await until(bob.presence, isJust('Ada'));
    const isAlone = until(bob.presence, isJust());
    await first.server.destroy();
    await isAlone;
    expect(bob.presence.getClientId()).toBe(undefined);
    ada.presence.setState('Ada, who moved on');
    await startServer(first.port);
    await until(bob.presence, isJust('Ada, who moved on'));
    await until(ada.presence, isJust('Bob'));
  });

  test('[SY13] does not trouble clients of TinyBase on the same path', async () => {
    const {url} = await startServer();
    const errors: unknown[] = [];
    const tinyStore = createTinyStore();
    const tiny = await createTinySynchronizer(
      tinyStore,
      new WebSocket(url),
      0.2,
      undefined,
      undefined,
      (error) => errors.push(error),
    );
    onTestFinished(async () => void (await tiny.destroy()));
    const [ada, bob] = [await connect(url), await connect(url)];
    ada.presence.setState('Ada');
    await until(bob.presence, isJust('Ada'));
    await tiny.startSync();
    ada.store.setValue('open', true);
    await new Promise<void>((resolve) => {
      tinyStore.addValueListener('open', () => resolve());
      tinyStore.hasValue('open') && resolve();
    });
    expect(errors).toEqual([]);
    expect(ada.errors.filter(isUnexpected)).toEqual([]);
  });
});
