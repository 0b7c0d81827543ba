// Merges mergeable contents without a store: of each cell and value the later stamp stays, of each clock the later one, and hashes are
// made anew. Of equal stamps with different things, the greater JSON stays, as in a store. Pure.

import {spellCell, stringifyJson} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, CellOrUndefined, Id} from '../base/content.ts';
import {getCellHash, getHash, getMemberHash, getRowInTableHash, type Hash} from './hash.ts';
import type {Hlc} from './hlc.ts';
import type {CellStamp, MergeableContent, RowStamp, TableStamp, TablesStamp} from './mergeable.ts';

type Stamped<Thing> = [thing: {[id: Id]: Thing}, hlc: Hlc, hash: Hash];
type LeafStamp = CellStamp<true>;

/** What both know. */
export const mergeContents = (
  [tables, values]: MergeableContent,
  [otherTables, otherValues]: MergeableContent,
): MergeableContent => [
  mergeBranches<TableStamp<true>>(
    tables as Stamped<TableStamp<true>>,
    otherTables as never,
    (table, other) =>
      mergeBranches<RowStamp<true>>(
        table as never,
        other as never,
        (row, otherRow) => mergeLeaves(row as never, otherRow as never) as RowStamp<true>,
      ) as TableStamp<true>,
  ) as TablesStamp<true>,
  mergeLeaves(values as never, otherValues as never) as MergeableContent[1],
];

const none = <Thing>(): Stamped<Thing> => [{}, '', 0];

const mergeMembers = <Thing>(
  one: {[id: Id]: Thing},
  other: {[id: Id]: Thing},
  merge: (one: Thing | undefined, other: Thing | undefined) => Thing,
): {[id: Id]: Thing} => {
  const merged: {[id: Id]: Thing} = emptyObject();
  for (const id of [...Object.keys(one), ...Object.keys(other)]) {
    if (!Object.hasOwn(merged, id)) {
      merged[id] = merge(
        Object.hasOwn(one, id) ? one[id] : undefined,
        Object.hasOwn(other, id) ? other[id] : undefined,
      );
    }
  }
  return merged;
};

const later = (one: Hlc, other: Hlc): Hlc => (one < other ? other : one);

const addClock = (hash: Hash, hlc: Hlc): Hash => (hlc === '' ? hash : hash ^ getHash(hlc)) >>> 0;

const mergeBranches = <Child extends readonly unknown[]>(
  one: Stamped<Child> = none(),
  other: Stamped<Child> = none(),
  merge: (one: Child | undefined, other: Child | undefined) => Child,
): Stamped<Child> => {
  const children = mergeMembers(one[0], other[0], merge);
  const hlc = later(one[1], other[1]);
  let hash = 0;
  for (const id of Object.keys(children)) {
    hash ^= getRowInTableHash(id, children[id]?.[2] as Hash);
  }
  return [children, hlc, addClock(hash, hlc)];
};

const mergeLeaves = (
  one: Stamped<LeafStamp> = none(),
  other: Stamped<LeafStamp> = none(),
): Stamped<LeafStamp> => {
  const leaves = mergeMembers(one[0], other[0], laterLeaf);
  const hlc = later(one[1], other[1]);
  let hash = 0;
  for (const id of Object.keys(leaves)) {
    hash ^= getMemberHash(id, leaves[id]?.[2] as Hash);
  }
  return [leaves, hlc, addClock(hash, hlc)];
};

const laterLeaf = (one: LeafStamp | undefined, other: LeafStamp | undefined): LeafStamp => {
  const [thing, hlc] = (
    one === undefined || (other !== undefined && isLater(other, one)) ? other : one
  ) as LeafStamp;
  return [thing, hlc, getCellHash(spellThing(thing), hlc)];
};

const isLater = (one: LeafStamp, other: LeafStamp): boolean =>
  one[1] === other[1] ? textOf(one[0]) > textOf(other[0]) : one[1] > other[1];

const textOf = (thing: CellOrUndefined): string => (thing === undefined ? '' : stringifyJson(thing));

// Hashes are of objects as they are spelt.
const spellThing = (thing: CellOrUndefined): CellOrUndefined =>
  thing === undefined ? undefined : (spellCell(thing as Cell) as Cell);
