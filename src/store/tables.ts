// Setting, adding and deleting cells, rows and tables. Runs inside a transaction that somebody else opened.

import type {Id} from '../base/content.ts';
import {admitCell, admitRow, refuseCell, withDefaults} from './admit.ts';
import {putCell, putRow, removeCell, removeRow, removeTable, tableFor} from './log.ts';
import type {Cells, State, Stored, TableState} from './state.ts';
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
  const current = tableFor(state, tableId);
  const isNew = current.rows.size === 0;
  const admitted = new Set<Id>();
  for (const rowId of rowIds) {
    const row = (table as {[rowId: Id]: unknown})[rowId];
    const cells = admitRow(state, tableId, rowId, row, current.newCells());
    if (cells) {
      replaceRow(state, tableId, rowId, cells, current);
      if (!isNew) admitted.add(rowId);
    }
  }
  if (isNew) return current.rows.size > 0;
  if (admitted.size) {
    for (const rowId of [...current.rows.keys()]) if (!admitted.has(rowId)) deleteRow(state, tableId, rowId);
  }
  return admitted.size > 0;
};

export const setRow = (state: State, tableId: Id, rowId: Id, row: unknown): void => {
  const table = tableFor(state, tableId);
  const cells = admitRow(state, tableId, rowId, row, table.newCells());
  if (cells) replaceRow(state, tableId, rowId, cells, table);
};

export const addRow = (state: State, tableId: Id, row: unknown, reuseRowIds?: boolean): Id | undefined => {
  const table = tableFor(state, tableId);
  const cells = admitRow(state, tableId, undefined, row, table.newCells());
  if (!cells) return undefined;
  let rowId: Id;
  do rowId = table.rowIds.take(reuseRowIds);
  while (table.rows.has(rowId));
  putRow(state, tableId, rowId, cells, table);
  return rowId;
};

export const setPartialRow = (state: State, tableId: Id, rowId: Id, row: unknown): void => {
  const table = tableFor(state, tableId);
  const cells = admitRow(state, tableId, rowId, row, table.newCells(), true);
  if (cells) mergeRow(state, tableId, rowId, cells, table);
};

export const setCell = (state: State, tableId: Id, rowId: Id, cellId: Id, cell: unknown): void => {
  let given = cell;
  if (typeof cell === 'function')
    given = cell(fromStored(state.tables.get(tableId)?.rows.get(rowId)?.[cellId]));
  const stored = admitCell(state, tableId, rowId, cellId, given);
  if (stored === undefined) return;
  const table = tableFor(state, tableId);
  const cells = table.rows.get(rowId);
  if (cells) putCell(state, tableId, rowId, cellId, stored, table, cells);
  else {
    const newRow = table.newCells();
    newRow[cellId] = stored;
    mergeRow(state, tableId, rowId, newRow, table);
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

const mergeRow = (state: State, tableId: Id, rowId: Id, cells: Cells, table: TableState): void => {
  if (!table.rows.has(rowId)) {
    putRow(state, tableId, rowId, withDefaults(state, tableId, rowId, cells, table.newCells()), table);
  } else for (const cellId in cells) putCell(state, tableId, rowId, cellId, cells[cellId] as Stored);
};

const replaceRow = (state: State, tableId: Id, rowId: Id, cells: Cells, table: TableState): void => {
  const before = table.rows.get(rowId);
  if (!before) putRow(state, tableId, rowId, cells, table);
  else {
    const idsBefore = Object.keys(before);
    for (const cellId in cells)
      putCell(state, tableId, rowId, cellId, cells[cellId] as Stored, table, before);
    for (const cellId of idsBefore) if (!(cellId in cells)) removeCell(state, tableId, rowId, cellId);
  }
};
