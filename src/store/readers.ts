// The methods of a store that look: get…, has… and forEach…. What they give is the caller's own copy.

import type {Cell, Content, Id} from '../base/content.ts';
import {copyCell, copyRow, copyTable, copyTables, copyValues} from './copies.ts';
import {getTablesJson, getValuesJson} from './json.ts';
import {getTransactionChanges, getTransactionLog} from './net-changes.ts';
import {writeTablesSchema, writeValuesSchema} from './rules.ts';
import {getSortedRowIds} from './sorted-row-ids.ts';
import type {Cells, State, TableState} from './state.ts';
import type {
  CellCallback,
  RowCallback,
  SortedRowIdsArgs,
  Sorter,
  TableCallback,
  TableCellCallback,
  ValueCallback,
} from './store.ts';

const NO_ROWS: TableState['rows'] = new Map();
const NO_COUNTS: TableState['counts'] = new Map();

export const createReaders = (state: State) => {
  const {tables, values} = state;
  // Ids that are no strings are taken as strings, as the keys of objects are.
  const rowsOf = (tableId: Id) => tables.get(`${tableId}`)?.rows ?? NO_ROWS;
  const countsOf = (tableId: Id) => tables.get(`${tableId}`)?.counts ?? NO_COUNTS;
  const cellsOf = (tableId: Id, rowId: Id) => rowsOf(tableId).get(`${rowId}`);
  const hasCells = (tableId: Id, rowId: Id, cellId: Id) => cellsOf(tableId, rowId)?.[cellId] !== undefined;

  const getTables = () => copyTables(state);
  const getValues = () => copyValues(state);
  const getTablesSchemaJson = () => JSON.stringify(writeTablesSchema(state.tablesSchema));
  const getValuesSchemaJson = () => JSON.stringify(writeValuesSchema(state.valuesSchema));

  const forEachCellOf = (tableId: Id, rowId: Id, cells: Cells, cellCallback: CellCallback) => {
    const {log} = state;
    const {length} = log;
    for (const cellId of Object.keys(cells)) {
      // The callback may have written, and then the cells of before are no longer those that are there.
      const isUnchanged = state.log === log && log.length === length;
      const cell = (isUnchanged ? cells : cellsOf(tableId, rowId))?.[cellId];
      if (cell !== undefined) cellCallback(cellId, copyCell(state, cell) as Cell);
    }
  };

  const forEachRow = (tableId: Id, rowCallback: RowCallback) =>
    rowsOf(tableId).forEach((cells, rowId) => {
      rowCallback(rowId, (cellCallback) => forEachCellOf(tableId, rowId, cells, cellCallback));
    });

  return {
    getContent: () => [getTables(), getValues()] as Content,
    getTables,
    getTableIds: () => [...tables.keys()],
    getTable: (tableId: Id) => copyTable(state, rowsOf(tableId)),
    getTableCellIds: (tableId: Id) => [...countsOf(tableId).keys()],
    getRowCount: (tableId: Id) => rowsOf(tableId).size,
    getRowIds: (tableId: Id) => [...rowsOf(tableId).keys()],
    getSortedRowIds: (
      tableId: Id | SortedRowIdsArgs,
      cellId?: Id,
      descending?: boolean,
      offset?: number,
      limit?: number,
      sorter?: Sorter,
    ) =>
      getSortedRowIds(
        state,
        (typeof tableId === 'object' && tableId
          ? tableId
          : {tableId, cellId, descending, offset, limit, sorter}) as SortedRowIdsArgs,
      ),
    getRow: (tableId: Id, rowId: Id) => copyRow(state, cellsOf(tableId, rowId)),
    getCellIds: (tableId: Id, rowId: Id) => Object.keys(cellsOf(tableId, rowId) ?? {}),
    getCell: (tableId: Id, rowId: Id, cellId: Id) => copyCell(state, cellsOf(tableId, rowId)?.[cellId]),
    getValues,
    getValueIds: () => [...values.keys()],
    getValue: (valueId: Id) => copyCell(state, values.get(`${valueId}`)),

    hasTables: () => tables.size > 0,
    hasTable: (tableId: Id) => tables.has(`${tableId}`),
    hasTableCell: (tableId: Id, cellId: Id) => countsOf(tableId).has(`${cellId}`),
    hasRow: (tableId: Id, rowId: Id) => rowsOf(tableId).has(`${rowId}`),
    hasCell: hasCells,
    hasValues: () => values.size > 0,
    hasValue: (valueId: Id) => values.has(`${valueId}`),
    hasTablesSchema: () => !!state.tablesSchema,
    hasValuesSchema: () => !!state.valuesSchema,
    isMergeable: () => false,

    getTablesJson: () => getTablesJson(state),
    getValuesJson: () => getValuesJson(state),
    getJson: () => `[${getTablesJson(state)},${getValuesJson(state)}]`,
    getTablesSchemaJson,
    getValuesSchemaJson,
    getSchemaJson: () => `[${getTablesSchemaJson()},${getValuesSchemaJson()}]`,

    getTransactionChanges: () => getTransactionChanges(state),
    getTransactionLog: () => getTransactionLog(state),

    forEachTable: (tableCallback: TableCallback) =>
      tables.forEach((_, tableId) => {
        tableCallback(tableId, (rowCallback) => forEachRow(tableId, rowCallback));
      }),
    forEachTableCell: (tableId: Id, tableCellCallback: TableCellCallback) =>
      countsOf(tableId).forEach(({count}, cellId) => {
        tableCellCallback(cellId, count);
      }),
    forEachRow,
    forEachCell: (tableId: Id, rowId: Id, cellCallback: CellCallback) =>
      forEachCellOf(tableId, rowId, cellsOf(tableId, rowId) ?? {}, cellCallback),
    forEachValue: (valueCallback: ValueCallback) =>
      values.forEach((value, valueId) => {
        valueCallback(valueId, copyCell(state, value) as Cell);
      }),
  };
};
