// What tables and columns the database has, as the `tabular` layout sees them, and which column a cell stands in.
// Knows no rows.

import {isSpelling, SPELLING_MARK, spellId, unspellId} from '../base/cell-text.ts';
import type {Id} from '../base/content.ts';
import type {ColumnKind, Dialect} from '../sql/dialect.ts';
import {type SqlRow, type SqlValue, type Statement, statement} from '../sql/statement.ts';
import {byteLength} from './byte-length.ts';
import type {Steps} from './steps.ts';
import {
  type CellCodec,
  foreignCodec,
  jsonTextCodec,
  ownCodec,
  strictCodec,
  strictForeignCodec,
} from './tabular-cells.ts';

export interface Column {
  readonly cellId: Id;
  readonly name: string;
  readonly kind: ColumnKind;
  readonly declaredType: string;
  readonly codec: CellCodec;
  /** Whether the database alone says what it holds. */
  readonly isGenerated: boolean;
}

export interface TableSchema {
  readonly name: string;
  readonly isView: boolean;
  /** Whether Holdfast made it. */
  readonly isOurs: boolean;
  readonly keyName: string;
  /** The tables that its rows refer to. */
  readonly parents: ReadonlySet<string>;
  /** How an id of a row is given to the key's column, and what is made of that where it goes. */
  encodeKey: (rowId: Id) => SqlValue;
  keyOf: (place: string) => string;
  /** The declared type of the key's column. */
  keyType: string;
  /** Whether TinyBase made it: its columns are of text, and cells stand in them as JSON. */
  holdsJsonText: boolean;
  readonly columns: Map<Id, Column>;
}

/** The columns that can be written. */
export const writableColumns = ({columns}: TableSchema): Column[] =>
  [...columns.values()].filter(({isGenerated}) => !isGenerated);

/** Tables by their names. One that is not there is absent. */
export type Schema = Map<string, TableSchema>;

export interface TabularSchema {
  /** Reads what there is of these tables, each with its key column. */
  read(keyNames: ReadonlyMap<string, string>): Steps<Schema>;
  /** A new table with these columns, by the ids of the cells, and the statements that make it. */
  create(
    tableName: string,
    keyName: string,
    kinds: ReadonlyMap<Id, ColumnKind>,
  ): {readonly table: TableSchema; readonly statements: readonly Statement[]};
  /** The column for a cell, and the statements that add it. */
  addColumn(table: TableSchema, cellId: Id, kind: ColumnKind): readonly Statement[];
  /** Makes the column of a cell one of text, and the statement that does so; none where columns hold anything. */
  widen(table: TableSchema, cellId: Id): readonly Statement[];
}

export const createTabularSchema = (dialect: Dialect): TabularSchema => {
  // What was found out of tables that hold something.
  const knownJsonText = new Map<string, boolean>();

  // Such a table bears no mark: it is known by its shape, and by what stands in it.
  function* holdsJsonText(name: string, keyName: string, columns: readonly SqlRow[]): Steps<boolean> {
    const probe =
      keyName === '_id' && columns.length > 1 && columns.every((row) => isPlainColumn(row, keyName))
        ? dialect.probeJsonText?.(
            name,
            columns.map(({columnName}) => String(columnName)).filter((columnName) => columnName !== keyName),
          )
        : undefined;
    if (probe === undefined || knownJsonText.has(name)) {
      return probe !== undefined && knownJsonText.get(name) === true;
    }
    const [found] = yield probe;
    if (Number(found?.valueCount) > 0) {
      // The table of values has a name that nobody else gives.
      const isEvident = Number(found?.isEvident) === 1 || name === 'tinybase_values';
      knownJsonText.set(name, Number(found?.areAll) === 1 && isEvident);
    }
    return knownJsonText.get(name) === true;
  }

  return {
    *read(keyNames) {
      const schema: Schema = new Map();
      if (keyNames.size === 0) {
        return schema;
      }
      const rows = yield dialect.describe([...keyNames.keys()]);
      const probes = new Map<TableSchema, Statement>();
      for (const row of rows) {
        const name = findName(keyNames, String(row.tableName));
        const keyName = keyNames.get(name) as string;
        const isOurs = Number(row.isOurs) === 1;
        const table = schema.get(name) ?? {
          name,
          isView: Number(row.isView) === 1,
          isOurs,
          keyName,
          parents: new Set(JSON.parse(String(row.parents)) as string[]),
          encodeKey: spellId,
          keyOf: asItIs,
          keyType: '',
          holdsJsonText:
            !isOurs &&
            !schema.has(name) &&
            (yield* holdsJsonText(
              name,
              keyName,
              rows.filter(({tableName}) => tableName === row.tableName),
            )),
          columns: new Map<Id, Column>(),
        };
        schema.set(name, table);
        const columnName = String(row.columnName);
        const declaredType = String(row.declaredType);
        if (isSameName(columnName, keyName)) {
          table.keyType = declaredType;
          const kind = dialect.kindOfType(declaredType);
          const probe = isOurs || table.isView ? undefined : dialect.probeKey(name, keyName, kind);
          probe === undefined || probes.set(table, probe);
        }
        const cellId = cellIdOf(String(row.spelling ?? columnName));
        if (!isSameName(columnName, keyName) && cellId !== undefined) {
          const kind = dialect.kindOfType(declaredType);
          table.columns.set(
            cellId,
            makeColumn(dialect, table, {
              cellId,
              name: columnName,
              kind,
              declaredType,
              isGenerated: Number(row.isGenerated) === 1,
            }),
          );
        }
      }
      for (const [table, probe] of probes) {
        const [found] = yield probe;
        if (Number(found?.isNumeric) === 1) {
          table.encodeKey = encodeNumericKey;
          table.keyOf = numericKeyOf;
        }
      }
      return schema;
    },

    create: (tableName, keyName, kinds) => {
      const table: TableSchema = {
        name: tableName,
        isView: false,
        isOurs: true,
        keyName,
        parents: new Set(),
        encodeKey: spellId,
        keyOf: asItIs,
        keyType: dialect.keyType,
        holdsJsonText: false,
        columns: new Map(),
      };
      const key = `${dialect.quote(keyName)} ${dialect.keyType} NOT NULL PRIMARY KEY`;
      const columns = [...kinds].map(([cellId, kind]) => defineColumn(dialect, table, cellId, kind));
      const definitions = [key, ...columns.map(({definition}) => definition)];
      return {
        table,
        statements: [dialect.createOwnTable(tableName, definitions), ...columns.flatMap(({notes}) => notes)],
      };
    },

    addColumn: (table, cellId, kind) => {
      const {definition, notes} = defineColumn(dialect, table, cellId, kind);
      return [statement(`ALTER TABLE ${dialect.quoteTable(table.name)} ADD COLUMN ${definition}`), ...notes];
    },

    widen: (table, cellId) => {
      const {name} = table.columns.get(cellId) as Column;
      const widened = dialect.widen(table.name, name, SPELLING_MARK);
      if (widened === undefined) {
        return [];
      }
      table.columns.set(
        cellId,
        makeColumn(dialect, table, {
          cellId,
          name,
          kind: 'text',
          declaredType: dialect.columnTypes.text,
          isGenerated: false,
        }),
      );
      return [widened];
    },
  };
};

