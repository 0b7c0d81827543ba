// The server, whatever the sockets are: hands messages between the clients of each path, keeps stores on paths that have persisters, holds
// everybody to the limits, and says how it is. Knows nothing of WebSockets: those give it links.

import type {Id} from '../base/content.ts';
import {getUniqueId} from '../base/ids.ts';
import type {CreatedPersister} from './room-keeper.ts';
import {
  type ClientLink,
  createServerConnection,
  RESTARTING,
  type ServerConnection,
  SLOW_BYTES,
  TRY_LATER,
} from './server-connection.ts';
import {createServerMetrics, type MetricsCounts, type RefusalReason} from './server-metrics.ts';
import {
  type Access,
  resolveServerOptions,
  type ServerLogEntry,
  type SyncServerOptions,
  type UpgradeRequest,
} from './server-options.ts';
import {createServerPaths, takeOnPath} from './server-paths.ts';
import type {PresenceState} from './server-presence.ts';
import {toFrames} from './wire.ts';

/** How a server is: `degraded` where some path cannot be stored at present, and clients work on without it. */
export interface ServerHealth {
  readonly status: 'ok' | 'degraded' | 'draining';
  readonly reasons: readonly {readonly pathId: Id; readonly error: unknown}[];
}

/** What a server counts, beside `getStats()`. Bytes are of frames as they came; characters, of frames as they went. */
export interface ServerStats extends MetricsCounts {
  readonly clients: number;
  readonly paths: number;
  /** Paths whose stores are open, with clients or without. */
  readonly openPaths: number;
  readonly failingPaths: number;
  /** Bytes of messages that are not whole yet, or wait for permission. */
  readonly heldBytes: number;
}

export interface DrainOptions {
  /** Milliseconds; default 10,000. What is not done by then is given up. */
  readonly timeoutMs?: number;
}

export interface DrainResult {
  /** Whether everything that clients had said was taken and stored in time. */
  readonly isComplete: boolean;
}

export interface SyncServerParts {
  readonly createPersisterForPath?:
    | ((pathId: Id) => CreatedPersister | Promise<CreatedPersister>)
    | undefined;
  readonly onIgnoredError?: ((error: unknown) => void) | undefined;
  readonly requestTimeoutSeconds?: number;
  readonly fragmentSize?: number | undefined;
  readonly options?: SyncServerOptions;
  readonly onPath: (pathId: Id, addedOrRemoved: 1 | -1) => void;
  readonly onClient: (pathId: Id, clientId: Id, addedOrRemoved: 1 | -1) => void;
  readonly onPresence: (pathId: Id, clientId: Id, state: PresenceState) => void;
  /** Told of each message, before it is handed on. */
  readonly onMessage?: (fromId: Id, toId: Id, text: string) => void;
}

export interface SyncServer {
  /**
   * A client has come. Its frames go to `receive`, and the end of its link to `end`. An id that is taken, or that none could have, gives
   * way to another.
   */
  connect(link: ClientLink, request: UpgradeRequest, client: ClientOptions): ServerConnection;
  getPathIds(): Id[];
  getClientIds(pathId: Id): Id[];
  getPresence(pathId: Id): {[clientId: Id]: PresenceState};
  getStats(): {paths: number; clients: number};
  getServerStats(): ServerStats;
  getMetrics(): string;
  getHealth(): ServerHealth;
  drain(options?: DrainOptions): Promise<DrainResult>;
  /** Sees every client off, and waits until all is stored. */
  destroy(): Promise<void>;
}

interface ClientOptions {
  readonly clientId: Id;
  /** Whether the client may share its socket between channels, as the subprotocol `tinybase` says. */
  readonly isShared: boolean;
  /** What the client may do, where that was found out before: then nobody is asked. */
  readonly access?: Access | undefined;
  /** What the client said of itself before, where that is known: the others know it, too. */
  readonly presence?: {readonly state: PresenceState} | undefined;
  /** Told when the client is on a path. */
  readonly onEnter?: (access: Access) => void;
  /** Told when the client says something else of itself. */
  readonly onPresence?: (state: PresenceState) => void;
}

