// Reads the `rows` layout: everything, in chunks that the database joins into one JSON text each, or the rows that the
// log names. Rows that cannot be read are told of, never dropped. Knows nothing of stores.

import {SPELLING_MARK, unspellId} from '../base/cell-text.ts';
import {emptyObject, markReplacement, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges, Table} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type SqlRow, statement} from '../sql/statement.ts';
import type {LogEntry} from './change-log.ts';
import {requireComplete, requireProgress} from './row-order.ts';
import {FLOOR_TABLE, unspellRowCells, VALUE_CELL, VALUES_TABLE} from './rows-text.ts';
import type {Steps} from './steps.ts';
import type {ProgressListener} from './storage.ts';

export interface RowsRead {
  readonly content: Content;
  /** The numbers (column n) of rows whose cells are not JSON of a row. */
  readonly unreadable: readonly number[];
}

export interface RowsReader {
  /**
   * Chunks are as long as the rows so far suggest; `isCareful` asks for the longest row first, for tables where long rows
   * come behind short ones, and a chunk of them all would be longer than a text may be.
   */
  readAll(onProgress: ProgressListener, isCareful?: boolean): Steps<RowsRead>;
  /** Which of these rows, by their numbers, cannot be read as they are now. */
  findDamaged(rowNumbers: readonly number[]): Steps<readonly number[]>;
  /** The present state of these rows: each whole, or undefined where it is gone. */
  readRows(entries: readonly LogEntry[]): Steps<Changes>;
}

/** Rows a chunk at most: large enough that the calls cost little. */
const MAX_ROWS_A_CHUNK = 2_000;
/** Rows of the first chunk, before it is known how long they are. */
const FIRST_ROWS_A_CHUNK = 16;
/**
 * Characters of cells a chunk, about: the memory that a load takes beside what it loads is some times this. Fewer where the
 * driver takes no texts of that length.
 */
const CHUNK_LENGTH = 4_000_000;

export interface RowsReaderOptions {
  readonly tableName: string;
  /** The column that the cells stand in. */
  readonly columnName: string;
  /** Throws a SyntaxError for JSON that is no row after all. */
  readonly check?: (row: Row) => void;
  /** Whether rows are told as what is to be merged: not in the place of others, and nothing of those that are gone. */
  readonly isMerged?: boolean;
}

export const createRowsReader = (
  dialect: Dialect,
  limits: DriverLimits,
  {tableName, columnName, check = () => undefined, isMerged = false}: RowsReaderOptions,
): RowsReader => {
  const table = dialect.quoteTable(tableName);
  const p1 = dialect.placeholder(1);
  const chunk = `(SELECT n, table_id, row_id, ${columnName} AS cells FROM ${table} WHERE n > ${p1} ORDER BY n LIMIT ${dialect.placeholder(2)})`;
  // Texts of like things parse fastest: the rows' cells in one array, their ids in another.
  const joined = (text: string) => `'[' || ${dialect.joinTexts(text)} || ']'`;
  const selectJoined =
    'SELECT max(n) AS "last", count(*) AS "count", min(table_id) AS "firstTable", max(table_id) AS "lastTable", ' +
    `${joined('cells')} AS "cells", ${joined(dialect.quoteJson('row_id'))} AS "rows" FROM ${chunk} AS chunk`;
  const selectTables = `SELECT ${joined(dialect.quoteJson('table_id'))} AS "tables" FROM ${chunk} AS chunk`;
  const selectCount = `SELECT max(n) AS "last", count(*) AS "count" FROM ${chunk} AS chunk`;
  const selectEach = `SELECT n AS "n", table_id AS "table", row_id AS "row", cells AS "cells" FROM ${chunk} AS chunk`;
  const selectOne = `SELECT table_id AS "table", row_id AS "row", ${columnName} AS "cells" FROM ${table} WHERE n = ${p1}`;
  // Quoted, a character of an id may take six.
  const selectLongest = `SELECT max(length(${columnName}) + 6 * (length(table_id) + length(row_id))) AS "longest" FROM ${table}`;
  // A character may take four bytes, and there are commas between.
  const chunkLength = Math.min(
    CHUNK_LENGTH,
    Math.floor((limits.maxTextBytes ?? Number.POSITIVE_INFINITY) / 5),
  );
  const rowsAChunk = (rowLength: number): number =>
    Math.max(1, Math.min(MAX_ROWS_A_CHUNK, Math.floor(chunkLength / rowLength)));
  const idsAStatement = Math.max(1, Math.min(500, limits.maxParams - 1));

  return {
    *readAll(onProgress, isCareful = false) {
      const content: Content = [emptyObject(), emptyObject()];
      const unreadable: number[] = [];
      const add = createAdder(content, check);
      let last = 0;
      let doneRows = 0;
      const total = Number((yield statement(`SELECT count(*) AS "total" FROM ${table}`))[0]?.total);
      const longest = isCareful ? Number((yield statement(selectLongest))[0]?.longest) : 0;
      // A row can be as long as a text may be: it is joined with nothing, then.
      const isJoined = longest <= chunkLength;
      const maxRows = !isJoined ? FIRST_ROWS_A_CHUNK : isCareful ? rowsAChunk(longest) : MAX_ROWS_A_CHUNK;
      let rowCount = Math.min(FIRST_ROWS_A_CHUNK, maxRows);
      for (;;) {
        const found = (yield statement(isJoined ? selectJoined : selectCount, [last, rowCount]))[0];
        const count = Number(found?.count ?? 0);
        if (found === undefined || count === 0) {
          break;
        }
        const cells = parseArray(found.cells, count);
        const tableTexts =
          found.firstTable === found.lastTable
            ? undefined
            : parseArray((yield statement(selectTables, [last, rowCount]))[0]?.tables, count);
        const isRead =
          cells?.every(isRow) &&
          isUndamaged(() => {
            const rowTexts = parseArray(found.rows, count) as string[];
            const isPlain = !String(found.cells).includes(SPELLING_MARK);
            for (let index = 0; index < count; index++) {
              const row = cells[index] as Row;
              add(
                String(tableTexts === undefined ? found.firstTable : tableTexts[index]),
                rowTexts[index] as string,
                isPlain ? row : unspellRowCells(row),
              );
            }
          });
        if (!isRead) {
          // One row of the chunk is damaged, or they were not joined: they are read one by one.
          for (const each of yield statement(selectEach, [last, rowCount])) {
            if (!addEach(add, each)) {
              unreadable.push(Number(each.n));
            }
          }
        }
        last = requireProgress(tableName, last, Number(found.last));
        doneRows += count;
        rowCount = Math.min(maxRows, rowsAChunk(String(found.cells).length / count));
        onProgress(doneRows, Math.max(total, doneRows));
      }
      requireComplete(tableName, doneRows, total);
      return {content, unreadable};
    },

    *findDamaged(rowNumbers) {
      const damaged: number[] = [];
      const add = createAdder([emptyObject(), emptyObject()], check);
      for (const n of rowNumbers) {
        for (const each of yield statement(selectOne, [n])) {
          if (!addEach(add, each)) {
            damaged.push(n);
          }
        }
      }
      return damaged;
    },

    *readRows(entries) {
      const changes = noChanges();
      const rowsByTable = new Map<string, Set<string>>();
      for (const entry of entries) {
        const rows = rowsByTable.get(entry.table) ?? new Set();
        rowsByTable.set(entry.table, rows.add(entry.row));
      }
      for (const [tableText, rowTexts] of rowsByTable) {
        const found = new Map<string, Row>();
        const texts = [...rowTexts];
        for (let start = 0; start < texts.length; start += idsAStatement) {
          const some = texts.slice(start, start + idsAStatement);
          const places = some.map((_, index) => dialect.placeholder(index + 2)).join(', ');
          const rows = yield statement(
            `SELECT row_id AS "row", ${columnName} AS "cells" FROM ${table} WHERE table_id = ${p1} AND row_id IN (${places})`,
            [tableText, ...some],
          );
          for (const each of rows) {
            const cells = parseRow(each.cells, check);
            if (cells === undefined) {
              rowTexts.delete(String(each.row));
            } else {
              found.set(String(each.row), cells);
            }
          }
        }
        addChanges(changes, tableText, isMerged ? new Set(found.keys()) : rowTexts, {found, isMerged});
      }
      return changes;
    },
  };
};

