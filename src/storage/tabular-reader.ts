// Reads rows of one table of the database as rows of the store. Knows the table's schema and how cells are decoded;
// nothing of configuration and other tables.

import {spellId, unspellId} from '../base/cell-text.ts';
import {emptyObject, isEmptyObject} from '../base/changes.ts';
import type {Id, Row, Table} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type SqlRow, type SqlValue, statement} from '../sql/statement.ts';
import {requireProgress} from './row-order.ts';
import type {Steps} from './steps.ts';
import type {TableSchema} from './tabular-schema.ts';

/** Told of a cell whose spelling is damaged; it is left out, and stays in the database. */
export type DamageListener = (tableName: string, rowId: Id, cellId: Id) => void;

export interface TabularReader {
  /** All rows that meet the condition; `onRows` is told how many more were read. */
  readTable(
    table: TableSchema,
    condition: string | undefined,
    onDamage: DamageListener,
    onRows: (rowCount: number) => void,
  ): Steps<Table>;
  /** Those of the rows that are there and meet the condition. */
  readRows(
    table: TableSchema,
    keys: readonly string[],
    condition: string | undefined,
    onDamage: DamageListener,
  ): Steps<Table>;
  /** Those of the rows of these ids that are there; nobody else changes them before the transaction ends, where that `isHeld`. */
  readIds(
    table: TableSchema,
    rowIds: readonly Id[],
    onDamage: DamageListener,
    options?: {readonly condition?: string | undefined; readonly isHeld?: boolean},
  ): Steps<Table>;
  /** The row id that a key of the database stands for; undefined where its spelling is damaged. */
  rowIdOf(key: unknown): Id | undefined;
}

/** Rows a chunk, so that a table of a million does not stand in memory twice. */
const ROWS_A_CHUNK = 10_000;
/** SQLite allows 2,000 columns in a result, PostgreSQL 1,664. */
const MAX_PAGED_COLUMNS = 1_600;

