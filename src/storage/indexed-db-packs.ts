// Rows in IndexedDB, some hundred to a record: a record for each row would take a hundred times as long to fill, and one
// for each table as long to edit. A record is a leaf of a tree whose branches are the database's own keys:
//
//   [tableId, first row id] → JSON of [[row id, n, cells], …], sorted by row id; n keeps the order in which rows were added
//
// Knows nothing of values, logs and other pages.

import {stringifyJson} from '../base/cell-text.ts';
import type {Cell, Id, Row} from '../base/content.ts';
import {forEachGroup, type Pause, sortInSlices} from '../base/slices.ts';
import {type Key, keysBetween, type ObjectStore, settleRequest} from './indexed-db.ts';

export type PackedRow = readonly [rowId: Id, n: number, cells: Row];

/** A record is split when it holds more rows than this, into halves of at most so many. */
const MAX_ROWS_A_PACK = 192;
const ROWS_A_NEW_PACK = 128;
/** More edits of one table than this read all its records at once. */
const MAX_SINGLE_READS = 64;

/** What becomes of a row: given what is stored of it, undefined for nothing, returns what is to be. */
export type RowEdit = (stored: Row | undefined) => Row | undefined;

interface Pack {
  readonly key: readonly [Id, Id];
  readonly rows: Map<Id, PackedRow>;
  isChanged: boolean;
}

/** The rows that a record holds, or undefined for one that is damaged. */
export const parsePack = (record: unknown): PackedRow[] | undefined => {
  try {
    const rows: unknown = JSON.parse(record as string);
    return Array.isArray(rows) && rows.every(isPackedRow) ? rows : undefined;
  } catch {
    // The caller puts it aside, and tells of it.
    return undefined;
  }
};

/** Puts rows of a table that has none into records. */
export const putNewRows = (store: ObjectStore, tableId: Id, rows: readonly PackedRow[]): void => {
  const sorted = rows.toSorted(([one], [other]) => compareIds(one, other));
  for (let start = 0; start < sorted.length; start += ROWS_A_NEW_PACK) {
    putPack(store, tableId, sorted.slice(start, start + ROWS_A_NEW_PACK));
  }
};

/** Puts many rows, sorted by their ids, of a table that has none into records. */
export const putSortedRows = <Item>(
  store: ObjectStore,
  tableId: Id,
  items: readonly Item[],
  rowOf: (item: Item) => PackedRow,
  pause: Pause,
): Promise<void> =>
  forEachGroup(items, ROWS_A_NEW_PACK, pause, (group) => putPack(store, tableId, group.map(rowOf)));

/** The order of ids in a database. */
export const compareIds = (one: Id, other: Id): number => (one < other ? -1 : one > other ? 1 : 0);

const putPack = (store: ObjectStore, tableId: Id, rows: readonly PackedRow[]): void => {
  store.put(stringifyJson(rows), [tableId, (rows[0] as PackedRow)[0]]);
};

/** The cells of a row, or undefined where there is none. */
export const findRow = async (store: ObjectStore, tableId: Id, rowId: Id): Promise<Row | undefined> => {
  const found = await settleRequest(store.openCursor(keysBetween([tableId], [tableId, rowId]), 'prev'));
  return parsePack(found?.value)?.find(([id]) => id === rowId)?.[2];
};

/** Edits rows of a table, each where it lies. Rows that are new get the next number. */
export const editRows = async (
  store: ObjectStore,
  tableId: Id,
  edits: ReadonlyMap<Id, RowEdit>,
  {nextNumber, pause}: {readonly nextNumber: () => number; readonly pause: Pause},
): Promise<void> => {
  const packs = new Map<Id, Pack>();
  const find =
    edits.size > MAX_SINGLE_READS
      ? findAmong(await readPacks(store, tableId, packs, pause))
      : findOne(store, tableId, packs);
  let doneRows = 0;
  for (const [rowId, edit] of edits) {
    const pack = await find(rowId);
    editPack(pack, rowId, edit, nextNumber);
    if (++doneRows % ROWS_A_NEW_PACK === 0) {
      await pause();
    }
  }
  for (const pack of packs.values()) {
    if (pack.isChanged) {
      await storePack(store, tableId, pack, pause);
    }
  }
};

