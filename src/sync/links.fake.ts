// Clients of a server without sockets: frames go from one to the other some microtasks later, in order. One is rude, and says whatever a
// test wants; the other is a WebSocket to whoever uses it.

import type {Id} from '../base/content.ts';
import {getUniqueId} from '../base/ids.ts';
import type {ServerConnection} from './server-connection.ts';
import type {SyncServer} from './sync-server.ts';
import type {WebSocketLike} from './web-socket.ts';

interface LinkOptions {
  readonly clientId?: Id;
  /** Whether it speaks the subprotocol `tinybase`. */
  readonly isShared?: boolean;
  /** What waits to be sent to it: it does not read. */
  bufferedBytes?(): number;
}

export interface RudeClient {
  readonly id: Id;
  /** What it was told. */
  readonly heard: string[];
  closedWith(): number | undefined;
  closedReason(): string | undefined;
  isTerminated(): boolean;
  say(frame: string, bytes?: number): void;
  /** Takes everything that it has said in, as far as that goes. */
  settle(): Promise<void>;
  leave(): void;
}

/** Connects a client that says what it is told to. */
export const connectRude = (
  server: SyncServer,
  url: string,
  {clientId = getUniqueId(), isShared = false, bufferedBytes = () => 0}: LinkOptions = {},
): RudeClient => {
  const heard: string[] = [];
  let closed: readonly [number, string] | undefined;
  let isTerminated = false;
  const connection: ServerConnection = server.connect(
    {
      bufferedBytes,
      send: (text) => void heard.push(text),
      close: (code, reason) => {
        closed ??= [code, reason];
      },
      terminate: () => {
        isTerminated = true;
      },
    },
    {url, headers: {}},
    {clientId, isShared},
  );
  return {
    id: connection.clientId,
    heard,
    closedWith: () => closed?.[0],
    closedReason: () => closed?.[1],
    isTerminated: () => isTerminated,
    say: (frame, bytes = frame.length) => connection.receive(frame, bytes),
    settle: async () => {
      await connection.whenIdle();
      await new Promise((resolve) => setImmediate(resolve));
    },
    leave: () => connection.end(),
  };
};

/** A WebSocket whose other end is a server in this process. */
export const connectSocket = (server: SyncServer, url: string, options: LinkOptions = {}): WebSocketLike => {
  const listeners = new Map<string, Set<(event: unknown) => void>>();
  const emit = (type: string, event: unknown): void => {
    for (const listener of [...(listeners.get(type) ?? [])]) {
      listener(event);
    }
  };
  const state = {readyState: 1};
  const later = (work: () => void): void => queueMicrotask(() => queueMicrotask(work));
  const close = (code: number, reason: string): void => {
    if (state.readyState === 1) {
      state.readyState = 3;
      later(() => {
        connection.end();
        emit('close', {code, reason});
      });
    }
  };
  const connection = server.connect(
    {
      bufferedBytes: options.bufferedBytes ?? (() => 0),
      send: (text) => later(() => state.readyState === 1 && emit('message', {data: text})),
      close,
      terminate: () => close(1006, ''),
    },
    {url, headers: {}},
    {clientId: options.clientId ?? getUniqueId(), isShared: options.isShared ?? false},
  );
  return Object.assign(state, {
    url,
    send: (text: string) => later(() => connection.receive(text, text.length)),
    close: (code = 1000, reason = '') => close(code, reason),
    addEventListener: (type: string, listener: (event: unknown) => void) => {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    },
    removeEventListener: (type: string, listener: (event: unknown) => void) => {
      listeners.get(type)?.delete(listener);
    },
  });
};
