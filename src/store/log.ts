// Every change to what is kept, and its entry in the log of the transaction. All writing ends in the functions of this file.
// Knows nothing of validity: what comes here has passed `admit.ts`.
//
// An entry is five items in a flat array, `tableId, rowId, cellId, before, after`, because one array of 500,000 items is
// filled in a millisecond where as many small objects take tens:
//
//   tableId    rowId      cellId     before, after: what is kept, or undefined
//   tableId    rowId      undefined  the row's cells: it was added or removed as a whole
//   tableId    undefined  cellId     true or undefined: the table's first or last cell of that id
//   tableId    undefined  undefined  true or undefined: the table
//   undefined  undefined  valueId    what is kept, or undefined
//
// Invariants: 1. Every entry is a difference. 2. The cells in a row's entry may later change, gain members and, in long rows, lose
// them; each of these has an entry of its own that comes later (`net-changes.ts` knows).

import type {Id} from '../base/content.ts';
import {type Cells, newTable, type State, type Stored, type TableState} from './state.ts';

/**
 * A row without one cell is made by copying, since V8's `delete` makes an object slow and large for good; where a table has more
 * cell ids than this, rows may be so long that it has done so anyhow, and copying would cost more.
 */
const MAX_COPIED_CELLS = 64;

/** The table of an id, or a new one that is not in the store before a row is put there. */
export const tableFor = (state: State, tableId: Id): TableState => state.tables.get(tableId) ?? newTable();

/** Adds a row that was not there. `found` is from `tableFor`, and becomes the table if there is none. */
export const putRow = (state: State, tableId: Id, rowId: Id, cells: Cells, found: TableState): void => {
  // Code of the caller (a getter, a function for a cell) may have run since it was found.
  const table = state.tables.get(tableId) ?? found;
  if (table.rows.size === 0) {
    state.tables.set(tableId, table);
    state.log.push(tableId, undefined, undefined, undefined, true);
  }
  table.rows.set(rowId, cells);
  state.log.push(tableId, rowId, undefined, undefined, cells);
  for (const cellId in cells) countCell(state, table, tableId, cellId);
};

/** Sets one cell, in a new row if there was none. Callers that have the table and the row at hand save two searches. */
export const putCell = (
  state: State,
  tableId: Id,
  rowId: Id,
  cellId: Id,
  cell: Stored,
  table = tableFor(state, tableId),
  cells = table.rows.get(rowId),
): void => {
  if (!cells) {
    const newRow = table.newCells();
    newRow[cellId] = cell;
    putRow(state, tableId, rowId, newRow, table);
    return;
  }
  const before = cells[cellId];
  if (!Object.is(before, cell)) {
    cells[cellId] = cell;
    state.log.push(tableId, rowId, cellId, before, cell);
    if (before === undefined) {
      countCell(state, table, tableId, cellId);
      const size = table.sizes.get(cells);
      if (size !== undefined) table.sizes.set(cells, size + 1);
    }
  }
};

/** Removes one cell, and the row and the table if nothing is left of them. */
export const removeCell = (state: State, tableId: Id, rowId: Id, cellId: Id): void => {
  const table = state.tables.get(tableId);
  const cells = table?.rows.get(rowId);
  const before = cells?.[cellId];
  if (!table || !cells || before === undefined) return;
  const isLong = table.counts.size > MAX_COPIED_CELLS;
  const rest = isLong
    ? (table.sizes.get(cells) ?? Object.keys(cells).length) - 1
    : copyWithout(table, rowId, cells, cellId);
  if (rest === 0) {
    removeRow(state, tableId, rowId);
    return;
  }
  if (isLong) {
    delete cells[cellId];
    table.sizes.set(cells, rest);
  }
  state.log.push(tableId, rowId, cellId, before, undefined);
  uncountCell(state, table, tableId, cellId);
};

/** Puts a copy without a cell in the place of a row, and returns how many cells it has; does nothing if there would be none. */
const copyWithout = (table: TableState, rowId: Id, cells: Cells, cellId: Id): number => {
  const copy = table.newCells();
  let size = 0;
  for (const id in cells) {
    if (id !== cellId) {
      copy[id] = cells[id] as Stored;
      size++;
    }
  }
  if (size) table.rows.set(rowId, copy);
  return size;
};

/** Removes a row, and its table if it was the last. */
export const removeRow = (state: State, tableId: Id, rowId: Id): void => {
  const table = state.tables.get(tableId);
  const cells = table?.rows.get(rowId);
  if (!table || !cells) return;
  table.rows.delete(rowId);
  state.log.push(tableId, rowId, undefined, cells, undefined);
  for (const cellId in cells) uncountCell(state, table, tableId, cellId);
  if (table.rows.size === 0) {
    state.tables.delete(tableId);
    state.log.push(tableId, undefined, undefined, true, undefined);
  }
};

export const removeTable = (state: State, tableId: Id): void => {
  for (const rowId of [...(state.tables.get(tableId)?.rows.keys() ?? [])]) removeRow(state, tableId, rowId);
};

export const putValue = (state: State, valueId: Id, value: Stored): void => {
  const before = state.values.get(valueId);
  if (!Object.is(before, value)) {
    state.values.set(valueId, value);
    state.log.push(undefined, undefined, valueId, before, value);
  }
};

export const removeValue = (state: State, valueId: Id): void => {
  const before = state.values.get(valueId);
  if (state.values.delete(valueId)) state.log.push(undefined, undefined, valueId, before, undefined);
};

const countCell = (state: State, table: TableState, tableId: Id, cellId: Id): void => {
  const counted = table.counts.get(cellId);
  if (counted) counted.count++;
  else {
    table.counts.set(cellId, {count: 1});
    state.log.push(tableId, undefined, cellId, undefined, true);
  }
};

const uncountCell = (state: State, table: TableState, tableId: Id, cellId: Id): void => {
  const counted = table.counts.get(cellId);
  if (counted && --counted.count === 0) {
    table.counts.delete(cellId);
    state.log.push(tableId, undefined, cellId, true, undefined);
  }
};