const isPackedRow = (row: unknown): row is PackedRow =>
  Array.isArray(row) &&
  typeof row[0] === 'string' &&
  typeof row[1] === 'number' &&
  typeof row[2] === 'object' &&
  row[2] !== null &&
  !Array.isArray(row[2]);

const openPack = (packs: Map<Id, Pack>, key: Key, record: unknown): Pack => {
  const [tableId, firstId] = key as unknown as readonly [Id, Id];
  let pack = packs.get(firstId);
  if (pack === undefined) {
    // A damaged record is put aside by the next load; nothing of it can be edited.
    pack = {
      key: [tableId, firstId],
      rows: new Map((parsePack(record) ?? []).map((row) => [row[0], row])),
      isChanged: false,
    };
    packs.set(firstId, pack);
  }
  return pack;
};

const newPack = (packs: Map<Id, Pack>, tableId: Id, rowId: Id): Pack => {
  const pack: Pack = {key: [tableId, rowId], rows: new Map(), isChanged: false};
  packs.set(rowId, pack);
  return pack;
};

const readPacks = async (
  store: ObjectStore,
  tableId: Id,
  packs: Map<Id, Pack>,
  pause: Pause,
): Promise<{tableId: Id; packs: Map<Id, Pack>; sorted: Pack[]}> => {
  const range = keysBetween([tableId], [tableId, []]);
  const [keys, records] = await Promise.all([
    settleRequest(store.getAllKeys(range)),
    settleRequest(store.getAll(range)),
  ]);
  const sorted: Pack[] = [];
  for (const [index, key] of keys.entries()) {
    sorted.push(openPack(packs, key, records[index]));
    await pause();
  }
  return {tableId, packs, sorted};
};

// The last record that begins at or before a row; before the first, the first.
const findAmong =
  ({tableId, packs, sorted}: {tableId: Id; packs: Map<Id, Pack>; sorted: Pack[]}) =>
  async (rowId: Id): Promise<Pack> => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as Pack).key[1] <= rowId) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const found = sorted[Math.max(0, low - 1)];
    if (found !== undefined) {
      return found;
    }
    const created = newPack(packs, tableId, rowId);
    sorted.push(created);
    return created;
  };

const findOne =
  (store: ObjectStore, tableId: Id, packs: Map<Id, Pack>) =>
  async (rowId: Id): Promise<Pack> => {
    const before = await settleRequest(store.openCursor(keysBetween([tableId], [tableId, rowId]), 'prev'));
    const found =
      before ?? (await settleRequest(store.openCursor(keysBetween([tableId], [tableId, []]), 'next')));
    if (found !== null) {
      return openPack(packs, found.key, found.value);
    }
    return packs.values().next().value ?? newPack(packs, tableId, rowId);
  };

const editPack = (pack: Pack, rowId: Id, edit: RowEdit, nextNumber: () => number): void => {
  const stored = pack.rows.get(rowId);
  const cells = edit(stored?.[2]);
  if (cells !== undefined) {
    pack.rows.set(rowId, [rowId, stored?.[1] ?? nextNumber(), cells]);
    pack.isChanged = true;
  } else if (stored !== undefined) {
    pack.rows.delete(rowId);
    pack.isChanged = true;
  }
};

const storePack = async (
  store: ObjectStore,
  tableId: Id,
  {key, rows: rowsById}: Pack,
  pause: Pause,
): Promise<void> => {
  const rows = await sortInSlices([...rowsById.values()], ([one], [other]) => compareIds(one, other), pause);
  if (rows[0]?.[0] !== key[1]) {
    store.delete(key);
  }
  if (rows.length > MAX_ROWS_A_PACK) {
    await putSortedRows(store, tableId, rows, (row) => row, pause);
  } else if (rows.length > 0) {
    putPack(store, tableId, rows);
  }
};

/** The cells with the changed ones in their places; undefined where none is left. */
export const mergeCells = (
  cells: Row,
  changes: {readonly [cellId: Id]: Cell | undefined},
): Row | undefined => {
  const merged: Row = Object.assign(Object.create(null), cells);
  for (const cellId of Object.keys(changes)) {
    const cell = changes[cellId];
    if (cell === undefined) {
      delete merged[cellId];
    } else {
      merged[cellId] = cell;
    }
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
};
