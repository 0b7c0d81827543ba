// A WebSocket that connects again when it is cut off, later and later, never all clients at the same moment. Knows nothing of what is said
// over it: whoever uses it hears `open` each time, and says again what has to be said.
//
//   connecting ──open──▶ open ──close──▶ waiting ──back-off──▶ connecting
//        └──────── error, or no answer in time ──▲      close() ends it from anywhere

import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {checkOptions} from '../storage/options.ts';
import {CONNECTING, OPEN, type WebSocketLike} from './web-socket.ts';

type EventType = 'open' | 'message' | 'close' | 'error';
// biome-ignore lint/suspicious/noExplicitAny: each platform has events of its own.
type Listener = (event: any) => void;
type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface ReconnectingWebSocketOptions {
  /** Subprotocols; `tinybase` where several stores are to share the socket. */
  readonly protocols?: string | string[];
  /** The class of sockets; default the host's `WebSocket`. */
  readonly WebSocket?: WebSocketClass;
  /** Milliseconds before the first attempt to connect again; twice as many before each that follows. Default 250. */
  readonly minDelayMs?: number;
  /** The most that it waits, in milliseconds; default 30,000. */
  readonly maxDelayMs?: number;
  /** Milliseconds after which an attempt that is not answered is given up; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Asked after each close whether to go on: `({code}) => code !== 1008`. Default: always. */
  readonly shouldReconnect?: (event: {readonly code?: number; readonly reason?: unknown}) => boolean;
  /** Clock, timers and chance, for tests. */
  readonly ports?: Ports;
}

export interface ReconnectingWebSocket extends WebSocketLike {
  readonly isReconnecting: true;
  /** As of the socket that there is now: 0 while it waits, too; 3 once it was closed by its owner. */
  readonly readyState: number;
  readonly url: string;
  /** Attempts since it was last open. */
  getFailureCount(): number;
  /** Connects now, where it waits: the device is back online, the token was renewed. */
  reconnect(): void;
}

const CLOSED = 3;
/** A connection that lasts so long was a good one: the next waits begin anew. */
const GOOD_MS = 5_000;

/**
 * Creates a socket that reconnects until `close()` is called on it. Give it to `createWsSynchronizer`, which then resumes by hashes: only what
 * differs travels. The browser's `online` event makes it try at once.
 *
 * @param url Where to; a function is asked at each attempt, so that it may carry a fresh token.
 */
export const createReconnectingWebSocket = (
  url: string | (() => string | Promise<string>),
  options: ReconnectingWebSocketOptions = {},
): ReconnectingWebSocket => {
  checkOptions("a reconnecting WebSocket's options", options, {
    protocols: ['string', 'array'],
    WebSocket: ['function'],
    minDelayMs: ['number'],
    maxDelayMs: ['number'],
    connectTimeoutMs: ['number'],
    shouldReconnect: ['function'],
    ports: ['object'],
  });
  const {
    protocols,
    WebSocket: SocketClass = host.WebSocket,
    minDelayMs = 250,
    maxDelayMs = 30_000,
    connectTimeoutMs = 10_000,
    shouldReconnect = () => true,
    ports = hostPorts,
  } = options;
  if (SocketClass === undefined) {
    throw new HoldfastError(
      'argument/invalid',
      'This host has no WebSocket: give one as the option `WebSocket`, as the package ws has it',
    );
  }
  const listeners: {readonly [type in EventType]: Set<Listener>} = {
    open: new Set(),
    message: new Set(),
    close: new Set(),
    error: new Set(),
  };
  let socket: WebSocketLike | undefined;
  let currentUrl = typeof url === 'string' ? url : '';
  let failureCount = 0;
  let openedMs: number | undefined;
  let timer: unknown;
  let isClosed = false;
  // Attempts are numbered: what an earlier one still says is not heard.
  let attempt = 0;

  const emit = (type: EventType, event: unknown): void => {
    for (const listener of [...listeners[type]]) {
      listener(event);
    }
  };

  const after = (delayMs: number, work: () => void): void => {
    ports.clearTimer(timer);
    timer = ports.setTimer(work, delayMs);
  };

  const tryAgain = (): void => {
    if (openedMs !== undefined && ports.now() - openedMs >= GOOD_MS) {
      failureCount = 0;
    }
    openedMs = undefined;
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failureCount++, 30));
    after(delayMs * (0.5 + ports.random() / 2), connect);
  };

  const finish = (event: unknown): void => {
    isClosed = true;
    ports.clearTimer(timer);
    host.removeEventListener?.('online', reconnect);
    emit('close', event);
  };

  const onEnd = (own: number, event: {readonly code?: number; readonly reason?: unknown}): void => {
    if (own !== attempt || isClosed) {
      return;
    }
    attempt++;
    socket = undefined;
    if (!shouldReconnect(event)) {
      finish(event);
      return;
    }
    // Nobody is told of an attempt that failed: for them, it never was open.
    openedMs === undefined || emit('close', event);
    isClosed || tryAgain();
  };

  const open = (): void => {
    const own = ++attempt;
    const next =
      protocols === undefined ? new SocketClass(currentUrl) : new SocketClass(currentUrl, protocols);
    socket = next;
    next.addEventListener('open', (event) => {
      if (own === attempt) {
        ports.clearTimer(timer);
        openedMs = ports.now();
        emit('open', event);
      }
    });
    next.addEventListener('message', (event) => own === attempt && emit('message', event));
    next.addEventListener('close', (event) => onEnd(own, event));
    // A close follows.
    next.addEventListener(
      'error',
      (event) => own === attempt && openedMs !== undefined && emit('error', event),
    );
    after(connectTimeoutMs, () => {
      onEnd(own, {code: 1006, reason: 'no answer in time'});
      next.close();
    });
  };

  const connect = (): void => {
    const own = ++attempt;
    Promise.resolve(typeof url === 'function' ? url() : url)
      .then((now) => {
        if (own === attempt && !isClosed) {
          currentUrl = now;
          open();
        }
      })
      .catch((error) => {
        ports.warn('A WebSocket could not be made; it is tried again', error);
        onEnd(attempt, {code: 1006, reason: String(error)});
      });
  };

  const reconnect = (): void => {
    if (!isClosed && socket === undefined) {
      failureCount = 0;
      ports.clearTimer(timer);
      connect();
    }
  };

  host.addEventListener?.('online', reconnect);
  connect();

  return {
    isReconnecting: true,
    get readyState() {
      return isClosed
        ? CLOSED
        : openedMs !== undefined && socket !== undefined
          ? socket.readyState
          : CONNECTING;
    },
    get url() {
      return currentUrl;
    },
    send: (text) => {
      if (socket?.readyState !== OPEN) {
        throw new HoldfastError('sync/closed', 'The WebSocket is not open');
      }
      socket.send(text);
    },
    close: (code, reason) => {
      if (!isClosed) {
        const last = socket;
        attempt++;
        socket = undefined;
        finish({code: code ?? 1000, reason: reason ?? ''});
        last?.close(code, reason);
      }
    },
    addEventListener: (type, listener) => void listeners[type].add(listener),
    removeEventListener: (type, listener) => void listeners[type].delete(listener),
    getFailureCount: () => failureCount,
    reconnect,
  };
};

const host = globalThis as unknown as {
  readonly WebSocket?: WebSocketClass;
  addEventListener?(type: 'online', listener: () => void): void;
  removeEventListener?(type: 'online', listener: () => void): void;
};
