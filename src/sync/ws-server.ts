// A server that hands messages between the clients of each path, and keeps a store of its own on paths that have a persister. Takes the
// `WebSocketServer` of the package ws, or one like it.

import type {Id, IdOrNull} from '../base/content.ts';
import {createIdPool} from '../base/ids.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {createQueue, type Queue} from '../base/queue.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {createRoom, type Room, SERVER_ID} from './room.ts';
import {createRoomKeeper, type PathPersister, type RoomKeeper} from './room-keeper.ts';
import {
  createServerConnection,
  type ServerConnection,
  type ServerSocket,
  type UpgradeRequest,
} from './server-connection.ts';

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
/** How many paths and clients are active. */
export type WsServerStats = {paths: number; clients: number};

export interface WsServer<Server = WebSocketServerLike> {
  getWebSocketServer(): Server;
  /** The paths that have clients. */
  getPathIds(): Id[];
  /** The clients of a path; their ids are no proof of who they are. */
  getClientIds(pathId: Id): Id[];
  addPathIdsListener(listener: PathIdsListener): Id;
  addClientIdsListener(pathId: IdOrNull, listener: ClientIdsListener): Id;
  delListener(listenerId: Id): WsServer<Server>;
  getStats(): WsServerStats;
  /** Sees every client off, waits until all is stored, and closes the server that was given. */
  destroy(): Promise<void>;
}

/** What a client may do on a path. */
export type Access = 'refused' | 'read' | 'read-write';

/** What TinyBase's server does not have. */
export interface WsServerOptions {
  /** Says what a client may do on a path, for each path and channel that it asks for; default read and write. */
  readonly authorize?: (request: UpgradeRequest, pathId: Id) => Access | Promise<Access>;
  /** Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Clients on one path; default 1,000. */
  readonly maxClientsPerPath?: number;
  /** Default 10,000. */
  readonly maxPaths?: number;
  /** Bytes that may wait for one client, who else is taken for gone; default 64 MiB. */
  readonly maxBufferedBytes?: number;
  /** Timers and ids, for a simulation; default the host's. */
  readonly ports?: Ports;
}

type CreatedPersister = PathPersister | [PathPersister, (store: MergeableStore) => void] | undefined;

interface Path {
  readonly room: Room;
  readonly queue: Queue;
  keeper: RoomKeeper | undefined;
  clientCount: number;
}

const DEFAULTS = {
  authorize: (): Access => 'read-write',
  maxMessageBytes: 16 * 1024 * 1024,
  maxClientsPerPath: 1_000,
  maxPaths: 10_000,
  maxBufferedBytes: 64 * 1024 * 1024,
  ports: hostPorts,
};

