// Writes stamped cells into the `rows` layout: of each cell the later one stays, as the database finds in the upsert itself. What is older
// than the floor is merged into cells that are there, and never brings one back. Knows nothing of when, and of the log.

import {spellId} from '../base/cell-text.ts';
import {emptyObject, isEmptyObject, noChanges} from '../base/changes.ts';
import type {Cell, Changes, Content, Id, Row, RowChanges} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {Hlc} from '../merge/hlc.ts';
import {CLOCK_ID, isStampedBefore, isTombstone} from '../merge/stamped-cells.ts';
import type {Dialect} from '../sql/dialect.ts';
import {statement} from '../sql/statement.ts';
import type {LogEntry} from './change-log.ts';
import {createRowsBatches} from './rows-batch.ts';
import {STAMPED_COLUMN} from './rows-table.ts';
import {spellRowCells, VALUE_CELL, VALUES_TABLE} from './rows-text.ts';
import type {Steps} from './steps.ts';
import type {ProgressListener} from './storage.ts';

interface StampedWritten {
  readonly touched: readonly LogEntry[];
  /** What is older than the floor, and was not deleted: stored only where the database has such cells. */
  readonly old: Changes;
  /** The rows that these are in. */
  readonly oldEntries: readonly LogEntry[];
}

export interface StampedRowsWriter {
  write(stamped: Changes | Content, floor: Hlc, onProgress: ProgressListener): Steps<StampedWritten>;
}

export const createStampedRowsWriter = (
  dialect: Dialect,
  limits: DriverLimits,
  tableName: string,
): StampedRowsWriter => {
  const table = dialect.quoteTable(tableName);
  const p = dialect.placeholder;
  const {byCodePoints, eachText, objectOfTexts} = dialect;
  const {hasStrictJson} = dialect;
  // The greater text of each cell.
  const merge = (stored: string, added: string): string =>
    `(SELECT ${objectOfTexts} FROM (SELECT key, max(value${byCodePoints}) AS value FROM ` +
    `(SELECT key, value FROM ${eachText(stored)} UNION ALL SELECT key, value FROM ${added}) AS cells GROUP BY key) AS merged)`;
  const createBatch = createRowsBatches(dialect, limits, {
    tableName,
    columnName: STAMPED_COLUMN,
    merge: (stored, added) => merge(stored, eachText(added)),
  });
  const mergeKnown =
    `UPDATE ${table} SET ${STAMPED_COLUMN} = ` +
    merge(
      STAMPED_COLUMN,
      `${eachText(p(1))} AS added WHERE key IN (SELECT key FROM ${eachText(STAMPED_COLUMN)} AS known)`,
    ) +
    ` WHERE table_id = ${p(2)} AND row_id = ${p(3)}`;

  return {
    *write([tables, values], floor, onProgress) {
      const touched: LogEntry[] = [];
      const old = noChanges();
      const oldEntries: LogEntry[] = [];
      const batch = createBatch();
      let doneRows = 0;

      function* writeRow(entry: LogEntry, row: Row, addOld: (cells: Row) => void): Steps {
        touched.push(entry);
        const [fresh, older] = divide(row, floor);
        if (older !== undefined) {
          const cells = spellRowCells(older, hasStrictJson);
          yield statement(mergeKnown, [cells, entry.table, entry.row]);
          const live = withoutTombstones(older);
          if (!isEmptyObject(live)) {
            oldEntries.push(entry);
            addOld(live);
          }
        }
        if (!isEmptyObject(fresh)) {
          yield* batch.add(entry.table, entry.row, spellRowCells(fresh, hasStrictJson));
        }
        if (++doneRows % 1_000 === 0) {
          onProgress(doneRows, undefined);
        }
      }

      for (const tableId of Object.keys(tables)) {
        const tableText = spellId(tableId);
        const rows = tables[tableId] ?? {};
        for (const rowId of Object.keys(rows)) {
          yield* writeRow({table: tableText, row: spellId(rowId)}, rows[rowId] as Row, (cells) => {
            const oldRows = old[0][tableId] ?? emptyObject<{[rowId: Id]: RowChanges}>();
            oldRows[rowId] = cells;
            old[0][tableId] = oldRows;
          });
        }
      }
      for (const valueId of Object.keys(values)) {
        const entry = {table: VALUES_TABLE, row: spellId(valueId)};
        const text = values[valueId] as Cell;
        // A clock among the values is known by its id, which is the row's here.
        const cells: Row = {[VALUE_CELL]: text};
        if (valueId === CLOCK_ID) {
          touched.push(entry);
          yield* batch.add(entry.table, entry.row, spellRowCells(cells, hasStrictJson));
        } else {
          yield* writeRow(entry, cells, () => {
            old[1][valueId] = text;
          });
        }
      }
      yield* batch.end();
      return {touched, old, oldEntries};
    },
  };
};

// What is older than the floor apart, if anything is. Clocks have no floor.
const divide = (row: Row, floor: Hlc): [fresh: Row, older: Row | undefined] => {
  if (floor === '') {
    return [row, undefined];
  }
  const fresh: Row = emptyObject();
  let older: Row | undefined;
  for (const cellId of Object.keys(row)) {
    if (cellId !== CLOCK_ID && isStampedBefore(row[cellId], floor)) {
      older ??= emptyObject<Row>();
      older[cellId] = row[cellId] as Cell;
    } else {
      fresh[cellId] = row[cellId] as Cell;
    }
  }
  return [fresh, older];
};

const withoutTombstones = (row: Row): Row => {
  const live: Row = emptyObject();
  for (const cellId of Object.keys(row)) {
    if (!isTombstone(row[cellId])) {
      live[cellId] = row[cellId] as Cell;
    }
  }
  return live;
};
