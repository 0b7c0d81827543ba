// Hybrid logical clocks: stamps that order the events of many replicas, near to real time, without one replica knowing of
// another's clock (Kulkarni et al., "Logical Physical Clocks", 2014). Spelt as TinyBase spells them.
//
//   03E3B--  ----  mmxrx
//   time     count client      16 characters of six bits, the most significant first, in an alphabet whose order is that
//   42 bits  24    30          of the code points: the order of stamps as strings is their order in time
//
// Pure but for the clock and the random client that a caller may leave out.

import type {Id} from '../base/content.ts';
import {getUniqueId} from '../base/ids.ts';
import {hostPorts} from '../base/ports.ts';
import {getHash} from './hash.ts';

/** A stamp: 16 characters, whose string order is their order in time. */
export type Hlc = string;

/** Tells the time in milliseconds since the epoch. */
export type GetNow = () => number;

const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const TIME_LENGTH = 7;
const COUNTER_LENGTH = 4;
const CLIENT_LENGTH = 5;
const MAX_COUNTER = 2 ** 24 - 1;
/** A stamp further ahead than this is of a clock that is wrong, and is not followed. */
const MAX_AHEAD_MS = 300_000;

const IS_HLC = /^[-\w]{16}$/;

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
  getNow: GetNow = hostPorts.now,
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
  let time = 0;
  let counter = -1;

  // Moves to the latest of what was, what is seen and what is now.
  const moveTo = (seenTime: number, seenCounter: number): void => {
    const now = getNow();
    const latest = Math.max(time, seenTime, now);
    const counters = [time === latest ? counter : -1, seenTime === latest ? seenCounter : -1];
    time = latest;
    counter = Math.max(...counters);
  };

  return [
    () => {
      moveTo(0, -1);
      if (counter >= MAX_COUNTER) {
        time++;
        counter = -1;
      }
      counter++;
      return encode(time, TIME_LENGTH) + encode(counter, COUNTER_LENGTH) + client;
    },
    (remoteHlc) => {
      if (typeof remoteHlc !== 'string' || !IS_HLC.test(remoteHlc)) {
        return;
      }
      const [remoteTime, remoteCounter] = decodeHlc(remoteHlc);
      if (remoteTime <= getNow() + MAX_AHEAD_MS) {
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

const encodeClient = (uniqueId: Id): Id => encode(getHash(uniqueId), CLIENT_LENGTH);

// The lowest bits of a number, six a character. Beyond 32 bits JavaScript divides where it cannot shift.
const encode = (number: number, length: number): string => {
  let rest = Math.floor(number);
  let text = '';
  for (let index = 0; index < length; index++) {
    text = ALPHABET.charAt(((rest % 64) + 64) % 64) + text;
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
