// Who is measured: the three functions by which a store is made, served and synchronized, of Holdfast and of tinybase@10.0.1.

import Database from 'better-sqlite3';
import * as tinybase from 'tinybase';
import {createBetterSqlite3Persister as createTinyBasePersister} from 'tinybase/persisters/persister-better-sqlite3';
import {createWsSynchronizer as createTinyBaseWsSynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {createWsServer as createTinyBaseWsServer} from 'tinybase/synchronizers/synchronizer-ws-server';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';

type Handle = InstanceType<typeof Database>;

export interface Contestant {
  readonly createStore: (uniqueId?: string) => MergeableStore;
  /** A persister of a mergeable store, as its documentation recommends where the data is large. */
  readonly createPersister: (store: MergeableStore, db: Handle, mode: 'json' | 'rows') => Persister;
  /** A server on a free port; `isKeeping` whether it has a store for each path. */
  readonly serve: (isKeeping: boolean) => Promise<Server>;
  readonly connect: (store: MergeableStore, url: string, timeoutSeconds: number) => Promise<Client>;
}

interface Persister {
  save(): Promise<unknown>;
  load(): Promise<unknown>;
  startAutoSave(): Promise<unknown>;
  destroy(): Promise<unknown>;
  whenDurable?(): Promise<void>;
  schedule(...actions: (() => Promise<unknown>)[]): Promise<unknown>;
}

export interface Server {
  readonly port: number;
  readonly destroy: () => Promise<void>;
}

export interface Client {
  readonly synchronizer: {startSync(): Promise<unknown>; destroy(): Promise<unknown>};
  /** Bytes of frames that came and went. */
  readonly bytes: () => number;
}

const listen = async (): Promise<{webSocketServer: WebSocketServer; port: number}> => {
  const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await new Promise((resolve) => webSocketServer.once('listening', resolve));
  return {webSocketServer, port: (webSocketServer.address() as {port: number}).port};
};

// Text on a socket is UTF-8.
const countBytes = (socket: WebSocket): (() => number) => {
  let bytes = 0;
  const send = socket.send.bind(socket);
  socket.send = ((text: string) => {
    bytes += Buffer.byteLength(text);
    send(text);
  }) as never;
  socket.on('message', (data) => {
    bytes += (data as Buffer).length;
  });
  return () => bytes;
};

export const contestants: {readonly [name: string]: Contestant} = {
  holdfast: {
    createStore: createMergeableStore,
    createPersister: (store, db, mode) => createBetterSqlite3Persister(store, db, {mode}) as Persister,
    serve: async (isKeeping) => {
      const {webSocketServer, port} = await listen();
      const server = createWsServer(webSocketServer as never, (pathId) =>
        isKeeping
          ? createBetterSqlite3Persister(createMergeableStore(pathId), new Database(':memory:'))
          : undefined,
      );
      return {port, destroy: () => server.destroy()};
    },
    connect: async (store, url, timeoutSeconds) => {
      const socket = new WebSocket(url);
      const bytes = countBytes(socket);
      return {synchronizer: await createWsSynchronizer(store, socket as never, timeoutSeconds), bytes};
    },
  },
  tinybase: {
    createStore: tinybase.createMergeableStore as never,
    createPersister: (store, db) => createTinyBasePersister(store as never, db) as never,
    serve: async (isKeeping) => {
      const {webSocketServer, port} = await listen();
      const server = createTinyBaseWsServer(webSocketServer, (pathId) =>
        isKeeping
          ? createTinyBasePersister(tinybase.createMergeableStore(pathId), new Database(':memory:'))
          : undefined,
      );
      return {port, destroy: async () => void (await server.destroy())};
    },
    connect: async (store, url, timeoutSeconds) => {
      const socket = new WebSocket(url);
      const bytes = countBytes(socket);
      return {
        synchronizer: (await createTinyBaseWsSynchronizer(store as never, socket, timeoutSeconds)) as never,
        bytes,
      };
    },
  },
};
