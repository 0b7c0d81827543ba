// Gives stamps to what was edited in a database by those who know of no stamps: of now, and later than what they edited.

import type {Ports} from '../base/ports.ts';
import {getHlcFunctions, type Hlc} from '../merge/hlc.ts';

/** The stamp of an edit of now, later than the given one. */
export type StampClock = (before?: Hlc | undefined) => Hlc;

export const createStampClock = ({now, random}: Pick<Ports, 'now' | 'random'>): StampClock => {
  const [getNextHlc, seenHlc, encodeHlc, decodeHlc] = getHlcFunctions(`database ${random()}`, now);
  return (before = '') => {
    seenHlc(before);
    const next = getNextHlc();
    if (next > before) {
      return next;
    }
    // That of a clock far ahead, which is not followed.
    const [time, counter] = decodeHlc(before);
    return encodeHlc(time, counter + 1);
  };
};
