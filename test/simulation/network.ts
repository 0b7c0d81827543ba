// Sockets between simulated processes, as TCP is: frames of one connection come in order or not at all, and it is the connection that
// is lost. Knows nothing of what frames say.

import type {UpgradeRequest} from '../../src/sync/server-options.ts';
import type {WebSocketLike} from '../../src/sync/web-socket.ts';
import type {ServerSocket, WebSocketServerLike} from '../../src/sync/ws-server.ts';
import type {Process, World} from './world.ts';

export interface Network {
  /** Lets clients connect to a process, in place of whoever had the address before. */
  listen(address: number, process: Process): WebSocketServerLike;
  /** A socket as a client opens one. */
  connect(process: Process, address: number, path: string): WebSocketLike;
  /** Between `name` and everybody nothing travels any more, until `heal`; connections may last, or not. */
  partition(name: string): void;
  heal(name?: string): void;
  /** Cuts all connections of a process: both ends are told, and what is under way is lost. */
  cut(name: string): void;
  /** A process is gone: what it sent arrives, and nothing comes to it any more. */
  kill(process: Process): void;
}

type Listener = (event: {readonly data?: unknown; readonly code?: number; readonly reason?: string}) => void;

/** One end of a connection. */
interface End {
  readonly process: Process;
  isOpen: boolean;
  /** What is under way to it, the first first. */
  readonly coming: {readonly atMs: number; readonly arrive: () => void}[];
  isPumping: boolean;
  onFrame(text: string): void;
  onClose(code: number, reason: string): void;
}

interface Connection {
  readonly ends: readonly [client: End, server: End];
}

interface Listening {
  readonly process: Process;
  isListening: boolean;
  readonly clients: Set<ServerSocket>;
  readonly listeners: Set<(socket: never, request: never) => void>;
}

const MIN_DELAY_MS = 1;
const MAX_DELAY_MS = 400;
const LOST = 1006;

