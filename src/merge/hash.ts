// Hashes by which two replicas find out where they differ, the same numbers as TinyBase's: 32-bit FNV-1a over UTF-8
// (http://www.isthe.com/chongo/tech/comp/fnv/), a parent's by XOR over its children, so that order does not matter and a
// child can be taken out as it was put in. Pure; not for secrets.

import type {CellOrUndefined, Id, ValueOrUndefined} from '../base/content.ts';

/** A number of 32 bits, not negative. */
export type Hash = number;

type Hashes = {readonly [id: Id]: Hash};

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

const encoder = new TextEncoder();

/** The hash of a text. */
export const getHash = (text: string): Hash => hashOn(text) >>> 0;

// Goes on with a text from where another ended, so that texts need not be put together first.
const hashOn = (text: string, from = OFFSET_BASIS): number => {
  let hash = from;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Most texts are ASCII, and are their own UTF-8.
    if (code > 0x7f) {
      for (const byte of encoder.encode(text.slice(at))) hash = Math.imul(hash ^ byte, PRIME);
      return hash;
    }
    hash = Math.imul(hash ^ code, PRIME);
  }
  return hash;
};

const hashColon = (text: string): number => hashOn(':', hashOn(text));

/** The XOR of two hashes: adds the second to the first, or takes it out again. */
export const addOrRemoveHash = (hash1: Hash, hash2: Hash): Hash => (hash1 ^ hash2) >>> 0;

const hashChild = (id: Id, childHash: Hash | string): Hash => hashOn(`${childHash}`, hashColon(id)) >>> 0;

const hashParent = (hashes: Hashes): Hash => {
  let hash = 0;
  for (const id of Object.keys(hashes)) {
    hash ^= hashChild(id, hashes[id] as Hash);
  }
  return hash >>> 0;
};

// Cells and values that are there count by their ids, too.
const hashLeafParent = (hashes: Hashes): Hash => {
  let hash = 0;
  for (const id of Object.keys(hashes)) {
    hash ^= getMemberHash(id, hashes[id] as Hash);
  }
  return hash >>> 0;
};

/** What a cell that is there, or was, adds to the hash of its row, and a value to that of all values. */
export const getMemberHash = (id: Id, hash: Hash): Hash => {
  const start = hashColon(id);
  return hashOn(`${hash}`, start) ^ hashOn('0', start);
};

const hashLeaf = (leaf: CellOrUndefined, hlc: string): Hash =>
  hashOn(hlc, hashColon(JSON.stringify(leaf ?? null))) >>> 0;

/** The hash of a cell, or of its absence, at a clock. */
export const getCellHash = (cell: CellOrUndefined, cellHlc: string): Hash => hashLeaf(cell, cellHlc);
/** What a cell adds to its row. */
export const getCellInRowHash = (cellId: Id, cellHash: Hash | string): Hash => hashChild(cellId, cellHash);
/** The hash of a row, from the hashes of its cells by id. */
export const getRowHash = (cellHashes: Hashes): Hash => hashLeafParent(cellHashes);
/** What a row adds to its table. */
export const getRowInTableHash = (rowId: Id, rowHash: Hash): Hash => hashChild(rowId, rowHash);
/** The hash of a table, from the hashes of its rows by id. */
export const getTableHash = (rowHashes: Hashes): Hash => hashParent(rowHashes);
/** What a table adds to the tables. */
export const getTableInTablesHash = (tableId: Id, tableHash: Hash): Hash => hashChild(tableId, tableHash);
/** The hash of all tables, from their hashes by id. */
export const getTablesHash = (tableHashes: Hashes): Hash => hashParent(tableHashes);
/** The hash of a value, or of its absence, at a clock. */
export const getValueHash = (value: ValueOrUndefined, valueHlc: string): Hash => hashLeaf(value, valueHlc);
/** What a value adds to the values. */
export const getValueInValuesHash = (valueId: Id, valueHash: Hash): Hash => hashChild(valueId, valueHash);
/** The hash of all values, from their hashes by id. */
export const getValuesHash = (valueHashes: Hashes): Hash => hashLeafParent(valueHashes);
