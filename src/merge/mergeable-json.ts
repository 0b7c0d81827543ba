// Mergeable content and changes as JSON can carry them, as TinyBase's: undefined is U+FFFC, and objects and arrays that are cells or values
// are U+FFFD followed by their JSON. Pure.

import {isSpelling, spellCell, unspellCell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, Id} from '../base/content.ts';

/** Stands for `undefined`. */
const UNDEFINED_MARK = '\uFFFC';

type Stamped = readonly [thing: unknown, ...unknown[]];
export type MapLeaf = (leaf: Stamped) => Stamped;

// Most things are spelt as they are, and then nothing is copied.
const spellLeaf: MapLeaf = (leaf) => {
  const thing = leaf[0];
  return thing === undefined
    ? [UNDEFINED_MARK, ...leaf.slice(1)]
    : typeof thing === 'object' && thing !== null
      ? [spellCell(thing as Cell), ...leaf.slice(1)]
      : leaf;
};

const unspellLeaf: MapLeaf = (leaf) => {
  const thing = leaf[0];
  return thing === UNDEFINED_MARK
    ? [undefined, ...leaf.slice(1)]
    : typeof thing === 'string' && isSpelling(thing)
      ? [unspellCell(thing), ...leaf.slice(1)]
      : leaf;
};

// What is no stamp of members is left as it is: whoever takes it in refuses it.
const mapMembers = (stamped: Stamped, map: MapLeaf): Stamped => {
  if (typeof stamped[0] !== 'object' || stamped[0] === null) {
    return stamped;
  }
  const members = stamped[0] as {[id: Id]: unknown};
  let mapped: {[id: Id]: unknown} | undefined;
  for (const id of Object.keys(members)) {
    const member = members[id];
    const next = Array.isArray(member) ? map(member as unknown as Stamped) : member;
    if (next !== member) {
      mapped ??= Object.assign(emptyObject<{[id: Id]: unknown}>(), members);
      mapped[id] = next;
    }
  }
  return mapped === undefined ? stamped : [mapped, ...stamped.slice(1)];
};

const mapIfStamped = (stamped: unknown, map: MapLeaf): unknown =>
  Array.isArray(stamped) ? map(stamped as unknown as Stamped) : stamped;

/** The stamps of tables, each cell through a function; what is not changed is shared. */
export const mapTables = (tables: unknown, mapLeaf: MapLeaf): unknown =>
  mapIfStamped(tables, (all) =>
    mapMembers(all, (table) => mapMembers(table, (row) => mapMembers(row, mapLeaf))),
  );

/** The same of values. */
export const mapValues = (values: unknown, mapLeaf: MapLeaf): unknown =>
  mapIfStamped(values, (all) => mapMembers(all, mapLeaf));

/** The stamps of tables, with their cells spelt; parts of what was given are shared. */
export const spellTables = (tables: unknown): unknown => mapTables(tables, spellLeaf);
export const unspellTables = (tables: unknown): unknown => mapTables(tables, unspellLeaf);
/** The stamps of values, with these spelt. */
export const spellValues = (values: unknown): unknown => mapValues(values, spellLeaf);
export const unspellValues = (values: unknown): unknown => mapValues(values, unspellLeaf);