const addChanges = (
  changes: Changes,
  tableText: string,
  rowTexts: ReadonlySet<string>,
  {found, isMerged}: {found: ReadonlyMap<string, Row>; isMerged: boolean},
): void => {
  if (tableText === FLOOR_TABLE) {
    return;
  }
  if (tableText === VALUES_TABLE) {
    for (const rowText of rowTexts) {
      changes[1][unspellId(rowText)] = found.get(rowText)?.[VALUE_CELL];
    }
    return;
  }
  const rows: {[rowId: Id]: RowChanges | undefined} = emptyObject();
  for (const rowText of rowTexts) {
    const row = found.get(rowText);
    rows[unspellId(rowText)] = row === undefined || isMerged ? row : markReplacement(row as RowChanges);
  }
  changes[0][unspellId(tableText)] = rows;
};

// Rows of one table mostly lie together: the last one is remembered.
const createAdder = (
  [tables, values]: Content,
  check: (row: Row) => void,
): ((tableText: string, rowText: string, cells: Row) => void) => {
  let lastText: string | undefined;
  let lastTable: Table = emptyObject();
  return (tableText, rowText, row) => {
    check(row);
    if (tableText === FLOOR_TABLE) {
      return;
    }
    if (tableText === VALUES_TABLE) {
      if (Object.hasOwn(row, VALUE_CELL)) {
        values[unspellId(rowText)] = row[VALUE_CELL] as Row[Id];
      }
      return;
    }
    if (tableText !== lastText) {
      const tableId = unspellId(tableText);
      lastTable = tables[tableId] ?? emptyObject();
      tables[tableId] = lastTable;
      lastText = tableText;
    }
    lastTable[unspellId(rowText)] = row;
  };
};

// Adds a row as the database has it; returns whether it could be read.
const addEach = (add: ReturnType<typeof createAdder>, {table, row, cells}: SqlRow): boolean => {
  const parsed = parseRow(cells);
  return parsed !== undefined && isUndamaged(() => add(String(table), String(row), parsed));
};

// An array of as many members as there are rows; damaged cells could hold a comma more or less.
const parseArray = (text: unknown, length: number): unknown[] | undefined => {
  try {
    const members: unknown = JSON.parse(String(text));
    return Array.isArray(members) && members.length === length ? members : undefined;
  } catch {
    // The rows are read one by one, and the damaged one told of.
    return undefined;
  }
};

const parseRow = (cells: unknown, check?: (row: Row) => void): Row | undefined => {
  try {
    const row: unknown = JSON.parse(String(cells));
    if (!isRow(row)) {
      return undefined;
    }
    const unspelt = unspellRowCells(row);
    check?.(unspelt);
    return unspelt;
  } catch {
    // Told of by the caller.
    return undefined;
  }
};

// Whether everything that was to be read is spelt as it should be.
const isUndamaged = (read: () => void): boolean => {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return false;
    }
    throw error;
  }
};

const isRow = (thing: unknown): thing is Row =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing);
