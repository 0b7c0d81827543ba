// What a replica knows of when things were set: a stamp for each cell and value, deleted ones included, and clocks of rows,
// tables and the whole where somebody gave them one. Hashes are computed when somebody asks, and cost what changed since.
// Knows neither stores nor clocks: the owner of the tree says what stands in it.
//
// Invariants: 1. `sum` is the XOR over what the children add that are not dirty, which all have a hash; those that are stand in `dirty`.
// 2. No row is without stamps, and no table without rows, unless it has a clock of its own.

import type {CellOrUndefined, Id} from '../base/content.ts';
import {createObjectMaker} from '../base/safe-objects.ts';
import {getCellHash, getHash, getMemberHash, getRowInTableHash, type Hash} from './hash.ts';
import type {Hlc} from './hlc.ts';

/** The stamps of a row's cells, or of all values. */
export interface Leaf {
  hlc: Hlc;
  readonly hlcs: {[id: Id]: Hlc};
  hash: Hash | undefined;
  isDirty: boolean;
}

/** The rows of a table, or all tables. */
export interface Branch<Child> {
  hlc: Hlc;
  readonly create: () => Child;
  readonly children: Map<Id, Child>;
  sum: Hash;
  dirty: Id[];
  hash: Hash | undefined;
  isDirty: boolean;
}

export interface Stamps {
  readonly tables: Branch<Branch<Leaf>>;
  readonly values: Leaf;
}

const createLeafMaker = (): (() => Leaf) => {
  const newHlcs = createObjectMaker<Leaf['hlcs']>();
  return () => ({hlc: '', hlcs: newHlcs(), hash: undefined, isDirty: false});
};

const newBranch = <Child>(create: () => Child): Branch<Child> => ({
  hlc: '',
  create,
  children: new Map(),
  sum: 0,
  dirty: [],
  hash: undefined,
  isDirty: false,
});

export const newStamps = (): Stamps => ({
  tables: newBranch(() => newBranch(createLeafMaker())),
  values: createLeafMaker()(),
});

/** A child of a branch, made where there is none, whose hash no longer holds. */
const childToChange = <Child extends {hash: Hash | undefined; isDirty: boolean}>(
  branch: Branch<Child>,
  id: Id,
): Child => {
  let child = branch.children.get(id);
  if (!child) {
    child = branch.create();
    branch.children.set(id, child);
  } else if (!child.isDirty) {
    // A row adds to its table what a table adds to all.
    branch.sum ^= getRowInTableHash(id, child.hash as Hash);
  }
  if (!child.isDirty) branch.dirty.push(id);
  child.isDirty = true;
  child.hash = undefined;
  branch.hash = undefined;
  return child;
};

/** A table that is about to change. */
export const tableToChange = ({tables}: Stamps, tableId: Id): Branch<Leaf> => childToChange(tables, tableId);

/** A row that is about to change. */
export const rowToChange = (stamps: Stamps, tableId: Id, rowId: Id): Leaf =>
  childToChange(tableToChange(stamps, tableId), rowId);

/** All values, which are about to change. */
export const valuesToChange = ({values}: Stamps): Leaf => {
  values.hash = undefined;
  return values;
};

/** Takes a stamp back that was not there before, and the row and the table where nothing is left of them. */
export const forgetCell = (stamps: Stamps, tableId: Id, rowId: Id, cellId: Id): void => {
  const table = tableToChange(stamps, tableId);
  const row = rowToChange(stamps, tableId, rowId);
  delete row.hlcs[cellId];
  for (const _ in row.hlcs) return;
  row.hlc || table.children.delete(rowId);
  table.children.size || table.hlc || stamps.tables.children.delete(tableId);
};

const addClock = (hash: Hash, hlc: Hlc): Hash => (hlc ? hash ^ getHash(hlc) : hash) >>> 0;

/** The hash of a row, or of all values, where `thingOf` says what stands in it. */
export const hashOfLeaf = (leaf: Leaf, thingOf: (id: Id) => CellOrUndefined): Hash => {
  if (leaf.hash === undefined) {
    let hash = 0;
    for (const id in leaf.hlcs) hash ^= getMemberHash(id, getCellHash(thingOf(id), leaf.hlcs[id] as Hlc));
    leaf.hash = addClock(hash, leaf.hlc);
  }
  return leaf.hash;
};

/** The hash of a table, or of all tables, where `hashOf` says that of a child. */
export const hashOfBranch = <Child extends {isDirty: boolean}>(
  branch: Branch<Child>,
  hashOf: (child: Child, id: Id) => Hash,
): Hash => {
  if (branch.hash === undefined) {
    for (const id of branch.dirty) {
      const child = branch.children.get(id);
      // One that went and came back is named twice.
      if (child?.isDirty) {
        branch.sum ^= getRowInTableHash(id, hashOf(child, id));
        child.isDirty = false;
      }
    }
    branch.dirty = [];
    branch.hash = addClock(branch.sum, branch.hlc);
  }
  return branch.hash;
};
