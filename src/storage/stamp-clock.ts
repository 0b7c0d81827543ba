// Gives stamps to what was edited in a database by those who know of no stamps: of now, and later than what they edited.

import type {Ports} from '../base/ports.ts';
import {getHlcFunctions, type Hlc} from '../merge/hlc.ts';

export interface StampClock {
  /** The stamp of an edit of now, later than the given one, and than what was seen. */
  next(before: Hlc | undefined): Hlc;
  /** What is later is to be later than this, too. */
  see(hlc: Hlc): void;
}

export const createStampClock = ({now, random}: Pick<Ports, 'now' | 'random'>): StampClock => {
  const [getNextHlc, seenHlc, encodeHlc, decodeHlc] = getHlcFunctions(`database ${random()}`, now);
  return {
    see: seenHlc,
    next: (before = '') => {
      seenHlc(before);
      const next = getNextHlc();
      if (next > before) {
        return next;
      }
      // That of a clock far ahead, which is not followed.
      const [time, counter] = decodeHlc(before);
      return encodeHlc(time, counter + 1);
    },
  };
};
