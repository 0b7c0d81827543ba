// What may be kept, and how: turns what a caller passes into what the store keeps, and back.
// Knows nothing of tables, rows or schemas.

import type {Cell, CellOrUndefined, Id} from '../base/content.ts';
import type {Stored, StoredOrNothing} from './state.ts';

/** Marks a kept string as the JSON of an object or an array; strings of users must not start with it. */
const JSON_MARK = '\ufffd';
const JSON_MARK_CODE = 0xfffd;
/** Stands for `undefined` in serialized data; users must not set it. */
export const UNDEFINED_MARK = '\ufffc';

/**
 * Whether something is an object of named members: made by `{}`, by `Object.create(null)`, or by any of these in another realm.
 * Instances of classes, arrays, dates and maps are not.
 */
export const isPlainObject = (thing: unknown): thing is {[key: string]: unknown} => {
  if (typeof thing !== 'object' || thing === null) return false;
  const prototype = Object.getPrototypeOf(thing);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** Calls back with each member of an object of named members; with none of anything else. */
export const forEachMember = (members: unknown, call: (member: unknown, id: Id) => void): void => {
  if (isPlainObject(members)) for (const id of Object.keys(members)) call(members[id], id);
};

/**
 * Writes JSON text as `JSON.stringify` does, with two differences: -0 stays `-0`, and whatever JSON would change or leave out
 * (`undefined`, `NaN`, dates, maps, functions, symbols, holes, hidden members, cycles) throws instead.
 */
export const writeJson = (thing: unknown): string => {
  if (typeof thing === 'number' && Number.isFinite(thing)) return Object.is(thing, -0) ? '-0' : `${thing}`;
  if (typeof thing === 'string' || typeof thing === 'boolean' || thing === null) return JSON.stringify(thing);
  if (typeof thing === 'object') {
    const keys = Object.keys(thing);
    const hiddenCount = Reflect.ownKeys(thing).length - keys.length;
    if (Array.isArray(thing)) {
      // Only `length` is hidden, and every key is an index: no holes, no named members, not a subclass.
      const isPlain = isPlainObject(Object.getPrototypeOf(thing)) && hiddenCount === 1;
      if (isPlain && keys.length === thing.length) return `[${thing.map((item) => writeJson(item))}]`;
    } else if (isPlainObject(thing) && hiddenCount === 0) {
      return `{${keys.map((key) => `${JSON.stringify(key)}:${writeJson(thing[key])}`)}}`;
    }
  }
  throw 0;
};

/** What the store keeps for a cell or value, or `undefined` where it cannot be kept as it is. */
export const toStored = (thing: unknown): StoredOrNothing => {
  switch (typeof thing) {
    case 'string':
      return thing.charCodeAt(0) === JSON_MARK_CODE || thing === UNDEFINED_MARK ? undefined : thing;
    case 'number':
      return Number.isFinite(thing) ? thing : undefined;
    case 'boolean':
      return thing;
    case 'object':
      if (thing === null) return null;
      try {
        if (Array.isArray(thing) || isPlainObject(thing)) return JSON_MARK + writeJson(thing);
      } catch {
        // It is refused, and invalid listeners tell of it.
      }
  }
  return undefined;
};

/** What a caller gets: a fresh object or array each time, so that nobody holds a part of the store. */
export const fromStored: {(stored: Stored): Cell; (stored: StoredOrNothing): CellOrUndefined} = (
  stored: StoredOrNothing,
) =>
  typeof stored === 'string' && stored.charCodeAt(0) === JSON_MARK_CODE
    ? JSON.parse(stored.slice(1))
    : stored;

/** In JSON text, objects and arrays are strings with the mark: gives back what such a string stands for, anything else as it is. */
export const fromJsonCell = (thing: unknown): unknown => {
  if (typeof thing === 'string' && thing.charCodeAt(0) === JSON_MARK_CODE) {
    try {
      const meant = JSON.parse(thing.slice(1));
      if (typeof meant === 'object' && meant) return meant;
    } catch {
      // The mark is not followed by JSON: it is a string that will be refused as one.
    }
  }
  return thing;
};

/** The word that a schema has for what is kept. */
export const typeOfStored = (stored: Stored): string =>
  typeof stored === 'string' && stored.charCodeAt(0) === JSON_MARK_CODE
    ? stored[1] === '['
      ? 'array'
      : 'object'
    : typeof stored;
