// What tables and columns the database has, as the `tabular` layout sees them, and which column a cell stands in.
// Knows no rows.

import {isSpelling, SPELLING_MARK, spellId, unspellId} from '../base/cell-text.ts';
import type {Id} from '../base/content.ts';
import type {ColumnKind, Dialect} from '../sql/dialect.ts';
import {type Statement, statement} from '../sql/statement.ts';
import type {Steps} from './steps.ts';
import {type CellCodec, foreignCodec, ownCodec} from './tabular-cells.ts';

export interface Column {
  readonly cellId: Id;
  readonly name: string;
  readonly codec: CellCodec;
}

export interface TableSchema {
  readonly name: string;
  readonly isView: boolean;
  /** Whether Holdfast made it. */
  readonly isOurs: boolean;
  readonly keyName: string;
  readonly columns: Map<Id, Column>;
}

/** Tables by their names. One that is not there is absent. */
export type Schema = Map<string, TableSchema>;

export interface TabularSchema {
  /** Reads what there is of these tables, each with its key column. */
  read(keyNames: ReadonlyMap<string, string>): Steps<Schema>;
  /** A new table with these columns, by the ids of the cells, and the statement that makes it. */
  create(
    tableName: string,
    keyName: string,
    kinds: ReadonlyMap<Id, ColumnKind>,
  ): {readonly table: TableSchema; readonly statement: Statement};
  /** The column for a cell, and the statement that adds it. */
  addColumn(table: TableSchema, cellId: Id, kind: ColumnKind): Statement;
}

export const createTabularSchema = (dialect: Dialect): TabularSchema => ({
  *read(keyNames) {
    const schema: Schema = new Map();
    if (keyNames.size === 0) {
      return schema;
    }
    const rows = yield dialect.describe([...keyNames.keys()]);
    for (const row of rows) {
      const name = findName(keyNames, String(row.tableName));
      const keyName = keyNames.get(name) as string;
      const isOurs = Number(row.isOurs) === 1;
      const table = schema.get(name) ?? {
        name,
        isView: Number(row.isView) === 1,
        isOurs,
        keyName,
        columns: new Map(),
      };
      schema.set(name, table);
      const columnName = String(row.columnName);
      const cellId = cellIdOf(columnName);
      if (!isSameName(columnName, keyName) && cellId !== undefined) {
        const kind = dialect.kindOfType(String(row.declaredType));
        table.columns.set(cellId, {
          cellId,
          name: columnName,
          codec: isOurs ? ownCodec(kind) : foreignCodec(kind),
        });
      }
    }
    return schema;
  },

  create: (tableName, keyName, kinds) => {
    const table: TableSchema = {name: tableName, isView: false, isOurs: true, keyName, columns: new Map()};
    const key = `${dialect.quote(keyName)} ${dialect.keyType} NOT NULL PRIMARY KEY ${dialect.ownershipMark}`;
    const columns = [...kinds].map(([cellId, kind]) => defineColumn(dialect, table, cellId, kind));
    return {
      table,
      statement: statement(`CREATE TABLE ${dialect.quote(tableName)} (${[key, ...columns].join(', ')})`),
    };
  },

  addColumn: (table, cellId, kind) =>
    statement(
      `ALTER TABLE ${dialect.quote(table.name)} ADD COLUMN ${defineColumn(dialect, table, cellId, kind)}`,
    ),
});

// The cell whose column it is; none where the name is spelt in a way that Holdfast does not spell.
const cellIdOf = (columnName: string): Id | undefined => {
  try {
    return isSpelling(columnName) ? unspellId(columnName) : columnName;
  } catch {
    // Somebody else's column, then.
    return undefined;
  }
};

// Notes a new column in the table, and spells its definition.
const defineColumn = (dialect: Dialect, table: TableSchema, cellId: Id, kind: ColumnKind): string => {
  const name = nameColumn(dialect, table, cellId);
  table.columns.set(cellId, {cellId, name, codec: table.isOurs ? ownCodec(kind) : foreignCodec(kind)});
  return `${dialect.quote(name)} ${dialect.columnTypes[kind]}`;
};

// SQL compares names without regard to ASCII case.
const foldName = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const isSameName = (one: string, other: string): boolean => foldName(one) === foldName(other);

const findName = (names: ReadonlyMap<string, string>, found: string): string => {
  if (names.has(found)) {
    return found;
  }
  for (const name of names.keys()) {
    if (isSameName(name, found)) {
      return name;
    }
  }
  return found;
};

// A cell id that SQL cannot take as a column's name, or takes for another's, is spelt, its capitals escaped.
const nameColumn = (dialect: Dialect, table: TableSchema, cellId: Id): string => {
  const isTaken =
    isSameName(cellId, table.keyName) ||
    dialect.reservedColumnNames.has(foldName(cellId)) ||
    [...table.columns.values()].some((column) => isSameName(column.name, cellId));
  if (cellId !== '' && !isTaken && spellId(cellId) === cellId) {
    return cellId;
  }
  const escaped = JSON.stringify(cellId).replace(
    /[A-Z]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return SPELLING_MARK + escaped;
};