/**
 * Creates a server on a `WebSocketServer`.
 *
 * @param createPersisterForPath Makes the persister of a path when its first client comes, or nothing; with a function that is called
 * with the store once it is loaded.
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
  const limits = {...DEFAULTS, ...options};
  const paths = new Map<Id, Path>();
  const idPool = createIdPool();
  const pathListeners = new Map<Id, PathIdsListener>();
  const clientListeners = new Map<Id, readonly [pathId: IdOrNull, ClientIdsListener]>();
  const stopping = new Set<Promise<void>>();
  let isDestroyed = false;

  const report = (error: unknown): void => onIgnoredError?.(error);

  const tellPaths = (pathId: Id, addedOrRemoved: IdAddedOrRemoved): void => {
    for (const listener of [...pathListeners.values()]) {
      listener(server, pathId, addedOrRemoved);
    }
  };
  const tellClients = (pathId: Id, clientId: Id, addedOrRemoved: IdAddedOrRemoved): void => {
    for (const [wanted, listener] of [...clientListeners.values()]) {
      (wanted === null || wanted === pathId) && listener(server, pathId, clientId, addedOrRemoved);
    }
  };

  const startKeeper = async (pathId: Id, path: Path): Promise<void> => {
    const created = await createPersisterForPath?.(pathId);
    if (created === undefined) {
      return;
    }
    const [persister, onReady] = Array.isArray(created) ? created : [created, undefined];
    const keeper = createRoomKeeper(path.room, persister, onReady, {
      requestTimeoutSeconds,
      fragmentSize,
      ports: limits.ports,
      onIgnoredError,
      onMalformed: (clientId, error) => {
        report(error);
        connections.get(clientId)?.refuse(error);
      },
    });
    path.keeper = keeper;
    path.room.members.set(SERVER_ID, keeper.member);
    await keeper.start();
  };

  const stopKeeper = async (pathId: Id, path: Path): Promise<void> => {
    if (path.clientCount === 0) {
      path.room.members.delete(SERVER_ID);
      await path.keeper?.stop();
      path.keeper = undefined;
      // Somebody may have come meanwhile.
      path.clientCount === 0 && paths.delete(pathId);
    }
  };

  const join = (pathId: Id, clientId: Id, hear: (fromId: Id, text: string) => void): boolean => {
    const known = paths.get(pathId);
    if (known === undefined && paths.size >= limits.maxPaths) {
      return false;
    }
    const path = known ?? {room: createRoom(), queue: createQueue(), keeper: undefined, clientCount: 0};
    if (path.clientCount >= limits.maxClientsPerPath || path.room.members.has(clientId)) {
      return false;
    }
    paths.set(pathId, path);
    path.room.members.set(clientId, {hear});
    if (path.clientCount++ === 0) {
      path.queue
        .add(async () => {
          if (path.keeper === undefined && path.clientCount > 0) {
            await startKeeper(pathId, path);
          }
        })
        .catch(report);
      tellPaths(pathId, 1);
    }
    tellClients(pathId, clientId, 1);
    return true;
  };

  const leave = (pathId: Id, clientId: Id): void => {
    const path = paths.get(pathId);
    if (path?.room.members.delete(clientId)) {
      tellClients(pathId, clientId, -1);
      if (--path.clientCount === 0) {
        tellPaths(pathId, -1);
        const stopped = path.queue.add(() => stopKeeper(pathId, path)).catch(report);
        stopping.add(stopped);
        void stopped.then(() => stopping.delete(stopped));
      }
    }
  };

  const connections = new Map<Id, ServerConnection>();
  const onConnection = (socket: ServerSocket, request: UpgradeRequest): void => {
    const clientId = String(request.headers['sec-websocket-key'] ?? '');
    const connection = createServerConnection(socket, request, {
      clientId,
      limits,
      join,
      leave,
      route: (pathId, toId, text) => paths.get(pathId)?.room.route(clientId, toId, text),
      onIgnoredError: report,
      onEnd: () => connections.delete(clientId),
    });
    connections.set(clientId, connection);
  };
  webSocketServer.on('connection', onConnection);

  const server: WsServer<Server> = {
    getWebSocketServer: () => webSocketServer,
    getPathIds: () => [...paths].flatMap(([pathId, {clientCount}]) => (clientCount > 0 ? pathId : [])),
    getClientIds: (pathId) =>
      [...(paths.get(pathId)?.room.members.keys() ?? [])].filter((id) => id !== SERVER_ID),
    addPathIdsListener: (listener) => {
      const id = idPool.take();
      pathListeners.set(id, listener);
      return id;
    },
    addClientIdsListener: (pathId, listener) => {
      const id = idPool.take();
      clientListeners.set(id, [pathId, listener]);
      return id;
    },
    delListener: (listenerId) => {
      (pathListeners.delete(listenerId) || clientListeners.delete(listenerId)) && idPool.free(listenerId);
      return server;
    },
    getStats: () => {
      const active = [...paths.values()].filter(({clientCount}) => clientCount > 0);
      return {
        paths: active.length,
        clients: active.reduce((sum, {clientCount}) => sum + clientCount, 0),
      };
    },
    destroy: async () => {
      if (!isDestroyed) {
        isDestroyed = true;
        webSocketServer.off('connection', onConnection);
        const closed = new Promise<void>((resolve) => webSocketServer.close(() => resolve()));
        for (const socket of webSocketServer.clients) {
          socket.close(1001, 'the server is going');
        }
        await closed;
        // The server may be closed before its last socket has said that it is.
        await Promise.all([...connections.values()].map(({ended}) => ended));
      }
      while (stopping.size > 0) {
        await Promise.all(stopping);
      }
    },
  };
  return server;
};
