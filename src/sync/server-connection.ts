// One client's connection to a server: which paths it is on, and what it may say. Whoever says what cannot be read, or too much, loses the
// connection; nobody else notices. Knows nothing of how frames travel, and of what becomes of a message.

import type {Id, IdOrNull} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import {byteLength} from '../storage/byte-length.ts';
import {readEnvelope, requireShallow} from './envelope.ts';
import {Message} from './messages.ts';
import {createRateLimit} from './rate-limit.ts';
import {SERVER_ID} from './room.ts';
import type {RefusalReason} from './server-metrics.ts';
import type {Access, ServerLimits, UpgradeRequest} from './server-options.ts';
import type {PresenceHearer, PresenceState} from './server-presence.ts';
import {
  CONTROL_MESSAGE,
  HELLO,
  isControl,
  MAX_CHANNEL_BYTES,
  PRESENCE,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from './socket-channels.ts';
import {createAssembler, malformed, noticeOf, REFUSAL_ID, splitLine} from './wire.ts';

/** How frames travel to a client: a WebSocket of whatever platform. */
export interface ClientLink {
  /** Bytes that wait to be sent. */
  bufferedBytes(): number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Ends it without a word. */
  terminate(): void;
}

/** What the server does for its connections. */
export interface ConnectionContext {
  readonly clientId: Id;
  readonly limits: ServerLimits;
  /** Whether clients share sockets between channels: then a client is on no path before it says which. */
  readonly isShared: boolean;
  /** What it may do, where that was found out before it came back. */
  readonly access: Access | undefined;
  /** Told when it is on a path. */
  onEnter(access: Access): void;
  /** Why there is no room, or nothing. */
  join(pathId: Id, hear: (fromId: Id, texts: readonly string[]) => void): string | undefined;
  leave(pathId: Id): void;
  /** Takes a message, in pieces of so many characters if it came in pieces; throws what cannot be read. */
  take(pathId: Id, toId: Id, text: string, pieceLength: number | undefined): void;
  /** What it said of itself before it came back, if it did. */
  readonly presence: {readonly state: PresenceState} | undefined;
  /** Says what others say of themselves, and begins to tell of it. */
  setPresence(pathId: Id, state: PresenceState, hear: PresenceHearer): void;
  /** The same of what was said before: nobody is told anew. */
  restorePresence(pathId: Id, state: PresenceState, hear: PresenceHearer): void;
  onReceived(bytes: number): void;
  onSent(characters: number): void;
  /** So many bytes more, or fewer, that are not whole messages yet. */
  onHeld(bytes: number): void;
  /** So many bytes wait to be sent. */
  onBuffered(bytes: number): void;
  onReadOnlyRefused(): void;
  onRefused(reason: RefusalReason, code: number, error: unknown): void;
  onEnd(): void;
}

export interface ServerConnection {
  readonly clientId: Id;
  /** Takes a frame. */
  receive(frame: string, bytes: number): void;
  /** Ends it because of what it said. */
  refuse(error: unknown): void;
  close(reason: RefusalReason, code: number, text: string): void;
  /** Closes it for what it holds back; it may not hear of that for as long as it does not read. */
  drop(reason: RefusalReason, text: string): void;
  /** Told that the link is gone. */
  end(): void;
  terminate(): void;
  /** Bytes that are not whole messages yet, or wait for permission. */
  heldBytes(): number;
  bufferedBytes(): number;
  /** Resolves once everything that was said is taken. */
  whenIdle(): Promise<void>;
}

/** Codes of closing; https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and https://www.iana.org/assignments/websocket */
const INVALID = 1007;
const NOT_ALLOWED = 1008;
const TOO_BIG = 1009;
export const RESTARTING = 1012;
export const TRY_LATER = 1013;

/** How long a client that does not read has for the news that it is closed. */
const LAST_WORD_MS = 2_000;
const MAX_CLIENT_ID_LENGTH = 256;
/** What a frame that waits costs beside its bytes. */
const FRAME_BYTES = 64;
/** From here on it is looked at what all clients together have waiting. */
export const SLOW_BYTES = 256 * 1024;

export const createServerConnection = (
  link: ClientLink,
  request: UpgradeRequest,
  context: ConnectionContext,
): ServerConnection => {
  const {clientId, limits} = context;
  const {ports} = limits;
  const basePath = pathOf(request);
  // By channel; of a socket that is not shared, the one of no name.
  const joined = new Map<Id | undefined, {readonly pathId: Id; readonly access: Access}>();
  const assembler = createAssembler({
    maxMessageLength: limits.maxMessageBytes,
    maxOpenLength: limits.maxHeldBytes,
  });
  const messages = createRateLimit(limits.maxMessagesPerSecond, limits.rateBurstSeconds, ports.now);
  const bytesSaid = createRateLimit(limits.maxBytesPerSecond, limits.rateBurstSeconds, ports.now);
  let isOpen = true;
  let isSlow = false;
  let longestPiece = 0;
  // Frames are handled in the order in which they came, though permission takes its time.
  let isBusy = false;
  let waiting: {readonly frame: string; readonly bytes: number}[] = [];
  let waitingFrom = 0;
  let waitingBytes = 0;
  let heldBytes = 0;
  let idle: (() => void)[] = [];

  const countHeld = (): void => {
    const now = waitingBytes + assembler.openLength();
    if (now !== heldBytes) {
      const change = now - heldBytes;
      heldBytes = now;
      context.onHeld(change);
    }
  };

  const end = (): void => {
    if (isOpen) {
      isOpen = false;
      for (const {pathId} of joined.values()) {
        context.leave(pathId);
      }
      joined.clear();
      waiting = [];
      waitingFrom = 0;
      waitingBytes = 0;
      assembler.forgetAll();
      countHeld();
      becomeIdle();
      context.onEnd();
    }
  };

  const becomeIdle = (): void => {
    const told = idle;
    idle = [];
    for (const resolve of told) {
      resolve();
    }
  };

  const close = (reason: RefusalReason, code: number, text: string, error?: unknown): void => {
    if (isOpen) {
      context.onRefused(reason, code, error);
      end();
      link.close(code, text.replace(/[^ -~]/g, '?').slice(0, 120));
    }
  };

  const refuse = (error: unknown): void => {
    const text = error instanceof Error ? error.message : 'it cannot be read';
    if (isHoldfastError(error, 'sync/overloaded')) {
      close('overloaded', TRY_LATER, text, error);
    } else if (isHoldfastError(error, 'sync/clock-ahead')) {
      close('clock-ahead', NOT_ALLOWED, text, error);
    } else {
      close('malformed', INVALID, text, error);
    }
  };

  const send = (text: string): void => {
    if (!isOpen) {
      return;
    }
    const buffered = link.bufferedBytes();
    if (buffered > limits.maxBufferedBytes) {
      drop('not-reading', 'too much waits to be read');
      return;
    }
    if (buffered > SLOW_BYTES || isSlow) {
      isSlow = buffered > SLOW_BYTES;
      context.onBuffered(buffered);
      if (!isOpen) {
        return;
      }
    }
    link.send(text);
    context.onSent(text.length);
  };

  // What it missed, it finds by hashes when it is back.
  const drop = (reason: RefusalReason, text: string): void => {
    close(reason, TRY_LATER, text);
    ports.setTimer(() => link.terminate(), LAST_WORD_MS, true);
  };

  const enter = async (channelId: Id | undefined): Promise<boolean> => {
    const pathId = channelId === undefined ? basePath : `${basePath}/${channelId}`;
    if (!isPathId(pathId, limits.maxPathIdBytes)) {
      close('not-allowed', NOT_ALLOWED, 'the path is too long, or has control characters');
      return false;
    }
    let access: Access = 'refused';
    let fault: unknown;
    try {
      access = context.access ?? (await limits.authorize(request, pathId));
    } catch (error) {
      fault = error;
    }
    if (!isOpen) {
      return false;
    }
    if (access !== 'read' && access !== 'read-write') {
      close('not-allowed', NOT_ALLOWED, `no access to "${pathId}"`, fault);
      return false;
    }
    const prefix = prefixOf(channelId);
    const hear = (fromId: Id, texts: readonly string[]): void => {
      for (const text of texts) {
        send(`${prefix}${fromId}\n${text}`);
      }
    };
    const refusal = context.join(pathId, hear);
    if (refusal !== undefined) {
      close('too-many', TRY_LATER, refusal);
      return false;
    }
    joined.set(channelId, {pathId, access});
    if (context.presence !== undefined) {
      context.restorePresence(pathId, context.presence.state, (states) =>
        tellPresence(channelId, clientId, states),
      );
    }
    context.onEnter(access);
    return true;
  };

  const say = (channelId: Id | undefined, frame: string): void => {
    const at = joined.get(channelId);
    if (at === undefined) {
      throw malformed('its channel was not subscribed to');
    }
    const [toId, text] = splitLine(frame);
    if (toId.length > MAX_CLIENT_ID_LENGTH) {
      throw malformed('it is to nobody');
    }
    // Messages in pieces are put together here: nobody else is to wait for pieces that never come.
    const whole = assembler.add(`${channelId ?? ''}\n${toId}`, text);
    const isInPieces = whole !== text;
    if (isInPieces) {
      longestPiece = Math.max(longestPiece, text.length);
      countHeld();
    }
    if (whole === undefined) {
      return;
    }
    const {requestId, message} = readEnvelope(whole);
    if (at.access === 'read' && !isQuestion(message)) {
      // Answers are its synchronizer's courtesy: nobody is to take them, and nobody need be told.
      if (message !== Message.Response) {
        context.onReadOnlyRefused();
        send(`${prefixOf(channelId)}${SERVER_ID}\n${noticeOf(REFUSAL_ID)}`);
      }
      return;
    }
    context.take(
      at.pathId,
      isNews(requestId, message) ? '' : toId,
      whole,
      isInPieces ? longestPiece : undefined,
    );
  };

  const tellPresence = (channelId: Id | undefined, ...told: unknown[]): void =>
    send(`S\n${JSON.stringify([null, CONTROL_MESSAGE, [PRESENCE, channelId ?? null, ...told]])}`);

  const sayPresent = (channelId: Id | undefined, state: PresenceState): void => {
    const at = joined.get(channelId);
    if (at === undefined) {
      // It may be on its way there.
      tellPresence(channelId, null);
      return;
    }
    tellPresence(channelId, clientId);
    context.setPresence(at.pathId, state, (states) => tellPresence(channelId, clientId, states));
  };

  const control = (text: string): void | Promise<void> => {
    requireShallow(text);
    const [kind, channelId, state = null] = parseControl(text);
    if (kind === PRESENCE) {
      if (channelId !== null && !isChannelId(channelId)) {
        throw malformed('it names no channel');
      }
      if (text.length > limits.maxPresenceBytes || byteLength(text) > limits.maxPresenceBytes) {
        throw malformed('its presence is too long');
      }
      sayPresent(channelId ?? undefined, state);
      return;
    }
    if (kind === HELLO) {
      send(`S\n${text}`);
      return;
    }
    if (!isChannelId(channelId)) {
      throw malformed('it names no channel');
    }
    if (kind === UNSUBSCRIBE) {
      const left = joined.get(channelId);
      joined.delete(channelId);
      left === undefined || context.leave(left.pathId);
      return;
    }
    if (joined.size >= limits.maxChannelsPerClient) {
      close('too-many', TRY_LATER, `a socket has at most ${limits.maxChannelsPerClient} channels`);
      return;
    }
    if (joined.has(channelId)) {
      throw malformed('it subscribes to a channel twice');
    }
    return enter(channelId).then((isIn) => {
      isIn && send(`S\n${text}`);
    });
  };

  const handle = (frame: string): void | Promise<void> => {
    const [kind, rest] = splitLine(frame);
    if (kind === 'S' && isControl(rest)) {
      return control(rest);
    }
    if (kind === 'M') {
      const [channelId, inner] = splitLine(rest);
      say(channelId, inner);
    } else if (joined.has(undefined)) {
      say(undefined, frame);
    } else {
      // A socket that could be shared, and is not.
      return enter(undefined).then((isIn) => {
        isIn && say(undefined, frame);
      });
    }
  };

  // What takes its time keeps what comes behind it waiting.
  const work = (handling: void | Promise<void>): void => {
    if (handling === undefined) {
      return;
    }
    isBusy = true;
    handling.catch(refuse).then(() => {
      isBusy = false;
      next();
    });
  };

  const next = (): void => {
    while (isOpen && !isBusy) {
      const first = waiting[waitingFrom++];
      if (first === undefined) {
        waiting = [];
        waitingFrom = 0;
        becomeIdle();
        return;
      }
      waitingBytes -= first.bytes + FRAME_BYTES;
      countHeld();
      handleNow(first.frame);
    }
  };

  const handleNow = (frame: string): void => {
    try {
      work(handle(frame));
    } catch (error) {
      refuse(error);
    }
  };

  // Once the caller has it: it may be closed by this.
  context.isShared ||
    work(
      Promise.resolve()
        .then(() => enter(undefined))
        .then(() => undefined),
    );

  return {
    clientId,
    receive: (frame, bytes) => {
      if (!isOpen) {
        return;
      }
      context.onReceived(bytes);
      if (bytes > limits.maxMessageBytes) {
        close('too-big', TOO_BIG, 'the message is too long');
      } else if (!messages.take(1) || !bytesSaid.take(bytes)) {
        close('too-fast', TRY_LATER, 'too much at once');
      } else if (!isBusy) {
        handleNow(frame);
      } else if (heldBytes + bytes + FRAME_BYTES > limits.maxHeldBytes) {
        close('overloaded', TRY_LATER, 'too much waits');
      } else {
        waiting.push({frame, bytes});
        waitingBytes += bytes + FRAME_BYTES;
        countHeld();
      }
    },
    refuse,
    close,
    drop,
    end,
    terminate: () => {
      end();
      link.terminate();
    },
    heldBytes: () => heldBytes,
    bufferedBytes: () => link.bufferedBytes(),
    whenIdle: () =>
      isOpen && isBusy
        ? new Promise((resolve) => {
            idle.push(resolve);
          })
        : Promise.resolve(),
  };
};

const prefixOf = (channelId: Id | undefined): string => (channelId === undefined ? '' : `M\n${channelId}\n`);

/** The path of a request's URL, without slashes at its ends and without a query. */
const pathOf = ({url = ''}: UpgradeRequest): Id => {
  const path = url.replace(/[?#].*$/s, '').replace(/^\/+|\/+$/g, '');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

const isPathId = (pathId: Id, maxBytes: number): boolean =>
  pathId.length <= maxBytes && !CONTROL_CHARACTERS.test(pathId) && byteLength(pathId) <= maxBytes;

const isChannelId = (id: unknown): id is Id =>
  typeof id === 'string' && id.length > 0 && !id.includes('\n') && byteLength(id) <= MAX_CHANNEL_BYTES;

const parseControl = (text: string): unknown[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('it is no JSON');
  }
  const [, message, body] = Array.isArray(parsed) ? parsed : [];
  const isKnown =
    Array.isArray(body) && [HELLO, SUBSCRIBE, UNSUBSCRIBE, PRESENCE].includes(body[0] as number);
  if (message !== CONTROL_MESSAGE || !isKnown) {
    throw malformed('the server does not know it');
  }
  return body;
};

// What is news for one is news for all: told to one alone, it would set that one apart. (Hashes with an id are meant for one.)
const isNews = (requestId: IdOrNull, message: Message): boolean =>
  message === Message.ContentDiff || (message === Message.ContentHashes && requestId === null);

// Readers ask.
const isQuestion = (message: Message): boolean =>
  message === Message.GetContentHashes || message >= Message.GetTableDiff;
