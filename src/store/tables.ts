// Setting, adding and deleting cells, rows and tables. Runs inside a transaction that somebody else opened.

import type {Id} from '../base/content.ts';
import {admitCell, admitRow, refuseCell, withDefaults} from './admit.ts';
import {putCell, putRow, removeCell, removeRow, removeTable} from './log.ts';
import {type Cells, newCells, newTable, type State, type Stored} from './state.ts';
import {fromStored, isPlainObject} from './stored.ts';

/** `mayBeEmpty`: an empty object deletes everything, where otherwise it is refused. */
export const setTables = (state: State, tables: unknown, mayBeEmpty = false): void => {
  const tableIds = isPlainObject(tables) ? Object.keys(tables) : [];
  if (isPlainObject(tables) && (mayBeEmpty || tableIds.length)) {
    const admitted = new Set(tableIds.filter((tableId) => setTable(state, tableId, tables[tableId])));
    if (admitted.size || !tableIds.length) {
      for (const tableId of [...state.tables.keys()]) if (!admitted.has(tableId)) removeTable(state, tableId);
    }
  } else refuseCell(state);
};

/** Whether any of it was admitted: if not, nothing was done. */
export const setTable = (state: State, tableId: Id, table: unknown): boolean => {
  const rowIds = isPlainObject(table) ? Object.keys(table) : [];
  if (!rowIds.length || state.tablesSchema?.has(tableId) === false) {
    refuseCell(state, tableId);
    return false;
  }
  const before = state.tables.get(tableId)?.rows;
  const admitted = new Set<Id>();
  let isAdmitted = false;
  for (const rowId of rowIds) {
    const cells = admitRow(state, tableId, rowId, (table as {[rowId: Id]: unknown})[rowId]);
    if (cells) {
      isAdmitted = true;
      if (before) {
        admitted.add(rowId);
        replaceRow(state, tableId, rowId, cells);
      } else putRow(state, tableId, rowId, cells);
    }
  }
  if (before && isAdmitted) {
    for (const rowId of [...before.keys()]) if (!admitted.has(rowId)) deleteRow(state, tableId, rowId);
  }
  return isAdmitted;
};

export const setRow = (state: State, tableId: Id, rowId: Id, row: unknown): void => {
  const cells = admitRow(state, tableId, rowId, row);
  if (cells) replaceRow(state, tableId, rowId, cells);
};

export const addRow = (state: State, tableId: Id, row: unknown, reuseRowIds?: boolean): Id | undefined => {
  const cells = admitRow(state, tableId, undefined, row);
  if (!cells) return undefined;
  const table = state.tables.get(tableId) ?? newTable();
  let rowId: Id;
  do rowId = table.rowIds.take(reuseRowIds);
  while (table.rows.has(rowId));
  putRow(state, tableId, rowId, cells, table);
  return rowId;
};

export const setPartialRow = (state: State, tableId: Id, rowId: Id, row: unknown): void => {
  const cells = admitRow(state, tableId, rowId, row, true);
  if (cells) mergeRow(state, tableId, rowId, cells);
};

export const setCell = (state: State, tableId: Id, rowId: Id, cellId: Id, cell: unknown): void => {
  const table = state.tables.get(tableId);
  const cells = table?.rows.get(rowId);
  const given = typeof cell === 'function' ? cell(fromStored(cells?.[cellId])) : cell;
  const stored = admitCell(state, tableId, rowId, cellId, given);
  if (stored === undefined) return;
  // A function may have written, too, and then what was found before is no longer what is there.
  if (cells && given === cell) putCell(state, tableId, rowId, cellId, stored, table, cells);
  else if (state.tables.get(tableId)?.rows.has(rowId)) putCell(state, tableId, rowId, cellId, stored);
  else {
    const newRow = newCells();
    newRow[cellId] = stored;
    mergeRow(state, tableId, rowId, newRow);
  }
};

export const deleteRow = (state: State, tableId: Id, rowId: Id): void => {
  const table = state.tables.get(tableId);
  if (table?.rows.has(rowId)) {
    removeRow(state, tableId, rowId);
    table.rowIds.free(rowId);
  }
};

export const deleteCell = (state: State, tableId: Id, rowId: Id, cellId: Id, isForced?: boolean): void => {
  const byDefault = state.tablesSchema?.get(tableId)?.get(cellId)?.default;
  if (byDefault === undefined) removeCell(state, tableId, rowId, cellId);
  else if (isForced) deleteRow(state, tableId, rowId);
  else if (state.tables.get(tableId)?.rows.has(rowId)) putCell(state, tableId, rowId, cellId, byDefault);
};

const mergeRow = (state: State, tableId: Id, rowId: Id, cells: Cells): void => {
  if (!state.tables.get(tableId)?.rows.has(rowId)) {
    putRow(state, tableId, rowId, withDefaults(state, tableId, rowId, cells));
  } else for (const cellId in cells) putCell(state, tableId, rowId, cellId, cells[cellId] as Stored);
};

const replaceRow = (state: State, tableId: Id, rowId: Id, cells: Cells): void => {
  const before = state.tables.get(tableId)?.rows.get(rowId);
  if (!before) putRow(state, tableId, rowId, cells);
  else {
    const idsBefore = Object.keys(before);
    for (const cellId in cells) putCell(state, tableId, rowId, cellId, cells[cellId] as Stored);
    for (const cellId of idsBefore) if (!(cellId in cells)) removeCell(state, tableId, rowId, cellId);
  }
};
