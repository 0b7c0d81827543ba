// Mergeable content and changes as JSON can carry them, as TinyBase's: undefined is U+FFFC, and objects and arrays that are cells or values
// are U+FFFD followed by their JSON. Pure.

import {spellCell, unspellCell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, CellOrUndefined, Id} from '../base/content.ts';

/** Stands for `undefined`. */
const UNDEFINED_MARK = '\uFFFC';

type Stamped = readonly [thing: unknown, ...unknown[]];

const spellLeaf = ([thing, ...rest]: Stamped): unknown[] => [
  thing === undefined ? UNDEFINED_MARK : spellCell(thing as Cell),
  ...rest,
];

const unspellLeaf = ([thing, ...rest]: Stamped): unknown[] => [
  thing === UNDEFINED_MARK ? undefined : (unspellCell(thing) as CellOrUndefined),
  ...rest,
];

// What is no stamp of members is left as it is: whoever takes it in refuses it.
const mapMembers = (stamped: unknown, map: (member: Stamped) => unknown): unknown => {
  if (!Array.isArray(stamped) || typeof stamped[0] !== 'object' || stamped[0] === null) {
    return stamped;
  }
  const [members, ...rest] = stamped;
  const mapped: {[id: Id]: unknown} = emptyObject();
  for (const id of Object.keys(members)) {
    mapped[id] = Array.isArray(members[id]) ? map(members[id] as unknown as Stamped) : members[id];
  }
  return [mapped, ...rest];
};

const mapTables = (tables: unknown, mapLeaf: (leaf: Stamped) => unknown): unknown =>
  mapMembers(tables, (table) => mapMembers(table, (row) => mapMembers(row, mapLeaf)));

/** The stamps of tables, with their cells spelt. */
export const spellTables = (tables: unknown): unknown => mapTables(tables, spellLeaf);
export const unspellTables = (tables: unknown): unknown => mapTables(tables, unspellLeaf);
/** The stamps of values, with these spelt. */
export const spellValues = (values: unknown): unknown => mapMembers(values, spellLeaf);
export const unspellValues = (values: unknown): unknown => mapMembers(values, unspellLeaf);
