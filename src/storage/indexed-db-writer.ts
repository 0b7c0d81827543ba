// Writes into the records of an IndexedDB database, inside a transaction: changes, or a whole content, and the log. Knows
// nothing of other pages and of persisters.

import {emptyObject, isReplacement, noChanges} from '../base/changes.ts';
import type {Changes, Id, Row, TableChanges} from '../base/content.ts';
import {createPause, forEachGroup, type Pause, sortInSlices} from '../base/slices.ts';
import {mergeStampedRows} from '../merge/stamped-cells.ts';
import {keysUpTo, type ObjectStore, settleRequest, type Transaction} from './indexed-db.ts';
import {compareIds, editRows, mergeCells, putSortedRows, type RowEdit} from './indexed-db-packs.ts';
import {isValueRecord, type LogEntry} from './indexed-db-reader.ts';
import type {ProgressListener, StoreReader} from './storage.ts';

/** More records than this in one write are logged as one entry. */
const MAX_ENTRIES_A_WRITE = 256;
const KEPT_ENTRIES = 16_384;
/** Rows between two looks at the clock. */
const ROWS_A_GROUP = 512;
/** A key of no record. */
const NO_KEY = 0;

/** Adds the entries to the log, or one that names nothing; resolves with their numbers. */
export const appendLog = async (
  log: ObjectStore,
  entries: readonly LogEntry[] | undefined,
): Promise<number[]> => {
  const logged = entries === undefined || entries.length > MAX_ENTRIES_A_WRITE ? [[]] : entries;
  const seqs = (await Promise.all(logged.map((entry) => settleRequest(log.add(entry))))) as number[];
  const newest = seqs.at(-1) ?? 0;
  if (newest > KEPT_ENTRIES && newest % 64 < seqs.length) {
    log.delete(keysUpTo(newest - KEPT_ENTRIES));
  }
  return seqs;
};
const writeValues = async (
  values: ObjectStore,
  changes: Changes[1],
  {isStamped}: WriteTools,
): Promise<void> => {
  for (const valueId of Object.keys(changes)) {
    const stored = isStamped ? await settleRequest(values.get(valueId)) : undefined;
    const value = isValueRecord(stored)
      ? mergeStampedRows({[valueId]: stored.value}, {[valueId]: changes[valueId]})[valueId]
      : changes[valueId];
    if (value === undefined) {
      values.delete(valueId);
    } else {
      values.put({value}, valueId);
    }
  }
};

/** What writing needs beside what is written. */
export interface WriteTools {
  readonly now: () => number;
  /** The number of the next new row. */
  readonly nextNumber: () => number;
  /** Whether cells are texts with stamps, of which the greater one stays. */
  readonly isStamped: boolean;
}

/** Merges the changes into what is stored; returns what they touch. */
export const writeChanges = async (
  transaction: Transaction,
  [tables, values]: Changes,
  rowOf: (tableId: Id, rowId: Id) => Row,
  tools: WriteTools,
): Promise<LogEntry[]> => {
  const {now, nextNumber, isStamped} = tools;
  const rowStore = transaction.objectStore('rows');
  const pause = pauseWithin(rowStore, now);
  const entries: LogEntry[] = Object.keys(values).map((valueId) => [valueId]);
  for (const tableId of Object.keys(tables)) {
    const edits = new Map<Id, RowEdit>();
    const rows = tables[tableId] ?? {};
    await forEachGroup(Object.keys(rows), ROWS_A_GROUP, pause, (rowIds) => {
      for (const rowId of rowIds) {
        entries.push([tableId, rowId]);
        const changes = rows[rowId];
        if (changes === undefined) {
          edits.set(rowId, () => undefined);
          continue;
        }
        if (isStamped) {
          edits.set(rowId, (stored) => mergeStampedRows(stored ?? {}, changes));
          continue;
        }
        // The row as it was taken: the store may go on changing while this waits for the database.
        const row = rowOf(tableId, rowId);
        // A row that another page has deleted meanwhile comes back whole.
        edits.set(rowId, (stored) => (isReplacement(changes) ? row : mergeCells(stored ?? row, changes)));
      }
    });
    await editRows(rowStore, tableId, edits, {nextNumber, pause});
  }
  await writeValues(transaction.objectStore('values'), values, tools);
  return entries;
};

/** Stores everything in the store, and deletes nothing. */
export const writeWhole = async (
  transaction: Transaction,
  store: StoreReader,
  tools: WriteTools,
  onProgress: ProgressListener,
): Promise<void> => {
  const {now, nextNumber, isStamped} = tools;
  const merge = isStamped ? mergeStampedRows : mergeCells;
  const rowStore = transaction.objectStore('rows');
  const pause = pauseWithin(rowStore, now);
  const isEmpty = (await settleRequest(rowStore.count())) === 0;
  let doneRows = 0;
  for (const tableId of store.getTableIds()) {
    const rowIds = store.getRowIds(tableId);
    if (isEmpty) {
      await putNewTable(rowStore, tableId, rowIds, {store, nextNumber, pause});
    } else {
      const edits = new Map<Id, RowEdit>();
      await forEachGroup(rowIds, ROWS_A_GROUP, pause, (group) => {
        for (const rowId of group) {
          const row = store.getRow(tableId, rowId);
          edits.set(rowId, (stored) => (stored === undefined ? row : merge(stored, row)));
        }
      });
      await editRows(rowStore, tableId, edits, {nextNumber, pause});
    }
    doneRows += rowIds.length;
    onProgress(doneRows, undefined);
  }
  await writeValues(transaction.objectStore('values'), store.getValues(), tools);
};

const putNewTable = async (
  rowStore: ObjectStore,
  tableId: Id,
  rowIds: readonly Id[],
  {store, nextNumber, pause}: {store: StoreReader; nextNumber: () => number; pause: Pause},
): Promise<void> => {
  const numbered: (readonly [rowId: Id, n: number])[] = [];
  await forEachGroup(rowIds, ROWS_A_GROUP, pause, (group) => {
    for (const rowId of group) {
      numbered.push([rowId, nextNumber()]);
    }
  });
  const sorted = await sortInSlices(numbered, ([one], [other]) => compareIds(one, other), pause);
  await putSortedRows(
    rowStore,
    tableId,
    sorted,
    ([rowId, n]) => [rowId, n, store.getRow(tableId, rowId)],
    pause,
  );
};

// A transaction ends by itself when nothing is asked of it: while it lets the host in, it waits for an answer.
export const pauseWithin = (store: ObjectStore, now: () => number): Pause =>
  createPause(now, () => settleRequest(store.get(NO_KEY)));

/** Of changes, the rows and values that they delete. */
export const onlyDeletions = ([tables, values]: Changes): Changes => {
  const deletions = noChanges();
  for (const tableId of Object.keys(tables)) {
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      if (tables[tableId]?.[rowId] === undefined) {
        deletions[0][tableId] ??= emptyObject<TableChanges>();
        (deletions[0][tableId] as TableChanges)[rowId] = undefined;
      }
    }
  }
  for (const valueId of Object.keys(values)) {
    if (values[valueId] === undefined) {
      deletions[1][valueId] = undefined;
    }
  }
  return deletions;
};

/** For changes that delete alone, and ask for no row. */
export const noRow = (): Row => emptyObject();