/** As a WebSocket's key is, in Base64, or one of our own ids. */
const CLIENT_ID = /^[-+/=\w]{16,64}$/;

export const createSyncServer = (parts: SyncServerParts): SyncServer => {
  const {createPersisterForPath, onIgnoredError, requestTimeoutSeconds = 1, fragmentSize} = parts;
  const limits = resolveServerOptions(parts.options ?? {});
  const {ports} = limits;
  const metrics = createServerMetrics();
  const connections = new Map<Id, ServerConnection>();
  const slow = new Map<ServerConnection, number>();
  let heldBytes = 0;
  let isDraining = false;

  const report = (error: unknown): void => onIgnoredError?.(error);
  // What an application's own functions throw is no fault of a client's.
  const safely = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      report(error);
    }
  };
  const log = (
    level: ServerLogEntry['level'],
    event: ServerLogEntry['event'],
    rest: Partial<ServerLogEntry> = {},
  ): void => safely(() => limits.onLog?.({level, event, timeMs: ports.now(), ...rest}));

  const paths = createServerPaths({
    limits,
    createPersisterForPath,
    requestTimeoutSeconds,
    fragmentSize,
    onError: report,
    onPath: (pathId, addedOrRemoved) => {
      addedOrRemoved === 1 && log('info', 'path-opened', {pathId});
      safely(() => parts.onPath(pathId, addedOrRemoved));
    },
    onClient: (...told) => safely(() => parts.onClient(...told)),
    onPresence: (...told) => safely(() => parts.onPresence(...told)),
    onFailing: (pathId, error) => {
      metrics.persisterFailed();
      log('error', 'path-failing', {pathId, error});
    },
    onRecovered: (pathId) => log('info', 'path-recovered', {pathId}),
    onClosed: (pathId) => log('info', 'path-closed', {pathId}),
    onSaved: metrics.saved,
  });

  // Whoever has most is closed, until the others are within the limit.
  const closeLargest = (
    sizes: () => Iterable<readonly [ServerConnection, number]>,
    max: number,
    reason: RefusalReason,
  ): void => {
    for (;;) {
      let total = 0;
      let largest: readonly [ServerConnection, number] | undefined;
      for (const entry of sizes()) {
        total += entry[1];
        if (largest === undefined || entry[1] > largest[1]) {
          largest = entry;
        }
      }
      if (total <= max || largest === undefined) {
        return;
      }
      largest[0].drop(reason, 'the server holds too much');
    }
  };

  const onBuffered = (connection: ServerConnection, bytes: number): void => {
    slow.set(connection, bytes);
    bytes < SLOW_BYTES && slow.delete(connection);
    closeLargest(() => slow, limits.maxTotalBufferedBytes, 'not-reading');
  };

  const onHeld = (bytes: number): void => {
    heldBytes += bytes;
    if (heldBytes > limits.maxTotalHeldBytes) {
      const sizes = () => [...connections.values()].map((other) => [other, other.heldBytes()] as const);
      closeLargest(sizes, limits.maxTotalHeldBytes, 'overloaded');
    }
  };

  const connect: SyncServer['connect'] = (link, request, client) => {
    const {clientId: wantedId, isShared, access} = client;
    const isUsable = CLIENT_ID.test(wantedId) && !connections.has(wantedId);
    const clientId = isUsable ? wantedId : getUniqueId();
    const connection = createServerConnection(link, request, {
      clientId,
      limits,
      isShared,
      access,
      onEnter: (now) => client.onEnter?.(now),
      join: (pathId, hear) => paths.join(pathId, clientId, hear),
      leave: (pathId) => paths.leave(pathId, clientId),
      take: (pathId, toId, text, pieceLength) => {
        const path = paths.get(pathId);
        parts.onMessage?.(clientId, toId, text);
        const texts =
          pieceLength === undefined ? [text] : toFrames('', text, pieceLength).map((frame) => frame.slice(1));
        path && takeOnPath(path, clientId, toId, text, texts);
      },
      setPresence: (pathId, state, hear) => {
        const presence = paths.get(pathId)?.presence;
        if (presence?.listeners.has(clientId) === false) {
          presence.listeners.set(clientId, hear);
          hear([...presence.states]);
        }
        presence?.set(clientId, state);
        client.onPresence?.(state);
      },
      presence: client.presence,
      restorePresence: (pathId, ...restored) => paths.get(pathId)?.presence.restore(clientId, ...restored),
      onReceived: metrics.received,
      onSent: metrics.sent,
      onHeld,
      onBuffered: (bytes) => onBuffered(connection, bytes),
      onReadOnlyRefused: metrics.readOnlyRefused,
      onRefused: (reason, code, error) => {
        metrics.refused(reason);
        log('warn', 'client-refused', {clientId, reason, code, ...(error === undefined ? {} : {error})});
        error === undefined || report(error);
      },
      onEnd: () => {
        slow.delete(connection);
        if (connections.delete(clientId)) {
          log('info', 'client-gone', {clientId});
        }
      },
    });
    if (isDraining) {
      connection.close('draining', RESTARTING, 'the server restarts');
    } else if (connections.size >= limits.maxClients) {
      connection.close('too-many', TRY_LATER, 'the server is full');
    } else {
      connections.set(clientId, connection);
      log('info', 'client-connected', {clientId});
    }
    return connection;
  };

  const getStats = () => {
    const pathIds = paths.activeIds();
    return {
      paths: pathIds.length,
      clients: pathIds.reduce((sum, pathId) => sum + (paths.get(pathId)?.room.members.size ?? 0), 0),
    };
  };
  const gauges = () => ({
    ...getStats(),
    openPaths: paths.openCount(),
    failingPaths: paths.failing().length,
    heldBytes,
  });

  // Everything that was said is taken, and stored; then clients go, and their paths are closed.
  const drainNow = async (): Promise<void> => {
    await Promise.all([...connections.values()].map((connection) => connection.whenIdle()));
    await paths.whenDurable();
    for (const connection of [...connections.values()]) {
      connection.close('draining', RESTARTING, 'the server restarts');
    }
    await paths.close();
  };

  return {
    connect,
    getPathIds: () => paths.activeIds(),
    getClientIds: (pathId) => [...(paths.get(pathId)?.room.members.keys() ?? [])],
    getPresence: (pathId) => Object.fromEntries(paths.get(pathId)?.presence.states ?? []),
    getStats,
    getServerStats: () => ({...gauges(), ...metrics.counts()}),
    getMetrics: () => metrics.toText(gauges()),
    getHealth: () => {
      const reasons = paths.failing().map(([pathId, error]) => ({pathId, error}));
      return {status: isDraining ? 'draining' : reasons.length > 0 ? 'degraded' : 'ok', reasons};
    },
    drain: async ({timeoutMs = 10_000} = {}) => {
      isDraining = true;
      const startMs = ports.now();
      log('info', 'draining');
      let timer: unknown;
      const late = new Promise<boolean>((resolve) => {
        timer = ports.setTimer(() => resolve(false), timeoutMs);
      });
      const isComplete = await Promise.race([drainNow().then(() => true), late]);
      ports.clearTimer(timer);
      for (const connection of [...connections.values()]) {
        connection.terminate();
      }
      log(isComplete ? 'info' : 'error', 'drained', {durationMs: ports.now() - startMs});
      return {isComplete};
    },
    destroy: async () => {
      isDraining = true;
      for (const connection of [...connections.values()]) {
        connection.close('draining', GOING_AWAY, 'the server is going');
      }
      await paths.close();
    },
  };
};

const GOING_AWAY = 1001;
