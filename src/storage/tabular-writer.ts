// Writes the rows of one table of the store into one table of the database: the statements of a save. Knows the table's
// schema and how cells are encoded; nothing of configuration, transactions or other writers.
//
// A row that exists has only its changed cells set. The same statement carries all its cells, for the case that another
// writer has deleted the row meanwhile: it comes back whole, and tables with NOT NULL columns take it.

import {spellId} from '../base/cell-text.ts';
import {isReplacement} from '../base/changes.ts';
import type {Cell, Id, Row, RowChanges} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {ColumnKind, Dialect} from '../sql/dialect.ts';
import {type SqlValue, statement} from '../sql/statement.ts';
import type {TabularSave} from './database-config.ts';
import type {Steps} from './steps.ts';
import {kindOfCell, strictKindOf} from './tabular-cells.ts';
import {type Column, type TableSchema, type TabularSchema, writableColumns} from './tabular-schema.ts';
import {writeThroughView} from './view-writer.ts';

export interface TabularWriter {
  /**
   * Makes the table, or adds the columns, that these cells need, given as one example row after another. One statement
   * makes all columns of a new table: each that is added later has SQLite read the whole schema again.
   */
  prepareTable(
    table: TableSchema | undefined,
    names: Pick<TabularSave, 'tableName' | 'rowIdColumnName'>,
    rows: Iterable<RowChanges>,
  ): Steps<TableSchema>;
  /** Sets the changed cells of rows, `[rowId, changes, the whole row]` each. */
  writeRows(table: TableSchema, rows: Iterable<readonly [Id, RowChanges, Row]>, isSingle: boolean): Steps;
  deleteRows(
    table: TableSchema,
    rowIds: readonly Id[],
    condition: string | undefined,
    isSingle: boolean,
  ): Steps;
}

/** Parameters a statement, where the driver's limits allow: more are no faster. */
const MAX_PARAMS_A_STATEMENT = 600;

export const createTabularWriter = (
  dialect: Dialect,
  limits: DriverLimits,
  schemas: TabularSchema,
): TabularWriter => {
  const maxParams = Math.min(MAX_PARAMS_A_STATEMENT, limits.maxParams);
  const sqlCache = new Map<string, string>();

  // The SQL for rows of one shape: the columns inserted, and the ones set where the row exists.
  const buildSql = (
    table: TableSchema,
    inserted: readonly Column[],
    set: readonly Column[],
    rowCount: number,
  ): string => {
    const key = `${rowCount} ${table.name}\0${inserted.map(shapeOf).join('\0')}\0\0${set.map(shapeOf).join('\0')}`;
    let sql = sqlCache.get(key);
    if (sql === undefined) {
      sql = spellUpsert(dialect, table, inserted, set, rowCount);
      if (sqlCache.size >= 256) {
        sqlCache.clear();
      }
      sqlCache.set(key, sql);
    }
    return sql;
  };

  // A cell that was set and deleted again before any save has no column, and needs none.
  const columnsOf = (table: TableSchema, row: object): Column[] => {
    const columns: Column[] = [];
    for (const cellId of Object.keys(row)) {
      const column = table.columns.get(cellId);
      if (column?.isGenerated === false) {
        columns.push(column);
      }
    }
    return columns;
  };

  function* writeOne(table: TableSchema, rowId: Id, changes: RowChanges, row: Row): Steps {
    const changedIds = Object.keys(changes);
    const set = isReplacement(changes) ? writableColumns(table) : columnsOf(table, changes);
    const inserted = columnsOf(table, row);
    const params: SqlValue[] = [table.encodeKey(rowId)];
    for (const column of inserted) {
      params.push(column.codec.encode(row[column.cellId]));
    }
    // Deleted cells are set to NULL, and so are the others of a row that is replaced.
    for (const cellId of isReplacement(changes) ? table.columns.keys() : changedIds) {
      const column = table.columns.get(cellId);
      if (column?.isGenerated === false && !Object.hasOwn(row, cellId)) {
        inserted.push(column);
        params.push(null);
      }
    }
    if (params.length > limits.maxParams) {
      yield* writeWideRow(table, rowId, inserted, params);
      return;
    }
    yield statement(buildSql(table, inserted, set, 1), params, aboutRows(table, [rowId]));
  }

  // A row of more cells than a statement takes parameters is set a slice of columns at a time.
  function* writeWideRow(
    table: TableSchema,
    rowId: Id,
    columns: readonly Column[],
    params: readonly SqlValue[],
  ): Steps {
    const width = limits.maxParams - 1;
    for (let start = 0; start < columns.length; start += width) {
      const some = columns.slice(start, start + width);
      yield statement(
        buildSql(table, some, some, 1),
        [table.encodeKey(rowId), ...params.slice(start + 1, start + 1 + width)],
        aboutRows(table, [rowId]),
      );
    }
  }

  function* createBare(tableName: string, keyName: string): Steps<TableSchema> {
    const created = schemas.create(tableName, keyName, new Map());
    yield* created.statements;
    return created.table;
  }

  // Columns that cannot hold what these rows have become columns of text.
  function* widenColumns(table: TableSchema, rows: Iterable<RowChanges>): Steps {
    for (const row of rows) {
      for (const cellId of Object.keys(row)) {
        const cell = row[cellId];
        if (cell !== undefined && table.columns.get(cellId)?.codec.holds(cell) === false) {
          yield* schemas.widen(table, cellId);
        }
      }
    }
  }

  return {
    *prepareTable(table, {tableName, rowIdColumnName}, rows) {
      if (table !== undefined && dialect.hasStrictColumns) {
        yield* widenColumns(table, rows);
      }
      const kinds = kindsOfNewCells(table, rows, dialect.hasStrictColumns ? strictKindOf : kindOfCell);
      if (table === undefined) {
        const created = schemas.create(tableName, rowIdColumnName, kinds);
        if (created.statements.every(({sql}) => sql.length <= limits.maxSqlBytes)) {
          yield* created.statements;
          return created.table;
        }
      }
      const bare = table ?? (yield* createBare(tableName, rowIdColumnName));
      for (const [cellId, kind] of kinds) {
        yield* schemas.addColumn(bare, cellId, kind);
      }
      return bare;
    },

    *writeRows(table, rows, isSingle) {
      if (table.isView) {
        yield* writeThroughView(dialect, table, rows);
        return;
      }
      // Whole rows of the same columns, one after another, go into one statement.
      let columns: readonly Column[] = [];
      let shape = '';
      let params: SqlValue[] = [];
      let rowIds: Id[] = [];
      let maxRowCount = 1;
      const flush = function* (): Steps {
        if (rowIds.length > 0) {
          yield statement(buildSql(table, columns, columns, rowIds.length), params, aboutRows(table, rowIds));
          params = [];
          rowIds = [];
        }
      };
      for (const [rowId, changes, row] of rows) {
        if (!isWholeRow(changes, row) || Object.keys(row).length + 1 > maxParams) {
          yield* flush();
          yield* writeOne(table, rowId, changes, row);
          continue;
        }
        const rowShape = Object.keys(row).join('\0');
        if (rowShape !== shape || rowIds.length === 0) {
          yield* flush();
          shape = rowShape;
          columns = columnsOf(table, row);
          maxRowCount = isSingle ? 1 : Math.max(1, Math.floor(maxParams / (columns.length + 1)));
        }
        rowIds.push(rowId);
        params.push(table.encodeKey(rowId));
        for (const column of columns) {
          params.push(column.codec.encode(row[column.cellId] as Cell));
        }
        if (rowIds.length === maxRowCount) {
          yield* flush();
        }
      }
      yield* flush();
    },

    *deleteRows(table, rowIds, condition, isSingle) {
      const key = dialect.quote(table.keyName);
      // What no key can be is in no table.
      const possibleIds = rowIds.filter((rowId) => dialect.canHold(table.keyType, spellId(rowId)));
      const idsAStatement = isSingle ? 1 : maxParams;
      for (let start = 0; start < possibleIds.length; start += idsAStatement) {
        const some = possibleIds.slice(start, start + idsAStatement);
        const places = some
          .map((_, index) => table.keyOf(dialect.placeholderFor('text', index + 1, table.keyType)))
          .join(', ');
        yield statement(
          `DELETE FROM ${dialect.quoteTable(table.name)} WHERE ${key} IN (${places})${condition === undefined ? '' : ` AND (${condition})`}`,
          some.map(table.encodeKey),
          aboutRows(table, some),
        );
      }
    },
  };
};

