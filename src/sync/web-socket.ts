// The part of a WebSocket that is called: those of browsers, of `ws`, and of whatever reconnects by itself. Knows no platform.

import {HoldfastError} from '../base/errors.ts';

export interface WebSocketLike {
  readonly readyState: number;
  readonly url?: string;
  /** Whether it connects by itself, again and again, so that nobody need wait until it is open. */
  readonly isReconnecting?: boolean;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: SocketListener): void;
  removeEventListener(type: 'open' | 'message' | 'close' | 'error', listener: SocketListener): void;
}

// biome-ignore lint/suspicious/noExplicitAny: each platform has events of its own.
type SocketListener = (event: any) => void;

export const CONNECTING = 0;
export const OPEN = 1;

/** Resolves once the socket is open; rejects where it closes before. */
export const whenOpen = (socket: WebSocketLike): Promise<void> =>
  socket.readyState === OPEN
    ? Promise.resolve()
    : new Promise((resolve, reject) => {
        const stop = (): void => {
          socket.removeEventListener('open', onOpen);
          socket.removeEventListener('close', onEnd);
          socket.removeEventListener('error', onEnd);
        };
        const onOpen = (): void => {
          stop();
          resolve();
        };
        const onEnd = (event: {readonly message?: unknown; readonly reason?: unknown}): void => {
          stop();
          const why = event?.message ?? event?.reason;
          reject(
            new HoldfastError('sync/closed', `The WebSocket did not open${why ? `: ${String(why)}` : ''}`),
          );
        };
        socket.addEventListener('open', onOpen);
        socket.addEventListener('close', onEnd);
        socket.addEventListener('error', onEnd);
        socket.readyState > OPEN && onEnd({reason: 'it is closed already'});
      });
