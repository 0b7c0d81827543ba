// Holds the body of a message against the shape that its kind has, before anything is taken in. Knows nothing of stores.

import {createHlcGate} from '../merge/hlc.ts';
import {MAX_EMPTY, requireShallow} from './envelope.ts';
import {Message} from './messages.ts';
import {malformed} from './wire.ts';

export interface ShapeOptions {
  /** What a response answers. */
  readonly answered?: Message | undefined;
  /** The clock that stamps are held against; without it they are not. */
  readonly nowMs?: number;
}

const IS_HLC = /^[-\w]{16}$/;
const JSON_MARK = '\uFFFD';

/** Throws `sync/malformed`; returns whether a stamp is more than five minutes ahead. */
export const checkBody = (message: Message, body: unknown, {answered, nowMs}: ShapeOptions = {}): boolean => {
  const check = createStampChecks(nowMs);
  if (message === Message.ContentHashes) {
    requireHashPair(body);
  } else if (message === Message.ContentDiff) {
    requireArray(body, 2, 3);
    check.tables(body[0]);
    check.values(body[1]);
  } else if (message === Message.Response) {
    checkAnswer(answered, body, check);
  } else if (message !== Message.GetContentHashes) {
    requireHashes(body, DEPTHS[message] as number);
  }
  return check.isAhead();
};

const checkAnswer = (answered: Message | undefined, body: unknown, check: StampChecks): void => {
  if (answered === Message.GetContentHashes) {
    requireHashPair(body);
  } else if (answered === Message.GetTableDiff || answered === Message.GetRowDiff) {
    requireArray(body, 2, 2);
    check.tables(body[0]);
    requireHashes(body[1], DEPTHS[answered] as number);
  } else if (answered === Message.GetCellDiff) {
    check.tables(body);
  } else if (answered === Message.GetValueDiff) {
    check.values(body);
  }
};

/** How deep hashes lie in what asks for a difference. */
const DEPTHS: {readonly [message in Message]?: number} = {
  [Message.GetTableDiff]: 1,
  [Message.GetRowDiff]: 2,
  [Message.GetCellDiff]: 3,
  [Message.GetValueDiff]: 1,
};

function requireArray(thing: unknown, min: number, max: number): asserts thing is unknown[] {
  if (!Array.isArray(thing) || thing.length < min || thing.length > max) {
    throw malformed('its body has another shape');
  }
}

function requireMembers(thing: unknown): asserts thing is {readonly [id: string]: unknown} {
  if (typeof thing !== 'object' || thing === null || Array.isArray(thing)) {
    throw malformed('its body has another shape');
  }
}

const isHash = (thing: unknown): boolean =>
  typeof thing === 'number' && Number.isInteger(thing) && thing >= 0 && thing < 2 ** 32;

const requireHashPair = (body: unknown): void => {
  requireArray(body, 2, 2);
  requireHashes({one: body[0], other: body[1]}, 1);
};

const requireHashes = (thing: unknown, depth: number): void => {
  requireMembers(thing);
  for (const id of Object.keys(thing)) {
    if (depth > 1) {
      requireHashes(thing[id], depth - 1);
    } else if (!isHash(thing[id])) {
      throw malformed('a hash in it is none');
    }
  }
};

interface StampChecks {
  tables(stamped: unknown): void;
  values(stamped: unknown): void;
  isAhead(): boolean;
}

const createStampChecks = (nowMs: number | undefined): StampChecks => {
  const isFollowed = createHlcGate(nowMs ?? 0);
  let emptyCount = 0;
  let isAhead = false;

  const checkClock = (hlc: unknown): void => {
    if (hlc === undefined || hlc === '') {
      return;
    }
    if (typeof hlc !== 'string' || !IS_HLC.test(hlc)) {
      throw malformed('a stamp in it is none');
    }
    isAhead ||= nowMs !== undefined && !isFollowed(hlc);
  };

  const members = (stamped: unknown, check: (member: unknown) => void): void => {
    requireArray(stamped, 1, 3);
    const [things, hlc] = stamped;
    requireMembers(things);
    checkClock(hlc);
    const ids = Object.keys(things);
    if (ids.length === 0 && ++emptyCount > MAX_EMPTY) {
      throw malformed('too much in it is empty');
    }
    for (const id of ids) {
      check(things[id]);
    }
  };

  const leaf = (stamped: unknown): void => {
    requireArray(stamped, 1, 3);
    checkThing(stamped[0]);
    checkClock(stamped[1]);
  };
  const row = (stamped: unknown): void => members(stamped, leaf);
  const table = (stamped: unknown): void => members(stamped, row);

  return {
    tables: (stamped) => members(stamped, table),
    values: (stamped) => members(stamped, leaf),
    isAhead: () => isAhead,
  };
};

// On a wire, objects and arrays are spelt, and those of one process may come as they are.
const checkThing = (thing: unknown): void => {
  if (typeof thing === 'string' && thing.startsWith(JSON_MARK)) {
    requireShallow(thing.slice(1));
  }
};
