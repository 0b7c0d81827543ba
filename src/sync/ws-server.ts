// A server on the `WebSocketServer` of the package ws, or one like it: gives its sockets to the server proper, and speaks as TinyBase's.

import type {Id, IdOrNull} from '../base/content.ts';
import {createIdPool} from '../base/ids.ts';
import type {CreatedPersister} from './room-keeper.ts';
import type {ServerConnection} from './server-connection.ts';
import type {SyncServerOptions, UpgradeRequest} from './server-options.ts';
import type {PresenceState} from './server-presence.ts';
import {createSyncServer, type DrainOptions, type DrainResult, type SyncServer} from './sync-server.ts';
import {malformed} from './wire.ts';

/** The part of a WebSocket of ws that is called. */
export interface ServerSocket {
  readonly bufferedAmount: number;
  readonly protocol: string;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'close' | 'error', listener: (thing: never) => void): unknown;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** The part of a `WebSocketServer` of ws that is called. */
export interface WebSocketServerLike {
  readonly clients: Iterable<ServerSocket>;
  on(event: 'connection', listener: (socket: never, request: never) => void): unknown;
  off(event: 'connection', listener: (socket: never, request: never) => void): unknown;
  close(callback?: (error?: Error) => void): void;
}

type IdAddedOrRemoved = 1 | -1;
export type PathIdsListener = (wsServer: WsServer, pathId: Id, addedOrRemoved: IdAddedOrRemoved) => void;
export type ClientIdsListener = (
  wsServer: WsServer,
  pathId: Id,
  clientId: Id,
  addedOrRemoved: IdAddedOrRemoved,
) => void;
/** Told what a client says of itself; `null` when it says nothing any more, or is gone. */
export type PresenceListener = (wsServer: WsServer, pathId: Id, clientId: Id, state: PresenceState) => void;
/** How many paths and clients are active. */
export type WsServerStats = {paths: number; clients: number};
/** What TinyBase's server does not have. */
export type WsServerOptions = SyncServerOptions;

export interface WsServer<Server = WebSocketServerLike>
  extends Pick<SyncServer, 'getServerStats' | 'getMetrics' | 'getHealth'> {
  getWebSocketServer(): Server;
  /** The paths that have clients. */
  getPathIds(): Id[];
  /** The clients of a path; their ids are no proof of who they are. */
  getClientIds(pathId: Id): Id[];
  addPathIdsListener(listener: PathIdsListener): Id;
  addClientIdsListener(pathId: IdOrNull, listener: ClientIdsListener): Id;
  /** What the clients of a path say of themselves: `{clientId: state}`. (Not in TinyBase.) */
  getPresence(pathId: Id): {[clientId: Id]: PresenceState};
  /** Calls back when a client of a path, or of any, says something else of itself, or is gone. (Not in TinyBase.) */
  addPresenceListener(pathId: IdOrNull, listener: PresenceListener): Id;
  delListener(listenerId: Id): WsServer<Server>;
  getStats(): WsServerStats;
  /** What it has counted so far, and what there is now. (Not in TinyBase.) */
  getServerStats: SyncServer['getServerStats'];
  /** The same as Prometheus reads it. (Not in TinyBase.) */
  getMetrics: SyncServer['getMetrics'];
  /** Whether every path can be stored. (Not in TinyBase.) */
  getHealth: SyncServer['getHealth'];
  /**
   * Ends in peace: takes what clients have said, stores it, and closes their connections with 1012, by which they know to come back; who
   * comes meanwhile is closed with it, too. `destroy()` is still to be called. (Not in TinyBase.)
   */
  drain(options?: DrainOptions): Promise<DrainResult>;
  /** Sees every client off, waits until all is stored, and closes the server that was given. */
  destroy(): Promise<void>;
}

/**
 * Creates a server on a `WebSocketServer`.
 *
 * Whatever clients send is checked. Messages in pieces are handed on once they are whole. On paths that have a persister, messages to the
 * server or to all are read, and must be of the shape that their kind has, with no stamp more than five minutes ahead; others are checked by
 * their first characters and their depth alone. Who breaks the rules is closed: with 1007 for what cannot be read, 1008 for what is not
 * allowed, and for a clock that is ahead, 1009 for what is too long, 1013 for what is too much.
 *
 * @param createPersisterForPath Makes the persister of a path when its first client comes, or nothing; with a function that is called
 * with the store once it is loaded. Where it rejects, or its persister cannot load, it is called again, later and later; clients go on
 * without it, and are asked for what was missed.
 * @param onIgnoredError Told of faults of persisters, and of what clients said that cannot be read.
 * @param requestTimeoutSeconds How long the server's own store waits for an answer; default 1.
 * @param fragmentSize Its messages that are longer than so many characters are sent in pieces.
 */