export const createNetwork = (world: World): Network => {
  const listening = new Map<number, Listening>();
  const connections = new Set<Connection>();
  const partitioned = new Set<string>();
  let keyCount = 0;

  const isCutOff = ({ends}: Connection): boolean => ends.some(({process}) => partitioned.has(process.name));

  const pump = (connection: Connection, end: End): void => {
    const [next] = end.coming;
    if (next === undefined || end.isPumping) {
      return;
    }
    if (isCutOff(connection)) {
      world.count('frame held up by a partition');
      return;
    }
    end.isPumping = true;
    world.after(next.atMs - world.nowMs(), () => {
      end.isPumping = false;
      if (!isCutOff(connection)) {
        end.coming.shift()?.arrive();
      }
      pump(connection, end);
    });
  };

  const send = (connection: Connection, to: End, arrive: () => void): void => {
    const last = to.coming.at(-1)?.atMs ?? 0;
    const atMs = Math.max(last, world.nowMs() + world.delay(MIN_DELAY_MS, MAX_DELAY_MS));
    to.coming.push({atMs, arrive: () => to.process.isAlive && arrive()});
    pump(connection, to);
  };

  const close = (end: End, code: number, reason: string): void => {
    if (end.isOpen) {
      end.isOpen = false;
      end.onClose(code, reason);
    }
  };

  // Both ends are told, each in its own time, and hear of nothing else.
  const lose = (connection: Connection): void => {
    if (connections.delete(connection)) {
      world.count('connection lost');
      for (const end of connection.ends) {
        end.coming.length > 0 && world.count('frames lost with their connection');
        end.coming.length = 0;
        world.after(world.delay(0, MAX_DELAY_MS), () => end.process.isAlive && close(end, LOST, 'lost'));
      }
    }
  };

  // One end says that it closes: what it sent before arrives before that.
  const say = (connection: Connection, from: End, to: End, code: number, reason: string): void => {
    send(connection, to, () => {
      close(to, code, reason);
      connections.delete(connection);
      world.after(world.delay(0, MAX_DELAY_MS), () => from.process.isAlive && close(from, code, reason));
    });
  };

  const accept = ({process, clients, listeners}: Listening, connection: Connection, path: string): void => {
    const [client, end] = connection.ends;
    const on = {message: [] as Listener[], close: [] as Listener[], error: [] as Listener[]};
    const socket: ServerSocket = {
      bufferedAmount: 0,
      protocol: '',
      on: (event, listener) => on[event].push(listener as Listener),
      send: (text) => {
        if (end.isOpen && process.isAlive) {
          send(connection, client, () => client.onFrame(text));
        }
      },
      close: (code = 1000, reason = '') => {
        if (end.isOpen && process.isAlive) {
          say(connection, end, client, code, reason);
        }
      },
      terminate: () => process.isAlive && lose(connection),
    };
    end.onFrame = (text) => {
      for (const listener of on.message) {
        (listener as unknown as (data: string, isBinary: boolean) => void)(text, false);
      }
    };
    end.onClose = (code) => {
      clients.delete(socket);
      for (const listener of on.close) {
        (listener as unknown as (code: number) => void)(code);
      }
    };
    clients.add(socket);
    const request: UpgradeRequest = {url: path, headers: {'sec-websocket-key': `key-${keyCount++}`}};
    for (const listener of listeners) {
      listener(socket as never, request as never);
    }
  };

  return {
    listen: (address, process) => {
      const here: Listening = {process, isListening: true, clients: new Set(), listeners: new Set()};
      listening.set(address, here);
      return {
        clients: here.clients,
        on: (_event, listener) => here.listeners.add(listener),
        off: (_event, listener) => here.listeners.delete(listener),
        close: (callback) => {
          here.isListening = false;
          world.after(0, () => process.isAlive && callback?.());
        },
      };
    },

    connect: (process, address, path) => {
      const on = {
        open: new Set<Listener>(),
        message: new Set<Listener>(),
        close: new Set<Listener>(),
        error: new Set<Listener>(),
      };
      const emit = (type: keyof typeof on, event: Parameters<Listener>[0]): void => {
        for (const listener of [...on[type]]) {
          listener(event);
        }
      };
      let readyState = 0;
      const client: End = {
        process,
        isOpen: true,
        coming: [],
        isPumping: false,
        onFrame: (data) => emit('message', {data}),
        onClose: (code, reason) => {
          readyState = 3;
          emit('close', {code, reason});
        },
      };
      let connection: Connection | undefined;
      const fail = (): void => {
        if (process.isAlive && client.isOpen) {
          emit('error', {reason: 'refused'});
          close(client, LOST, 'refused');
        }
      };
      world.after(world.delay(MIN_DELAY_MS, MAX_DELAY_MS), () => {
        const server = listening.get(address);
        const isThere = server?.isListening && server.process.isAlive;
        if (
          !isThere ||
          !client.isOpen ||
          partitioned.has(process.name) ||
          partitioned.has(server.process.name)
        ) {
          world.after(world.delay(0, MAX_DELAY_MS), fail);
          return;
        }
        const end: End = {
          process: server.process,
          isOpen: true,
          coming: [],
          isPumping: false,
          onFrame: () => undefined,
          onClose: () => undefined,
        };
        connection = {ends: [client, end]};
        connections.add(connection);
        send(connection, client, () => {
          if (readyState === 0) {
            readyState = 1;
            emit('open', {});
          }
        });
        accept(server, connection, path);
      });
      return {
        get readyState() {
          return readyState;
        },
        url: `ws://server-${address}${path}`,
        send: (text) => {
          if (
            connection !== undefined &&
            connections.has(connection) &&
            process.isAlive &&
            readyState === 1
          ) {
            const [, end] = connection.ends;
            send(connection, end, () => end.isOpen && end.onFrame(text));
          }
        },
        close: (code = 1000, reason = '') => {
          if (readyState < 2 && process.isAlive) {
            readyState = 2;
            if (connection === undefined) {
              world.after(0, fail);
            } else if (connections.has(connection)) {
              say(connection, client, connection.ends[1], code, reason);
            }
          }
        },
        addEventListener: (type, listener) => on[type].add(listener),
        removeEventListener: (type, listener) => on[type].delete(listener),
      };
    },

    partition: (name) => {
      partitioned.add(name);
    },
    heal: (name) => {
      name === undefined ? partitioned.clear() : partitioned.delete(name);
      for (const connection of connections) {
        for (const end of connection.ends) {
          pump(connection, end);
        }
      }
    },
    cut: (name) => {
      for (const connection of connections) {
        connection.ends.some(({process}) => process.name === name) && lose(connection);
      }
    },
    kill: (process) => {
      for (const connection of connections) {
        const [client, server] = connection.ends;
        const other = client.process === process ? server : server.process === process ? client : undefined;
        if (other !== undefined) {
          send(connection, other, () => {
            connections.delete(connection);
            close(other, LOST, 'lost');
          });
        }
      }
    },
  };
};
