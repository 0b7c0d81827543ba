// What can be told of a message without reading it: its request, its kind, and that JSON of it could be parsed by whoever reads it. Strict,
// so that nobody can take it for something else: only what JSON.stringify writes passes.

import type {IdOrNull} from '../base/content.ts';
import {Message} from './messages.ts';
import {malformed} from './wire.ts';

export interface Envelope {
  readonly requestId: IdOrNull;
  readonly message: Message;
}

/** Objects and arrays in one another; what is deeper, no application means. */
const MAX_DEPTH = 500;

/** Tables and rows of one message that have nothing in them: they cost whoever parses them many times their length. */
export const MAX_EMPTY = 1_000;
/** The same where it is hashes that are told of: there, a table is empty whose rows are all new. */
const MAX_EMPTY_HASHES = 20_000;

// Without escapes in the id, and with a comma behind the number: `4e-400` is 0 to JSON.parse.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none in strings.
const ENVELOPE = /^\[(?:null|"([^"\\\u0000-\u001f]{0,256})"),([0-7]),./;

/** Throws `sync/malformed`. */
export const readEnvelope = (text: string): Envelope => {
  const [found, requestId, message] = ENVELOPE.exec(text) ?? [];
  if (found === undefined || !text.endsWith(']')) {
    throw malformed('it is no message of [request, message, body]');
  }
  const kind = Number(message) as Message;
  if (requireShallow(text) > (kind === Message.ContentDiff ? MAX_EMPTY : MAX_EMPTY_HASHES)) {
    throw malformed('too much in it is empty');
  }
  return {requestId: requestId ?? null, message: kind};
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Throws `sync/malformed` for JSON whose objects and arrays are too deep in one another; returns how many objects have nothing in them.
 * Strings count for nothing.
 */
export const requireShallow = (json: string): number => {
  let depth = 0;
  let emptyCount = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(json, at);
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) {
        throw malformed(`it is deeper than ${MAX_DEPTH}`);
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
      emptyCount += Number(code === 0x7d && json.charCodeAt(at - 1) === 0x7b);
    }
  }
  return emptyCount;
};

// The place of the quote that ends the string: the first that no odd number of backslashes stands before.
const endOfString = (json: string, start: number): number => {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) {
      backslashes++;
    }
    if (backslashes % 2 === 0) {
      return at;
    }
  }
  return json.length;
};