export const createWsServer = <Server extends WebSocketServerLike>(
  webSocketServer: Server,
  createPersisterForPath?: (pathId: Id) => CreatedPersister | Promise<CreatedPersister>,
  onIgnoredError?: (error: unknown) => void,
  requestTimeoutSeconds = 1,
  fragmentSize?: number,
  options: WsServerOptions = {},
): WsServer<Server> => {
  const idPool = createIdPool();
  const pathListeners = new Map<Id, PathIdsListener>();
  const clientListeners = new Map<Id, readonly [pathId: IdOrNull, ClientIdsListener]>();
  const presenceListeners = new Map<Id, readonly [pathId: IdOrNull, PresenceListener]>();
  let isDestroyed = false;

  const add = <Listener>(listeners: Map<Id, Listener>, listener: Listener): Id => {
    const id = idPool.take();
    listeners.set(id, listener);
    return id;
  };

  const core = createSyncServer({
    createPersisterForPath,
    onIgnoredError,
    requestTimeoutSeconds,
    fragmentSize,
    options,
    onPath: (pathId, addedOrRemoved) => {
      for (const listener of [...pathListeners.values()]) {
        listener(server, pathId, addedOrRemoved);
      }
    },
    onClient: (pathId, clientId, addedOrRemoved) => {
      for (const [wanted, listener] of [...clientListeners.values()]) {
        (wanted === null || wanted === pathId) && listener(server, pathId, clientId, addedOrRemoved);
      }
    },
    onPresence: (pathId, clientId, state) => {
      for (const [wanted, listener] of [...presenceListeners.values()]) {
        (wanted === null || wanted === pathId) && listener(server, pathId, clientId, state);
      }
    },
  });

  const onConnection = (socket: ServerSocket, request: UpgradeRequest): void => {
    const link = {
      bufferedBytes: () => socket.bufferedAmount,
      send: (text: string) => socket.send(text),
      close: (code: number, reason: string) => socket.close(code, reason),
      terminate: () => socket.terminate(),
    };
    const connection: ServerConnection = core.connect(link, request, {
      clientId: String(request.headers['sec-websocket-key'] ?? ''),
      isShared: socket.protocol === 'tinybase',
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        connection.refuse(malformed('it is not text'));
      } else {
        const frame = String(data);
        connection.receive(frame, (data as {readonly length?: number}).length ?? frame.length);
      }
    });
    socket.on('close', connection.end);
    socket.on('error', (error) => onIgnoredError?.(error));
  };
  webSocketServer.on('connection', onConnection);

  const server: WsServer<Server> = {
    getWebSocketServer: () => webSocketServer,
    getPathIds: core.getPathIds,
    getClientIds: core.getClientIds,
    addPathIdsListener: (listener) => add(pathListeners, listener),
    addClientIdsListener: (pathId, listener) => add(clientListeners, [pathId, listener] as const),
    getPresence: core.getPresence,
    addPresenceListener: (pathId, listener) => add(presenceListeners, [pathId, listener] as const),
    delListener: (listenerId) => {
      const listeners = [pathListeners, clientListeners, presenceListeners];
      listeners.some((some) => some.delete(listenerId)) && idPool.free(listenerId);
      return server;
    },
    getStats: core.getStats,
    getServerStats: core.getServerStats,
    getMetrics: core.getMetrics,
    getHealth: core.getHealth,
    drain: core.drain,
    destroy: async () => {
      if (!isDestroyed) {
        isDestroyed = true;
        webSocketServer.off('connection', onConnection);
        const closed = new Promise<void>((resolve) => webSocketServer.close(() => resolve()));
        for (const socket of webSocketServer.clients) {
          socket.close(1001, 'the server is going');
        }
        await closed;
      }
      await core.destroy();
    },
  };
  return server;
};
