// How messages look on a wire of text, as TinyBase's:
//
//   to \n [requestId, message, body]                        to a server: an empty `to` is everyone; from one: who sent it
//   to \n 16 characters \n index \n count \n piece           a part of such a text, where it is long
//   M \n channel \n …                                        either, where several stores share a socket
//   S \n [id, -1, [kind, channel]]                           to and from the server itself: 0 hello, 1 subscribe, 2 unsubscribe
//
// In JSON, undefined is U+FFFC, and objects and arrays that stand for cells are U+FFFD followed by their JSON.

import type {Id, IdOrNull} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {getUniqueId} from '../base/ids.ts';
import {spellTables, spellValues} from '../merge/mergeable-json.ts';
import {Message} from './messages.ts';

/** What one frame, or the pieces of several, says. */
export interface WireMessage {
  readonly requestId: IdOrNull;
  readonly message: Message;
  readonly body: unknown;
}

/** The id of an answer by which a server says that it took no changes. */
export const REFUSAL_ID = 'holdfast:refused';
/** The id of an answer by which a server says that it cannot store at present what is said on the path. */
export const NOT_STORED_ID = 'holdfast:not-stored';
/** The id of an answer by which a client says that stamps are ahead of its clock. */
export const AHEAD_ID = 'holdfast:ahead';

/** The text of such an answer: to nothing that was asked, which clients of TinyBase's do not mind. */
export const noticeOf = (id: Id): string => JSON.stringify([id, Message.Response, [0, 0]]);

const MAX_PIECES = 1_000;
const MAX_OPEN_BUFFERS = 100;
/** Bytes of one message, put together. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const PIECE_ID_LENGTH = 16;
const PLACE = /^\d{1,4}$/;

/**
 * The JSON of a message. `answered` is what a response answers, since its body alone does not tell stamps of tables from those of
 * values.
 */
export const encodeMessage = (
  {requestId, message, body}: WireMessage,
  answered: Message | undefined,
): string => {
  const encoded = (): unknown => {
    if (message === Message.ContentDiff && Array.isArray(body)) {
      return [spellTables(body[0]), spellValues(body[1]), 1];
    }
    switch (message === Message.Response ? answered : undefined) {
      case Message.GetTableDiff:
      case Message.GetRowDiff:
        return Array.isArray(body) ? [spellTables(body[0]), body[1]] : body;
      case Message.GetCellDiff:
        return spellTables(body);
      case Message.GetValueDiff:
        return spellValues(body);
      default:
        return body;
    }
  };
  return JSON.stringify([requestId, message, encoded()]);
};

/** Throws `sync/malformed` for what is no message. Cells stay as they are spelt: a store reads that. */
export const decodeMessage = (text: string): WireMessage => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('it is no JSON');
  }
  if (!Array.isArray(parsed) || parsed.length !== 3) {
    throw malformed('it is no array of three');
  }
  const [requestId, message, body] = parsed as [unknown, unknown, unknown];
  if (requestId !== null && (typeof requestId !== 'string' || requestId.length > 256)) {
    throw malformed('its id is no text');
  }
  if (!Number.isInteger(message) || (message as number) < 0 || (message as number) > Message.GetValueDiff) {
    throw malformed('there is no such message');
  }
  return {requestId, message: message as Message, body};
};

/** The frames of a text: one, or pieces of about so many bytes each, where it is longer. */
export const toFrames = (prefix: string, text: string, pieceBytes: number | undefined): string[] => {
  if (pieceBytes === undefined || text.length <= pieceBytes) {
    return [`${prefix}\n${text}`];
  }
  const pieceLength = Math.max(pieceBytes, Math.ceil(text.length / (MAX_PIECES - 1)));
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + pieceLength;
    // A pair of surrogates is one character, and is not torn apart.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) {
      end++;
    }
    pieces.push(text.slice(start, end));
    start = end;
  }
  const id = getUniqueId(PIECE_ID_LENGTH);
  return pieces.map((piece, index) => `${prefix}\n${id}\n${index}\n${pieces.length}\n${piece}`);
};

/** Splits a frame at its first line: who it is to or from, and the rest. */
export const splitLine = (frame: string): [line: string, rest: string] => {
  const end = frame.indexOf('\n');
  if (end < 0) {
    throw malformed('it has one line');
  }
  return [frame.slice(0, end), frame.slice(end + 1)];
};

export interface Assembler {
  /** The whole text, once its last piece is there; a text that is no piece at once. */
  add(from: Id, text: string): string | undefined;
  /** Characters of messages that are not whole, and what it costs to remember them. */
  openLength(): number;
  /** Forgets all pieces. */
  forgetAll(): void;
}

export interface AssemblerLimits {
  /** Characters of one message. */
  readonly maxMessageLength: number;
  /** Characters of all messages that are not whole. */
  readonly maxOpenLength: number;
}

/** What a piece costs beside its characters. */
const PIECE_COST = 16;
const ASSEMBLER_LIMITS: AssemblerLimits = {
  maxMessageLength: MAX_MESSAGE_BYTES,
  maxOpenLength: 4 * MAX_MESSAGE_BYTES,
};

export const createAssembler = ({
  maxMessageLength,
  maxOpenLength,
}: AssemblerLimits = ASSEMBLER_LIMITS): Assembler => {
  let openLength = 0;
  const open = new Map<string, {pieces: (string | undefined)[]; missing: number; length: number}>();
  return {
    add: (from, text) => {
      // The text of a message begins with a bracket, which no id has.
      if (text.startsWith('[') || text.charAt(PIECE_ID_LENGTH) !== '\n') {
        return text;
      }
      const id = text.slice(0, PIECE_ID_LENGTH);
      const [indexText, afterIndex] = splitLine(text.slice(PIECE_ID_LENGTH + 1));
      const [countText, piece] = splitLine(afterIndex);
      const [index, count] = [Number(indexText), Number(countText)];
      const isPlaced = PLACE.test(indexText) && PLACE.test(countText) && index < count;
      if (!isPlaced || count > MAX_PIECES) {
        throw malformed('a piece of it has no place');
      }
      const key = `${from}\n${id}`;
      const known = open.get(key);
      const buffer = known ?? {pieces: Array(count), missing: count, length: 0};
      if (buffer.pieces.length !== count || buffer.pieces[index] !== undefined) {
        throw malformed('two pieces of it have one place');
      }
      buffer.pieces[index] = piece;
      buffer.missing--;
      buffer.length += piece.length;
      if (buffer.length > maxMessageLength) {
        throw new HoldfastError('sync/overloaded', 'The pieces of a message are too long together');
      }
      if (buffer.missing === 0) {
        open.delete(key);
        openLength -= known ? buffer.length - piece.length + count * PIECE_COST : 0;
        return buffer.pieces.join('');
      }
      open.set(key, buffer);
      openLength += piece.length + (known ? 0 : count * PIECE_COST);
      if (open.size > MAX_OPEN_BUFFERS || openLength > maxOpenLength) {
        throw new HoldfastError('sync/overloaded', 'The pieces of too many messages are open');
      }
      return undefined;
    },
    openLength: () => openLength,
    forgetAll: () => {
      open.clear();
      openLength = 0;
    },
  };
};

export const malformed = (why: string): HoldfastError =>
  new HoldfastError('sync/malformed', `A message cannot be read: ${why}`);
