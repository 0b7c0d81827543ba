// Hybrid logical clocks: stamps that order the events of many replicas, near to real time, without one replica knowing of
// another's clock (Kulkarni et al., "Logical Physical Clocks", 2014). Spelt as TinyBase spells them.
//
//   03E3B--  ----  mmxrx
//   time     count client      16 characters of six bits, the most significant first, in an alphabet whose order is that
//   42 bits  24    30          of the code points: the order of stamps as strings is their order in time
//
// Pure but for the clock and the random client that a caller may leave out.

import type {Id} from '../base/content.ts';
import {ALPHABET, getUniqueId} from '../base/ids.ts';
import {hostNow} from '../base/ports.ts';
import {getHash} from './hash.ts';

/** A stamp: 16 characters, whose string order is their order in time. */
export type Hlc = string;

/** Tells the time in milliseconds since the epoch. */
export type GetNow = () => number;

const TIME_LENGTH = 7;
const COUNTER_LENGTH = 4;
const CLIENT_LENGTH = 5;
const MAX_COUNTER = 2 ** 24 - 1;
/** A stamp further ahead than this is of a clock that is wrong, and is not followed: clocks may be so far apart. */
export const MAX_AHEAD_MS = 300_000;

const IS_HLC = /^[-\w]{16}$/;

/**
 * Tells stamps that may be followed from all else, at a time: what is no stamp, and what is of a clock more than five
 * minutes ahead. The empty stamp, earlier than all others, may be.
 */
export const createHlcGate = (now: number): ((hlc: unknown) => hlc is Hlc) => {
  const tooLate = encode(now + MAX_AHEAD_MS + 1, TIME_LENGTH);
  return (hlc): hlc is Hlc => hlc === '' || (typeof hlc === 'string' && IS_HLC.test(hlc) && hlc < tooLate);
};

/**
 * The clock of one client, as seven functions: the next stamp; a stamp of somebody else that was seen, which the next
 * one will be later than (one that is malformed, or more than five minutes ahead, is not followed); encoding and decoding;
 * and where the clock stands: its time, its counter (-1 before the first stamp), its client id of five characters.
 *
 * @param uniqueId Identifies the client; a random one without.
 * @param getNow The clock; default the host's.
 */
export const getHlcFunctions = (
  uniqueId: Id = getUniqueId(),
  getNow: GetNow = hostNow,
): [
  getNextHlc: () => Hlc,
  seenHlc: (remoteHlc: Hlc) => void,
  encodeHlc: (logicalTime: number, counter: number, clientId?: Id) => Hlc,
  decodeHlc: (hlc: Hlc) => [logicalTime: number, counter: number, clientId: Id],
  getLastLogicalTime: () => number,
  getLastCounter: () => number,
  getClientId: () => Id,
] => {
  const client = encodeClient(uniqueId);
  const clientCodes = codesOf(client);
  let time = 0;
  let counter = -1;
  // Characters of the last stamp: most of them are those of the next, too.
  let timeCodes: readonly number[] = [];
  let encodedTime = -1;

  // Moves to the latest of what was, what is seen and what is now.
  const moveTo = (seenTime: number, seenCounter: number): void => {
    const latest = Math.max(time, seenTime, Math.floor(getNow()));
    counter = Math.max(time === latest ? counter : -1, seenTime === latest ? seenCounter : -1);
    time = latest;
  };

  return [
    () => {
      moveTo(0, -1);
      if (counter >= MAX_COUNTER) {
        time++;
        counter = -1;
      }
      counter++;
      if (time !== encodedTime) {
        timeCodes = codesOf(encode(time, TIME_LENGTH));
        encodedTime = time;
      }
      // In one go, for what is put together of pieces costs memory for each of them.
      return String.fromCharCode(
        ...timeCodes,
        ALPHABET.charCodeAt(counter >> 18),
        ALPHABET.charCodeAt((counter >> 12) & 63),
        ALPHABET.charCodeAt((counter >> 6) & 63),
        ALPHABET.charCodeAt(counter & 63),
        ...clientCodes,
      );
    },
    (remoteHlc) => {
      if (remoteHlc && createHlcGate(getNow())(remoteHlc)) {
        const [remoteTime, remoteCounter] = decodeHlc(remoteHlc);
        moveTo(remoteTime, remoteCounter);
      }
    },
    (logicalTime, count, clientId) =>
      encode(logicalTime, TIME_LENGTH) +
      encode(count, COUNTER_LENGTH) +
      (clientId === undefined ? client : encodeClient(clientId)),
    decodeHlc,
    () => time,
    () => counter,
    () => client,
  ];
};

const decodeHlc = (hlc: Hlc): [logicalTime: number, counter: number, clientId: Id] => [
  decode(hlc.slice(0, TIME_LENGTH)),
  decode(hlc.slice(TIME_LENGTH, TIME_LENGTH + COUNTER_LENGTH)),
  hlc.slice(TIME_LENGTH + COUNTER_LENGTH),
];

const codesOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const encodeClient = (uniqueId: Id): Id => encode(getHash(uniqueId), CLIENT_LENGTH);

/** The earliest stamp of a millisecond, whoever may make one. */
export const firstHlcOf = (timeMs: number): Hlc =>
  encode(timeMs, TIME_LENGTH) + '-'.repeat(COUNTER_LENGTH + CLIENT_LENGTH);

// The lowest bits of a number, six a character. Beyond 32 bits JavaScript divides where it cannot shift.
const encode = (number: number, length: number): string => {
  let rest = Math.floor(number);
  let text = '';
  for (let index = 0; index < length; index++) {
    text = ALPHABET[((rest % 64) + 64) % 64] + text;
    rest = Math.floor(rest / 64);
  }
  return text;
};

const decode = (text: string): number => {
  let number = 0;
  for (const character of text) {
    number = number * 64 + Math.max(0, ALPHABET.indexOf(character));
  }
  return number;
};
