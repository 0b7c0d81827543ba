// What can be told of a message without reading it: its request, its kind, and that JSON of it could be parsed by whoever reads it. Strict,
// so that nobody can take it for something else: only what JSON.stringify writes passes.

import type {IdOrNull} from '../base/content.ts';
import type {Message} from './messages.ts';
import {malformed} from './wire.ts';

export interface Envelope {
  readonly requestId: IdOrNull;
  readonly message: Message;
}

/** Objects and arrays in one another; what is deeper, no application means. */
export const MAX_DEPTH = 500;

// Without escapes in the id, and with a comma behind the number: `4e-400` is 0 to JSON.parse.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none in strings.
const ENVELOPE = /^\[(?:null|"([^"\\\u0000-\u001f]{0,256})"),([0-7]),./;

/** Throws `sync/malformed`. */
export const readEnvelope = (text: string): Envelope => {
  const [found, requestId, message] = ENVELOPE.exec(text) ?? [];
  if (found === undefined || !text.endsWith(']')) {
    throw malformed('it is no message of [request, message, body]');
  }
  requireShallow(text);
  return {requestId: requestId ?? null, message: Number(message) as Message};
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Throws `sync/malformed` for JSON whose objects and arrays are too deep in one another. Strings count for nothing. */
export const requireShallow = (json: string): void => {
  let depth = 0;
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
    }
  }
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
