// Arithmetic on contents and changes whose cells are texts with stamps. Pure.

import {emptyObject} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges, TableChanges, TablesChanges} from '../base/content.ts';
import {mergeStampedRows} from '../merge/stamped-cells.ts';

/** Adds changes to content or changes, in place: of each cell the greater text stays. */
export const addChanges = (
  [tables, values]: Content | Changes,
  [addedTables, addedValues]: Changes,
): void => {
  for (const tableId of Object.keys(addedTables)) {
    const rows = rowsAmong(tables as TablesChanges, tableId);
    const added = addedTables[tableId] ?? {};
    for (const rowId of Object.keys(added)) {
      rows[rowId] = mergeStampedRows(cellsAmong(rows, rowId) as Row, added[rowId] ?? {});
    }
  }
  Object.assign(values, mergeStampedRows(values as Row, addedValues));
};

/** The rows of a table among changes, made where there are none. */
export const rowsAmong = (tables: TablesChanges, tableId: Id): TableChanges => {
  const rows = (Object.hasOwn(tables, tableId) ? tables[tableId] : undefined) ?? emptyObject<TableChanges>();
  tables[tableId] = rows;
  return rows;
};

/** The cells of a row among those of its table, or none. */
export const cellsAmong = (rows: TableChanges | undefined, rowId: Id): RowChanges =>
  (rows !== undefined && Object.hasOwn(rows, rowId) ? rows[rowId] : undefined) ?? {};
