// Writes into the records of an IndexedDB database, inside a transaction: changes, or a whole content, and the log. Knows
// nothing of other pages and of persisters.

import {emptyObject, isReplacement, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, TableChanges} from '../base/content.ts';
import {keysUpTo, type ObjectStore, settleRequest, type Transaction} from './indexed-db.ts';
import {editRows, mergeCells, type PackedRow, putNewRows, type RowEdit} from './indexed-db-packs.ts';
import type {LogEntry} from './indexed-db-reader.ts';
import type {ProgressListener} from './storage.ts';

/** More records than this in one write are logged as one entry. */
const MAX_ENTRIES_A_WRITE = 256;
const KEPT_ENTRIES = 16_384;

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
const writeValues = (values: ObjectStore, changes: Changes[1]): void => {
  for (const valueId of Object.keys(changes)) {
    if (changes[valueId] === undefined) {
      values.delete(valueId);
    } else {
      values.put({value: changes[valueId]}, valueId);
    }
  }
};

/** Merges the changes into what is stored; returns what they touch. */
export const writeChanges = async (
  transaction: Transaction,
  [tables, values]: Changes,
  rowOf: (tableId: Id, rowId: Id) => Row,
  nextNumber: () => number,
): Promise<LogEntry[]> => {
  const entries: LogEntry[] = Object.keys(values).map((valueId) => [valueId]);
  for (const tableId of Object.keys(tables)) {
    const edits = new Map<Id, RowEdit>();
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      entries.push([tableId, rowId]);
      const changes = tables[tableId]?.[rowId];
      if (changes === undefined) {
        edits.set(rowId, () => undefined);
        continue;
      }
      // The row as it is now: the store may go on changing while this waits for the database.
      const row = rowOf(tableId, rowId);
      // A row that another page has deleted meanwhile comes back whole.
      edits.set(rowId, (stored) => (isReplacement(changes) ? row : mergeCells(stored ?? row, changes)));
    }
    await editRows(transaction.objectStore('rows'), tableId, edits, nextNumber);
  }
  writeValues(transaction.objectStore('values'), values);
  return entries;
};

/** Stores everything in the content, and deletes nothing. */
export const writeWhole = async (
  transaction: Transaction,
  [tables, values]: Content,
  nextNumber: () => number,
  onProgress: ProgressListener,
): Promise<void> => {
  const rowStore = transaction.objectStore('rows');
  const isEmpty = (await settleRequest(rowStore.count())) === 0;
  let doneRows = 0;
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId] ?? {};
    const rowIds = Object.keys(table);
    if (isEmpty) {
      putNewRows(
        rowStore,
        tableId,
        rowIds.map((rowId): PackedRow => [rowId, nextNumber(), table[rowId] as Row]),
      );
    } else {
      const edits = new Map<Id, RowEdit>();
      for (const rowId of rowIds) {
        const row = table[rowId] as Row;
        edits.set(rowId, (stored) => (stored === undefined ? row : mergeCells(stored, row)));
      }
      await editRows(rowStore, tableId, edits, nextNumber);
    }
    doneRows += rowIds.length;
    onProgress(doneRows, undefined);
  }
  writeValues(transaction.objectStore('values'), values);
};

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