const aboutRows = ({name}: TableSchema, rowIds: readonly Id[]) => ({table: name, rowIds});

const shapeOf = ({name, declaredType}: Column): string => `${declaredType} ${name}`;

// The cells that have no column yet, and the kind of column that holds all that there is of each.
const kindsOfNewCells = (
  table: TableSchema | undefined,
  rows: Iterable<RowChanges>,
  kindOf: (cell: Cell) => ColumnKind | undefined,
): ReadonlyMap<Id, ColumnKind> => {
  const kinds = new Map<Id, ColumnKind | undefined>();
  for (const row of rows) {
    for (const cellId of Object.keys(row)) {
      const cell = row[cellId];
      if (cell !== undefined && !table?.columns.has(cellId)) {
        kinds.set(cellId, combineKinds(kinds.get(cellId), kindOf(cell)));
      }
    }
  }
  return new Map([...kinds].map(([cellId, kind]) => [cellId, kind ?? 'any']));
};

const combineKinds = (
  known: ColumnKind | undefined,
  kind: ColumnKind | undefined,
): ColumnKind | undefined => {
  return known === undefined || kind === undefined || known === kind ? (known ?? kind) : 'any';
};

const isWholeRow = (changes: RowChanges, row: Row): boolean => {
  if (changes === row) {
    return true;
  }
  if (isReplacement(changes)) {
    return false;
  }
  const ids = Object.keys(changes);
  return ids.length === Object.keys(row).length && ids.every((cellId) => changes[cellId] !== undefined);
};

const spellUpsert = (
  dialect: Dialect,
  table: TableSchema,
  inserted: readonly Column[],
  set: readonly Column[],
  rowCount: number,
): string => {
  const key = dialect.quote(table.keyName);
  const names = inserted.map(({name}) => dialect.quote(name));
  const width = names.length + 1;
  const placeOf = (index: number, place: number): string => {
    const column = inserted[index - 1];
    return column === undefined
      ? table.keyOf(dialect.placeholderFor('text', place, table.keyType))
      : dialect.placeholderFor(column.kind, place, column.declaredType);
  };
  const places = Array.from(
    {length: rowCount},
    (_, row) =>
      `(${Array.from({length: width}, (_, column) => placeOf(column, row * width + column + 1)).join(', ')})`,
  );
  const assignments = set.map(({name}) => `${dialect.quote(name)} = excluded.${dialect.quote(name)}`);
  return (
    `INSERT INTO ${dialect.quoteTable(table.name)} (${[key, ...names].join(', ')})${dialect.overriding} VALUES ${places.join(', ')} ` +
    `ON CONFLICT (${key}) DO ${assignments.length === 0 ? 'NOTHING' : `UPDATE SET ${assignments.join(', ')}`}`
  );
};
