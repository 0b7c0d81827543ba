// Writes changes, or a whole store, into the `rows` layout: the statements of one save. Knows how rows are spelt;
// nothing of when they are saved or what others do.

import {spellId} from '../base/cell-text.ts';
import {isReplacement} from '../base/changes.ts';
import type {Cell, Changes, Row, RowChanges} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {statement} from '../sql/statement.ts';
import type {LogEntry} from './change-log.ts';
import {createRowsBatches, type RowsBatch} from './rows-batch.ts';
import {PLAIN_COLUMN} from './rows-table.ts';
import {spellPatch, spellRowCells, VALUE_CELL, VALUES_TABLE} from './rows-text.ts';
import type {Steps} from './steps.ts';
import type {ProgressListener, StoreReader} from './storage.ts';

export interface RowsWriter {
  /** Stores the changes; returns which rows they touched. */
  writeChanges(
    changes: Changes,
    store: StoreReader,
    onProgress: ProgressListener,
  ): Steps<readonly LogEntry[]>;
  /** Stores everything in the store, and deletes nothing. */
  writeWhole(store: StoreReader, onProgress: ProgressListener): Steps;
}

/** Deleted rows a statement, where the driver's limits allow. */
const MAX_DELETES_A_STATEMENT = 500;

export const createRowsWriter = (dialect: Dialect, limits: DriverLimits, tableName: string): RowsWriter => {
  const table = dialect.quoteTable(tableName);
  const p = dialect.placeholder;
  const {hasStrictJson} = dialect;
  const insert = `INSERT INTO ${table} (table_id, row_id, cells) VALUES `;
  const onConflict = ' ON CONFLICT (table_id, row_id) DO UPDATE SET cells = ';
  const stored = `${table}.cells`;

  const createBatch = createRowsBatches(dialect, limits, {
    tableName,
    columnName: PLAIN_COLUMN,
    merge: dialect.patchJson,
  });
  const mergeOne = `${insert}(${p(1)}, ${p(2)}, ${p(3)})${onConflict}${dialect.patchJson(stored, p(4))}`;
  const replaceOne = `${insert}(${p(1)}, ${p(2)}, ${p(3)})${onConflict}excluded.cells`;
  const deleteMany = (rowCount: number): string =>
    `DELETE FROM ${table} WHERE table_id = ${p(1)} AND row_id IN (${Array.from({length: rowCount}, (_, row) => p(row + 2)).join(', ')})`;
  const deletesAStatement = Math.max(1, Math.min(MAX_DELETES_A_STATEMENT, limits.maxParams - 1));

  function* deleteRows(tableText: string, rowTexts: readonly string[]): Steps {
    for (let start = 0; start < rowTexts.length; start += deletesAStatement) {
      const some = rowTexts.slice(start, start + deletesAStatement);
      yield statement(deleteMany(some.length), [tableText, ...some]);
    }
  }

  function* writeRow(
    batch: RowsBatch,
    tableText: string,
    rowText: string,
    changes: RowChanges,
    row: Row,
  ): Steps {
    if (isReplacement(changes)) {
      yield statement(replaceOne, [tableText, rowText, spellRowCells(row, hasStrictJson)]);
    } else if (isWholeRow(changes, row)) {
      yield* batch.add(tableText, rowText, spellRowCells(row, hasStrictJson));
    } else {
      yield statement(mergeOne, [
        tableText,
        rowText,
        spellRowCells(row, hasStrictJson),
        spellPatch(changes, hasStrictJson),
      ]);
    }
  }

  return {
    *writeChanges([tables, values], store, onProgress) {
      const touched: LogEntry[] = [];
      const batch = createBatch();
      let doneRows = 0;
      for (const tableId of Object.keys(tables)) {
        const tableText = spellId(tableId);
        const deleted: string[] = [];
        const rows = tables[tableId] ?? {};
        const rowIds = Object.keys(rows);
        for (const rowId of rowIds) {
          const rowText = spellId(rowId);
          touched.push({table: tableText, row: rowText});
          const changes = rows[rowId];
          if (changes === undefined) {
            deleted.push(rowText);
          } else {
            yield* writeRow(batch, tableText, rowText, changes, store.getRow(tableId, rowId));
          }
          if (++doneRows % 1_000 === 0) {
            onProgress(doneRows, undefined);
          }
        }
        yield* deleteRows(tableText, deleted);
      }
      yield* writeValues(values);
      yield* batch.end();
      for (const valueId of Object.keys(values)) {
        touched.push({table: VALUES_TABLE, row: spellId(valueId)});
      }
      return touched;

      function* writeValues(changes: Changes[1]): Steps {
        const deleted: string[] = [];
        for (const valueId of Object.keys(changes)) {
          const value = changes[valueId];
          if (value === undefined) {
            deleted.push(spellId(valueId));
          } else {
            yield* batch.add(
              VALUES_TABLE,
              spellId(valueId),
              spellRowCells({[VALUE_CELL]: value}, hasStrictJson),
            );
          }
        }
        yield* deleteRows(VALUES_TABLE, deleted);
      }
    },

    *writeWhole(store, onProgress) {
      const batch = createBatch();
      const tableIds = store.getTableIds();
      const totalRows = tableIds.reduce((sum, tableId) => sum + store.getRowCount(tableId), 0);
      let doneRows = 0;
      for (const tableId of tableIds) {
        const tableText = spellId(tableId);
        for (const rowId of store.getRowIds(tableId)) {
          yield* batch.add(
            tableText,
            spellId(rowId),
            spellRowCells(store.getRow(tableId, rowId), hasStrictJson),
          );
          if (++doneRows % 1_000 === 0) {
            onProgress(doneRows, totalRows);
          }
        }
      }
      const values = store.getValues();
      for (const valueId of Object.keys(values)) {
        yield* batch.add(
          VALUES_TABLE,
          spellId(valueId),
          spellRowCells({[VALUE_CELL]: values[valueId] as Cell}, hasStrictJson),
        );
      }
      yield* batch.end();
      onProgress(totalRows, totalRows);
    },
  };
};

/** Whether the changes are all there is of the row: then the row is their patch. */
const isWholeRow = (changes: RowChanges, row: Row): boolean => {
  let count = 0;
  for (const cellId of Object.keys(changes)) {
    if (changes[cellId] === undefined) {
      return false;
    }
    count++;
  }
  return count === Object.keys(row).length;
};
