// Shares a socket between several stores, a channel each: says hello, subscribes, and hands each channel its frames. Knows nothing of
// what the frames say.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import {CONNECTING, OPEN, type WebSocketLike, whenOpen} from './web-socket.ts';
import {splitLine} from './wire.ts';

export const CONTROL_MESSAGE = -1;
export const HELLO = 0;
export const SUBSCRIBE = 1;
export const UNSUBSCRIBE = 2;
/** Not of TinyBase's: what a client says of itself. */
export const PRESENCE = 3;
const MAX_CHANNELS = 100;
export const MAX_CHANNEL_BYTES = 1_024;

/** Whether a text is to or from the server itself, and of no store. */
export const isControl = (text: string): boolean => /^\[(?:"[^"\\]{0,256}"|null),-1,/.test(text);

interface Channel {
  readonly onFrame: (frame: string) => void;
  /** Told when the socket has connected again, and the channel is joined again. */
  readonly onAgain: () => void;
}

interface SharedSocket {
  readonly channels: Map<Id, Channel>;
  /** Tells the server of something, and waits until it says the same. */
  tell(kind: number, argument: unknown, timeoutSeconds: number): Promise<void>;
  readonly hello: Promise<void>;
}

const sharedSockets = new WeakMap<WebSocketLike, SharedSocket>();

const shareSocket = (socket: WebSocketLike, timeoutSeconds: number, ports: Ports): SharedSocket => {
  const known = sharedSockets.get(socket);
  if (known) {
    return known;
  }
  const channels: SharedSocket['channels'] = new Map();
  const waiting = new Map<Id, () => void>();
  socket.addEventListener('message', ({data}) => {
    // What has another form, a server has not said.
    const [, kind, rest = ''] = /^([MS])\n(.*)$/s.exec(String(data)) ?? [];
    if (kind === 'M' && rest.includes('\n')) {
      const [channelId, inner] = splitLine(rest);
      channels.get(channelId)?.onFrame(inner);
    } else if (kind === 'S') {
      const [, id] = /^\["([^"\\]*)",-1,/.exec(rest) ?? [];
      id === undefined || waiting.get(id)?.();
    }
  });
  const tell = (kind: number, argument: unknown, seconds: number): Promise<void> => {
    const id = ports.uniqueId();
    return new Promise((resolve, reject) => {
      const timer = ports.setTimer(() => {
        waiting.delete(id);
        reject(new HoldfastError('sync/timeout', 'The server does not share sockets between channels'));
      }, seconds * 1_000);
      waiting.set(id, () => {
        waiting.delete(id);
        ports.clearTimer(timer);
        resolve();
      });
      socket.send(`S\n${JSON.stringify([id, CONTROL_MESSAGE, [kind, argument]])}`);
    });
  };
  const isWaitedFor = socket.readyState !== OPEN && !socket.isReconnecting;
  let wasOpen = !isWaitedFor;
  const shared: SharedSocket = {
    channels,
    tell,
    hello:
      socket.readyState !== OPEN && !isWaitedFor
        ? Promise.resolve()
        : whenOpen(socket).then(() => tell(HELLO, 1, timeoutSeconds)),
  };
  sharedSockets.set(socket, shared);
  const subscribeAgain = async (): Promise<void> => {
    await tell(HELLO, 1, timeoutSeconds);
    for (const [channelId, {onAgain}] of channels) {
      await tell(SUBSCRIBE, channelId, timeoutSeconds);
      onAgain();
    }
  };
  // A socket that connects again is a new one to the server; one that then gets no answer is closed, to connect once more.
  socket.addEventListener('open', () => {
    wasOpen && subscribeAgain().catch(() => socket.close());
    wasOpen = true;
  });
  return shared;
};

/**
 * Joins a channel of a socket; resolves with how to send on it, and how to leave. A socket that reconnects, and is not open, is not
 * waited for: the channel is told when it is joined.
 */
export const joinChannel = async (
  socket: WebSocketLike,
  channelId: Id,
  channel: Channel,
  timeoutSeconds: number,
  ports: Ports,
): Promise<{send(frame: string): void; leave(): {readonly isLast: boolean}}> => {
  if (new TextEncoder().encode(channelId).length > MAX_CHANNEL_BYTES || channelId.includes('\n')) {
    throw new HoldfastError(
      'argument/invalid',
      `The id of a channel has one line of at most ${MAX_CHANNEL_BYTES} bytes`,
    );
  }
  const shared = shareSocket(socket, timeoutSeconds, ports);
  if (shared.channels.size >= MAX_CHANNELS || shared.channels.has(channelId)) {
    throw new HoldfastError(
      'argument/invalid',
      shared.channels.has(channelId)
        ? `Channel "${channelId}" of this socket is in use already`
        : `A socket has at most ${MAX_CHANNELS} channels`,
    );
  }
  shared.channels.set(channelId, channel);
  try {
    await shared.hello;
    if (socket.readyState === OPEN || !socket.isReconnecting) {
      await shared.tell(SUBSCRIBE, channelId, timeoutSeconds);
    }
  } catch (error) {
    shared.channels.delete(channelId);
    throw error;
  }
  return {
    send: (frame) => socket.send(`M\n${channelId}\n${frame}`),
    leave: () => {
      shared.channels.delete(channelId);
      if (socket.readyState > CONNECTING && socket.readyState < 2) {
        socket.send(`S\n${JSON.stringify([null, CONTROL_MESSAGE, [UNSUBSCRIBE, channelId]])}`);
      }
      return {isLast: shared.channels.size === 0};
    },
  };
};

declare const TextEncoder: new () => {encode(text: string): Uint8Array};