// As all columns of such a table are, which has no other key, no defaults and nothing that must not be null.
const isPlainColumn = (row: SqlRow, keyName: string): boolean =>
  row.declaredType === 'text' &&
  Number(row.isView) === 0 &&
  (row.columnName === keyName
    ? Number(row.isKey) === 1
    : Number(row.isKey) === 0 && Number(row.isNullable) === 1);

const asItIs = (place: string): string => place;

// In a column without a type, a number is not the text that spells it: the key goes there as JSON, which tells them apart.
const encodeNumericKey = (rowId: Id): SqlValue =>
  String(Number(rowId)) === rowId && Number.isSafeInteger(Number(rowId))
    ? rowId
    : JSON.stringify(spellId(rowId));
const numericKeyOf = (place: string): string => `json_extract(${place}, '$')`;

// The cell whose column it is; none where the name is spelt in a way that Holdfast does not spell.
const cellIdOf = (columnName: string): Id | undefined => {
  try {
    return isSpelling(columnName) ? unspellId(columnName) : columnName;
  } catch {
    // Somebody else's column, then.
    return undefined;
  }
};

const makeColumn = (
  {hasStrictColumns, holdsWhole}: Dialect,
  {isOurs, holdsJsonText}: Pick<TableSchema, 'isOurs' | 'holdsJsonText'>,
  column: Omit<Column, 'codec'>,
): Column => {
  const {kind, declaredType} = column;
  const codec = hasStrictColumns
    ? (isOurs ? strictCodec : strictForeignCodec)(kind)
    : isOurs
      ? ownCodec(kind)
      : foreignCodec(kind, holdsWhole(declaredType));
  return {...column, codec: holdsJsonText ? jsonTextCodec : codec};
};

// Notes a new column in the table, and spells its definition, and what is to be noted behind it.
const defineColumn = (
  dialect: Dialect,
  table: TableSchema,
  cellId: Id,
  wanted: ColumnKind,
): {readonly definition: string; readonly notes: readonly Statement[]} => {
  const type =
    dialect.columnTypes[
      table.holdsJsonText ? 'text' : table.columns.size < dialect.maxTypedColumns ? wanted : 'any'
    ];
  const kind = dialect.kindOfType(type);
  const spelling = nameColumn(dialect, table, cellId);
  const name = byteLength(spelling) <= dialect.maxNameBytes ? spelling : shortName(table);
  table.columns.set(
    cellId,
    makeColumn(dialect, table, {cellId, name, kind, declaredType: type, isGenerated: false}),
  );
  const note = name === spelling ? undefined : dialect.noteSpelling(table.name, name, spelling);
  return {definition: `${dialect.quote(name)} ${type}`, notes: note === undefined ? [] : [note]};
};

// A name that no column of the table has; it is no spelling of anything.
const shortName = (table: TableSchema): string => {
  const names = new Set([...table.columns.values()].map(({name}) => name));
  let count = table.columns.size;
  while (names.has(`${SPELLING_MARK}column ${count}`)) {
    count++;
  }
  return `${SPELLING_MARK}column ${count}`;
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