export const createTabularReader = (dialect: Dialect, limits: DriverLimits): TabularReader => {
  const idsAStatement = Math.min(500, limits.maxParams);

  const createDecoder = (table: TableSchema, onDamage: DamageListener) => {
    const columns = [...table.columns.values()];
    const cellIds = columns.map(({cellId}) => cellId);
    const codecs = columns.map(({codec}) => codec);
    const select = table.isOurs ? dialect.selectColumn : dialect.selectForeign;
    // Columns are fetched by their position: a column may be named __proto__.
    const aliases = columns.map((_, index) => `c${index}`);
    const tableName = dialect.quoteTable(table.name);
    const names = columns.map(
      ({name, kind, declaredType}, index) =>
        `${select(`${tableName}.${dialect.quote(name)}`, kind, declaredType)} AS ${aliases[index]}`,
    );
    const keyColumn = `${tableName}.${dialect.quote(table.keyName)}`;
    const key = table.isOurs ? dialect.selectColumn(keyColumn, 'text', '') : dialect.selectKey(keyColumn);
    const selected = [`${key} AS k`, ...names].join(', ');
    // Plain objects of one shape are quickest, and hold any key but one.
    const createRow: () => Row = cellIds.includes('__proto__') ? emptyObject : () => ({});

    // Decodes from a column on; a damaged cell is told of, and left out.
    const decodeFrom = (first: number, sqlRow: SqlRow, row: Row, rowId: Id): void => {
      let index = first;
      try {
        for (; index < codecs.length; index++) {
          const cell = codecs[index]?.decode(sqlRow[aliases[index] as string]);
          if (cell !== undefined) {
            row[cellIds[index] as Id] = cell;
          }
        }
      } catch {
        onDamage(table.name, rowId, cellIds[index] as Id);
        decodeFrom(index + 1, sqlRow, row, rowId);
      }
    };

    const decodeInto = (sqlRows: readonly SqlRow[], target: Table): void => {
      for (const sqlRow of sqlRows) {
        const key = sqlRow.k;
        if (key === null || key === undefined) {
          continue;
        }
        const rowId = rowIdOf(key);
        if (rowId === undefined) {
          onDamage(table.name, String(key), table.keyName);
          continue;
        }
        const row = createRow();
        decodeFrom(0, sqlRow, row, rowId);
        // A row without cells is no row to a store.
        if (!isEmptyObject(row)) {
          target[rowId] = row;
        }
      }
    };
    return {selected, decodeInto};
  };

  function* readAmong(
    table: TableSchema,
    keys: readonly SqlValue[],
    keyOf: (place: string) => string,
    {condition, onDamage, end}: {condition: string | undefined; onDamage: DamageListener; end: string},
  ): Steps<Table> {
    const rows: Table = emptyObject();
    const {selected, decodeInto} = createDecoder(table, onDamage);
    const name = dialect.quoteTable(table.name);
    const where = condition === undefined ? '' : ` AND (${condition})`;
    for (let start = 0; start < keys.length; start += idsAStatement) {
      const some = keys.slice(start, start + idsAStatement);
      const places = some
        .map((_, index) => keyOf(dialect.placeholderFor('text', index + 1, table.keyType)))
        .join(', ');
      const among = `${name}.${dialect.quote(table.keyName)} IN (${places})`;
      decodeInto(yield statement(`SELECT ${selected} FROM ${name} WHERE ${among}${where}${end}`, some), rows);
    }
    return rows;
  }

  return {
    *readTable(table, condition, onDamage, onRows) {
      const rows: Table = emptyObject();
      const {selected, decodeInto} = createDecoder(table, onDamage);
      const name = dialect.quoteTable(table.name);
      const where = condition === undefined ? '' : ` WHERE (${condition})`;
      // Others' tables may be without row numbers, and a table as wide as SQL allows leaves no room for one beside it.
      const isPaged = table.isOurs && table.columns.size <= MAX_PAGED_COLUMNS;
      const order = isPaged ? dialect.rowOrder(columnNames(table)) : undefined;
      const from = `FROM ${name}`;
      if (order === undefined) {
        const all = yield statement(`SELECT ${selected} ${from}${where}`);
        decodeInto(all, rows);
        onRows(all.length);
        return rows;
      }
      const place = dialect.placeholder(1);
      const first = `SELECT ${selected}, ${name}.${order} AS o ${from}${where}`;
      const next = `${first}${where === '' ? ' WHERE' : ' AND'} ${name}.${order} > ${place}`;
      const end = ` ORDER BY ${name}.${order} LIMIT ${ROWS_A_CHUNK}`;
      let chunk = yield statement(first + end);
      let last = Number.NEGATIVE_INFINITY;
      while (chunk.length > 0) {
        decodeInto(chunk, rows);
        onRows(chunk.length);
        for (const {o} of chunk) {
          last = requireProgress(table.name, last, Number(o));
        }
        chunk = chunk.length < ROWS_A_CHUNK ? [] : yield statement(next + end, [last]);
      }
      return rows;
    },

    *readRows(table, keys, condition, onDamage) {
      return yield* readAmong(table, keys, asItIs, {condition, onDamage, end: ''});
    },

    *readIds(table, rowIds, onDamage, {condition, isHeld = false} = {}) {
      // What no key can be is in no table.
      const keys = rowIds
        .filter((rowId) => dialect.canHold(table.keyType, spellId(rowId)))
        .map(table.encodeKey);
      const end = isHeld && !table.isView ? dialect.holdRows : '';
      return yield* readAmong(table, keys, table.keyOf, {condition, onDamage, end});
    },

    rowIdOf,
  };
};

const asItIs = (place: string): string => place;

const rowIdOf = (key: unknown): Id | undefined => {
  try {
    return typeof key === 'string' ? unspellId(key) : String(key);
  } catch {
    // Told of by the callers.
    return undefined;
  }
};

/** A condition with the table's name in place of `$tableName`. */
export const fillCondition = (
  dialect: Dialect,
  condition: string | undefined,
  tableName: string,
): string | undefined => condition?.replaceAll('$tableName', () => dialect.quoteTable(tableName));

const columnNames = (table: TableSchema): string[] => [
  table.keyName,
  ...[...table.columns.values()].map(({name}) => name),
];
