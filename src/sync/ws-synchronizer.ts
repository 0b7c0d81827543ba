// Keeps a mergeable store in step with others over a WebSocket to a server. The path of the socket's URL is the room; a channel, where
// several stores share the socket, is a path below it. A socket that connects again by itself goes on where it was.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {Message, type Receive, type Send} from './messages.ts';
import {SERVER_ID} from './room.ts';
import {isControl, joinChannel} from './socket-channels.ts';
import {createSynchronizer} from './synchronizer.ts';
import type {Synchronizer} from './synchronizer-contract.ts';
import {OPEN, type WebSocketLike, whenOpen} from './web-socket.ts';
import {
  createAssembler,
  decodeMessage,
  encodeMessage,
  NOT_STORED_ID,
  REFUSAL_ID,
  splitLine,
  toFrames,
} from './wire.ts';

export interface WsSynchronizer<WebSocketType> extends Synchronizer {
  getWebSocket(): WebSocketType;
}

type Handlers = [
  onSend?: Send,
  onReceive?: Receive,
  onIgnoredError?: (error: unknown) => void,
  fragmentSize?: number,
  ports?: Ports,
];

/** What a server closes with who is not welcome: unreadable, not allowed, too long, too much. */
const REFUSALS: readonly number[] = [1007, 1008, 1009, 1013];
/** Requests of others that are remembered until they are answered. */
const MAX_ASKED = 1_000;

/** What a server says to whom nobody has asked. */
const NOTICES = {
  [REFUSAL_ID]: () =>
    new HoldfastError('sync/refused', 'The server takes no changes from this client: it may only read'),
  [NOT_STORED_ID]: () =>
    new HoldfastError(
      'sync/not-stored',
      'The server cannot store anything at present: clients hear of one another, and it catches up once it can',
    ),
};

interface CreateWsSynchronizer {
  /**
   * Resolves once the socket is open; at once, where the socket reconnects by itself. The synchronizer owns the socket, and closes it when it is destroyed.
   *
   * `onIgnoredError` is told of what is not the store's concern: `sync/timeout` where nobody answered; `sync/refused` where the server takes
   * nothing from this client; `sync/not-stored` where the server's database is down; `sync/clock-ahead` where this device's clock is wrong.
   *
   * @param requestTimeoutSeconds How long to wait for an answer; default 1.
   * @param fragmentSize Messages longer than so many characters are sent in pieces.
   * @param ports Timers and ids, for a simulation; default the host's.
   */
  <WebSocketType extends WebSocketLike>(
    store: MergeableStore,
    webSocket: WebSocketType,
    requestTimeoutSeconds?: number,
    ...handlers: Handlers
  ): Promise<WsSynchronizer<WebSocketType>>;
  /** As one of several stores that share the socket, whose subprotocol is `tinybase`; the last that is destroyed closes it. */
  <WebSocketType extends WebSocketLike>(
    store: MergeableStore,
    webSocket: WebSocketType,
    channelId: Id,
    requestTimeoutSeconds?: number,
    ...handlers: Handlers
  ): Promise<WsSynchronizer<WebSocketType>>;
}

export const createWsSynchronizer: CreateWsSynchronizer = async <WebSocketType extends WebSocketLike>(
  store: MergeableStore,
  webSocket: WebSocketType,
  ...rest: unknown[]
): Promise<WsSynchronizer<WebSocketType>> => {
  const channelId = typeof rest[0] === 'string' ? (rest.shift() as Id) : undefined;
  const [requestTimeoutSeconds = 1, onSend, onReceive, onIgnoredError, fragmentSize, ports = hostPorts] =
    rest as [number | undefined, ...Handlers];
  const assembler = createAssembler();
  // What requests of others want, until they are answered.
  const asked = new Map<Id, Message>();
  let receive: Receive = () => undefined;
  let fail: (error: Error) => void = () => undefined;

  const onFrame = (frame: string): void => {
    try {
      const [from, rest] = splitLine(frame);
      if (from === SERVER_ID && isControl(rest)) {
        return;
      }
      const text = assembler.add(from, rest);
      if (text !== undefined) {
        const {requestId, message, body} = decodeMessage(text);
        if (requestId !== null && message >= Message.GetTableDiff) {
          asked.set(requestId, message);
          asked.size > MAX_ASKED && asked.delete(asked.keys().next().value as Id);
        }
        if (from === SERVER_ID && requestId !== null && Object.hasOwn(NOTICES, requestId)) {
          throw NOTICES[requestId as keyof typeof NOTICES]();
        }
        receive(from, requestId, message, body);
      }
    } catch (error) {
      onIgnoredError?.(error);
    }
  };
  const onMessage = ({data}: {readonly data?: unknown}): void => onFrame(String(data));

  const channel =
    channelId === undefined
      ? undefined
      : await joinChannel(
          webSocket,
          channelId,
          {onFrame, onAgain: () => resume()},
          requestTimeoutSeconds,
          ports,
        );
  if (channel === undefined) {
    webSocket.addEventListener('message', onMessage);
    if (!webSocket.isReconnecting) {
      await whenOpen(webSocket);
    }
  }

  const onClose = ({code, reason}: {readonly code?: number; readonly reason?: unknown}): void => {
    fail(new HoldfastError('sync/closed', 'The WebSocket was closed before an answer came'));
    if (code !== undefined && REFUSALS.includes(code)) {
      onIgnoredError?.(
        new HoldfastError('sync/refused', `The server closed the WebSocket: ${String(reason)}`, {code}),
      );
    }
  };
  // What changed while nobody was there is found by hashes.
  const resume = (): void => {
    synchronizer.isAutoLoading() && void synchronizer.load();
    synchronizer.isAutoSaving() && void synchronizer.save();
  };

  const synchronizer = createSynchronizer(
    store,
    {
      send: (to, requestId, message, body) => {
        const answered = requestId === null ? undefined : asked.get(requestId);
        message === Message.Response && requestId !== null && asked.delete(requestId);
        // Once it connects again, hashes tell of what was not sent.
        if (webSocket.readyState !== OPEN) {
          throw new HoldfastError('sync/closed', 'The WebSocket is not open');
        }
        const text = encodeMessage({requestId, message, body}, answered);
        for (const frame of toFrames(to ?? '', text, fragmentSize)) {
          channel === undefined ? webSocket.send(frame) : channel.send(frame);
        }
      },
      registerReceive: (toReceive, toFail) => {
        receive = toReceive;
        fail = toFail;
      },
      destroy: () => {
        webSocket.removeEventListener('message', onMessage);
        webSocket.removeEventListener('close', onClose);
        webSocket.removeEventListener('open', resume);
        if (channel === undefined || channel.leave().isLast) {
          webSocket.close();
        }
      },
      requestTimeoutSeconds,
      onSend,
      onReceive,
      onIgnoredError,
      ports,
      isTerse: true,
    },
    {getWebSocket: () => webSocket},
  );
  webSocket.addEventListener('close', onClose);
  channel === undefined && webSocket.addEventListener('open', resume);
  return synchronizer;
};
