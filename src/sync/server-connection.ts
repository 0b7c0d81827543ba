// One client's socket at the server: which paths it is on, and what it may say. Whoever says what cannot be read loses the connection;
// nobody else notices. Knows nothing of what becomes of a text.

import type {Id} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import {Message} from './messages.ts';
import {SERVER_ID} from './room.ts';
import {
  CONTROL_MESSAGE,
  HELLO,
  MAX_CHANNEL_BYTES,
  MAX_CHANNELS,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from './socket-channels.ts';
import {malformed, REFUSAL_ID, splitLine} from './wire.ts';
import type {Access} from './ws-server.ts';

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

/** The request by which a client came. */
export interface UpgradeRequest {
  readonly url?: string | undefined;
  readonly headers: {readonly [name: string]: string | string[] | undefined};
}

export interface ConnectionContext {
  readonly clientId: Id;
  readonly limits: {
    readonly authorize: (request: UpgradeRequest, pathId: Id) => Access | Promise<Access>;
    readonly maxMessageBytes: number;
    readonly maxBufferedBytes: number;
  };
  /** Whether there is room. */
  join(pathId: Id, clientId: Id, hear: (fromId: Id, text: string) => void): boolean;
  leave(pathId: Id, clientId: Id): void;
  route(pathId: Id, toId: Id, text: string): void;
  onIgnoredError(error: unknown): void;
  onEnd(): void;
}

export interface ServerConnection {
  /** Resolves once the client is on no path any more. */
  readonly ended: Promise<void>;
  /** Ends it because of what was said. */
  refuse(error: unknown): void;
}

/** Codes of closing; https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const INVALID = 1007;
const NOT_ALLOWED = 1008;
const TOO_BIG = 1009;
const TRY_LATER = 1013;

// An answer to nothing that was asked, which clients of TinyBase's do not mind.
const REFUSAL_TEXT = JSON.stringify([REFUSAL_ID, Message.Response, [0, 0]]);

export const createServerConnection = (
  socket: ServerSocket,
  request: UpgradeRequest,
  {clientId, limits, join, leave, route, onIgnoredError, onEnd}: ConnectionContext,
): ServerConnection => {
  const basePath = pathOf(request);
  // By channel; of a socket that is not shared, the one of no name.
  const joined = new Map<Id | undefined, {readonly pathId: Id; readonly access: Access}>();
  let isOpen = true;
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  // Frames are handled in the order in which they came, though permission takes its time.
  let earlier: Promise<void> = Promise.resolve();

  const close = (code: number, reason: string): void => {
    end();
    socket.close(code, reason.slice(0, 100));
  };

  const end = (): void => {
    if (isOpen) {
      isOpen = false;
      for (const {pathId} of joined.values()) {
        leave(pathId, clientId);
      }
      joined.clear();
      resolveEnded();
      onEnd();
    }
  };

  const refuse = (error: unknown): void => {
    onIgnoredError(error);
    const isOverload = isHoldfastError(error, 'sync/overloaded');
    close(isOverload ? TRY_LATER : INVALID, error instanceof Error ? error.message : 'it cannot be read');
  };

  const send = (text: string): void => {
    if (!isOpen) {
      return;
    }
    if (socket.bufferedAmount > limits.maxBufferedBytes) {
      // It does not read: what it missed, it finds by hashes when it is back.
      end();
      socket.terminate();
      return;
    }
    socket.send(text);
  };

  const enter = async (channelId: Id | undefined): Promise<boolean> => {
    const pathId = channelId === undefined ? basePath : `${basePath}/${channelId}`;
    const access = await limits.authorize(request, pathId);
    if (!isOpen) {
      return false;
    }
    if (access !== 'read' && access !== 'read-write') {
      close(NOT_ALLOWED, `no access to "${pathId}"`);
      return false;
    }
    const prefix = channelId === undefined ? '' : `M\n${channelId}\n`;
    if (!join(pathId, clientId, (fromId, text) => send(`${prefix}${fromId}\n${text}`))) {
      close(TRY_LATER, `no room on "${pathId}"`);
      return false;
    }
    joined.set(channelId, {pathId, access});
    return true;
  };

  const say = (channelId: Id | undefined, frame: string): void => {
    const at = joined.get(channelId);
    if (at === undefined) {
      throw malformed(`channel "${channelId}" was not subscribed to`);
    }
    const [toId, text] = splitLine(frame);
    if (at.access === 'read' && !mayReaderSay(text)) {
      send(`${channelId === undefined ? '' : `M\n${channelId}\n`}${SERVER_ID}\n${REFUSAL_TEXT}`);
      return;
    }
    route(at.pathId, toId, text);
  };

  const control = async (text: string): Promise<void> => {
    const parsed: unknown = JSON.parse(text);
    const [, message, body] = Array.isArray(parsed) ? parsed : [];
    const [kind, channelId] = Array.isArray(body) ? body : [];
    if (message !== CONTROL_MESSAGE || ![HELLO, SUBSCRIBE, UNSUBSCRIBE].includes(kind)) {
      throw malformed('the server does not know it');
    }
    if (kind !== HELLO && !isChannelId(channelId)) {
      throw malformed('it names no channel');
    }
    if (kind === SUBSCRIBE) {
      if (joined.size >= MAX_CHANNELS || joined.has(channelId)) {
        throw malformed('the channel is in use, or there are too many');
      }
      if (!(await enter(channelId))) {
        return;
      }
    } else if (kind === UNSUBSCRIBE) {
      const left = joined.get(channelId);
      joined.delete(channelId);
      left === undefined || leave(left.pathId, clientId);
    }
    kind === UNSUBSCRIBE || send(`S\n${text}`);
  };

  const handle = async (frame: string): Promise<void> => {
    if (!isOpen) {
      return;
    }
    const [kind, rest] = splitLine(frame);
    if (kind === 'S' && isControl(rest)) {
      await control(rest);
    } else if (kind === 'M') {
      const [channelId, inner] = splitLine(rest);
      say(channelId, inner);
    } else {
      // A socket that could be shared, and is not.
      if (!joined.has(undefined) && !(await enter(undefined))) {
        return;
      }
      say(undefined, frame);
    }
  };

  const inOrder = (work: () => Promise<void>): void => {
    earlier = earlier.then(work).catch(refuse);
  };

  socket.on('message', (data, isBinary) => {
    const frame = String(data);
    if (isBinary) {
      refuse(malformed('it is not text'));
    } else if (frame.length > limits.maxMessageBytes) {
      close(TOO_BIG, 'the message is too long');
    } else {
      inOrder(() => handle(frame));
    }
  });
  socket.on('close', end);
  socket.on('error', onIgnoredError);
  if (socket.protocol !== 'tinybase') {
    inOrder(async () => {
      await enter(undefined);
    });
  }
  return {ended, refuse};
};

/** The path of a request's URL, without slashes at its ends and without a query. */
const pathOf = ({url = ''}: UpgradeRequest): Id => {
  const path = url.replace(/[?#].*$/s, '').replace(/^\/+|\/+$/g, '');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
};

const isChannelId = (id: unknown): id is Id =>
  typeof id === 'string' && id.length > 0 && id.length <= MAX_CHANNEL_BYTES && !id.includes('\n');

const isControl = (text: string): boolean => /^\[("[^"]*"|null),-1,/.test(text);

// Readers ask, and answer only what they have themselves: nobody is to take that from them.
const mayReaderSay = (text: string): boolean => {
  const [, message] = /^\[(?:"[^"]*"|null),(\d)/.exec(text) ?? [];
  return message !== undefined && Number(message) !== Message.Response && ![2, 3].includes(Number(message));
};
