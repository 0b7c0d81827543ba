// How SQLite spells it.

import type {ColumnKind, Dialect, FaultKind, ObservedTable} from './dialect.ts';
import {type Statement, statement} from './statement.ts';

const COLUMN_TYPES: Dialect['columnTypes'] = {
  text: 'TEXT',
  number: 'REAL',
  decimal: 'NUMERIC',
  boolean: 'BOOLEAN',
  json: 'JSON',
  any: '',
};

// A comment inside CREATE TABLE is kept by SQLite, through every ALTER TABLE: it marks a table as ours.
const OWNERSHIP_MARK = '/* holdfast */';

// What a table's own row numbers are called, unless a column hides the name; SQLite 3.54 adds no such column.
const ROW_NUMBER_NAMES = ['rowid', '_rowid_', 'oid'];

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  beginRead: 'BEGIN',
  beginWrite: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  limitWait: () => undefined,
  rollback: 'ROLLBACK',
  canCommitAgain: true,
  columnTypes: COLUMN_TYPES,
  keyType: 'TEXT',
  counterType: 'INTEGER PRIMARY KEY',
  // data_version moves with the commits of other connections, total_changes with those of this one.
  changeCounter: statement(
    'SELECT (SELECT data_version FROM pragma_data_version) AS "version", total_changes() AS "total", ' +
      '(SELECT schema_version FROM pragma_schema_version) AS "schema"',
  ),
  isCounterShared: false,
  hasReturning: true,
  writeReport: statement('SELECT changes() AS "count", last_insert_rowid() AS "lastSeq"'),
  hasStrictColumns: false,
  maxTypedColumns: Number.POSITIVE_INFINITY,
  maxNameBytes: Number.POSITIVE_INFINITY,
  partsOfName: (tableName) => [tableName],
  hasStrictJson: false,
  reservedColumnNames: new Set(ROW_NUMBER_NAMES),

  hold: () => undefined,
  holdRows: '',
  createTable,
  // Behind the key, which is never dropped, the mark stays.
  createOwnTable: (tableName, [key, ...columns]) =>
    statement(`CREATE TABLE ${quote(tableName)} (${[`${key} ${OWNERSHIP_MARK}`, ...columns].join(', ')})`),
  noteSpelling: () => undefined,
  widen: () => undefined,
  keepShape: () => undefined,
  createLog: (logTableName) =>
    createTable(logTableName, 'seq INTEGER PRIMARY KEY, table_id TEXT NOT NULL, row_id TEXT NOT NULL'),
  observe,
  announcing: undefined,

  overriding: '',
  quoteTable: quote,
  quote,
  placeholder: () => '?',
  placeholderFor: () => '?',
  selectColumn: (expression) => expression,
  selectForeign: (expression, kind) =>
    kind === 'number' || kind === 'any'
      ? `CASE WHEN typeof(${expression}) = 'integer' AND ${expression} NOT BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER} ` +
        `THEN ${selectLargeWhole(expression)} ELSE ${expression} END`
      : expression,
  selectKey: (expression) =>
    `CASE typeof(${expression}) WHEN 'integer' THEN CAST(${expression} AS TEXT) ELSE ${expression} END`,
  // Numbers stand before texts in the key's index.
  probeKey: (tableName, keyName, kind) =>
    kind === 'any'
      ? statement(`SELECT typeof(min(${quote(keyName)})) = 'integer' AS "isNumeric" FROM ${quote(tableName)}`)
      : undefined,
  canHold: () => true,
  kindOfType,
  holdsWhole: (declaredType) =>
    kindOfType(declaredType) === 'number' &&
    (/INT/i.test(declaredType) || !/REAL|FLOA|DOUB/i.test(declaredType)),
  describe: (tableNames) =>
    statement(
      'SELECT t.name AS "tableName", ' +
        `t.type = 'view' AS "isView", ` +
        `coalesce(instr(t.sql, '${OWNERSHIP_MARK}') > 0, 0) AS "isOurs", ` +
        'c.name AS "columnName", c.type AS "declaredType", c.pk AS "isKey", ' +
        '(SELECT json_group_array(f."table") FROM pragma_foreign_key_list(t.name) f) AS "parents" ' +
        'FROM sqlite_schema t JOIN pragma_table_info(t.name) c ' +
        `WHERE t.type IN ('table', 'view') AND lower(t.name) IN (${tableNames.map(() => 'lower(?)').join(', ')}) ` +
        'ORDER BY t.name, c.cid',
      tableNames,
    ),
  probeJsonText: undefined,
  rowOrder: (columnNames) => {
    const names = new Set(columnNames.map((name) => name.toLowerCase()));
    return ROW_NUMBER_NAMES.find((name) => !names.has(name));
  },
  patchJson: (stored, patch) => `json_patch(${stored}, ${patch})`,
  eachText: (json) => `json_each(${json})`,
  objectOfTexts: 'json_group_object(key, value)',
  byCodePoints: ' COLLATE BINARY',
  quoteJson: (expression) => `json_quote(${expression})`,
  joinTexts: (expression) => `group_concat(${expression}, ',')`,
  isJsonValid: (expression) => `json_valid(${expression})`,
  deferReferences: statement('PRAGMA defer_foreign_keys = ON'),
  classify,
  constraintOf: (error) => {
    const [, kind, what = ''] = REFUSED.exec(String((error as {message?: unknown} | null)?.message)) ?? [];
    return kind === undefined ? undefined : `${kind} ${what}`.trim();
  },
};

// As a double where there is one that is the same. The greatest of 64 bits comes back as itself from a greater double.
const selectLargeWhole = (expression: string): string =>
  `CASE WHEN CAST(CAST(${expression} AS REAL) AS INTEGER) = ${expression} AND ${expression} <> 9223372036854775807 ` +
  `THEN CAST(${expression} AS REAL) ELSE CAST(${expression} AS TEXT) END`;

// "NOT NULL constraint failed: pets.name"; some drivers write on behind it.
const REFUSED = /(NOT NULL|UNIQUE|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: ([^\n(]*[^\n( ]))?/;

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function createTable(tableName: string, columns: string): Statement {
  return statement(`CREATE TABLE IF NOT EXISTS ${quote(tableName)} (${columns})`);
}

function observe(
  logTableName: string,
  {tableName, keyColumnName, pruneInterval, keptEntries}: ObservedTable,
): readonly Statement[] {
  const log = quote(logTableName);
  const key = quote(keyColumnName);
  const entry = (alias: 'NEW' | 'OLD') =>
    `INSERT INTO ${log} (table_id, row_id) SELECT '${tableName.replaceAll("'", "''")}', ${alias}.${key} WHERE ${alias}.${key} IS NOT NULL`;
  const bodies = {
    insert: `${entry('NEW')};`,
    update: `${entry('NEW')}; ${entry('OLD')} AND OLD.${key} IS NOT NEW.${key};`,
    delete: `${entry('OLD')};`,
  };
  return [
    ...(['insert', 'update', 'delete'] as const).map((event) =>
      statement(
        `CREATE TRIGGER IF NOT EXISTS ${quote(`${logTableName}_${event}_${tableName}`)} ` +
          `AFTER ${event.toUpperCase()} ON ${quote(tableName)} BEGIN ${bodies[event]} END`,
      ),
    ),
    statement(
      `CREATE TRIGGER IF NOT EXISTS ${quote(`${logTableName}_prune`)} AFTER INSERT ON ${log} ` +
        `WHEN NEW.seq % ${pruneInterval} = 0 BEGIN DELETE FROM ${log} WHERE seq <= NEW.seq - ${keptEntries}; END`,
    ),
  ];
}

// The rules by which SQLite gives a declared type its affinity, asked in the same order; https://sqlite.org/datatype3.html
function kindOfType(declaredType: string): ColumnKind {
  const type = declaredType.toUpperCase();
  if (type === 'JSON') {
    return 'json';
  }
  if (type.startsWith('BOOL')) {
    return 'boolean';
  }
  if (type.includes('INT')) {
    return 'number';
  }
  if (/CHAR|CLOB|TEXT/.test(type)) {
    return 'text';
  }
  return type === '' || type.includes('BLOB') ? 'any' : 'number';
}

// Result codes by their low byte; https://sqlite.org/rescode.html
const FAULT_OF_CODE: Record<number, FaultKind> = {
  5: 'busy',
  6: 'busy',
  8: 'read-only',
  11: 'corrupt',
  13: 'full',
  14: 'closed',
  18: 'too-large',
  19: 'constraint',
  21: 'closed',
  26: 'corrupt',
};

// An extended code: the file ends before its last page.
const SHORT_READ = 522;

const FAULT_OF_NAME: readonly (readonly [RegExp, FaultKind])[] = [
  // "Within a transaction" is said where somebody else has begun one on the same handle.
  [/SQLITE_(BUSY|LOCKED)|database (table )?is locked|TRANSACTION_ACTIVE|within a transaction/i, 'busy'],
  [/SQLITE_FULL|disk is full/i, 'full'],
  [/SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)|malformed|not a database/i, 'corrupt'],
  [/SQLITE_CONSTRAINT|constraint failed/i, 'constraint'],
  [/SQLITE_READONLY|readonly database|in read-only mode/i, 'read-only'],
  [
    /SQLITE_(MISUSE|CANTOPEN)|not open|(is|has|has been) (closed|finalized)|closed (database|remote|pool|resource)|unable to open|Database not found|No available connection/i,
    'closed',
  ],
  [/no such (table|column)|has no column named/i, 'missing'],
  [/SQLITE_TOOBIG|string or blob too big|statement too long/i, 'too-large'],
];

function classify(error: unknown): FaultKind {
  const {code, errcode, message} = (error ?? {}) as {code?: unknown; errcode?: unknown; message?: unknown};
  const number = typeof errcode === 'number' ? errcode : code;
  if (typeof number === 'number') {
    const fault = number === SHORT_READ ? 'corrupt' : FAULT_OF_CODE[number & 0xff];
    if (fault !== undefined) {
      return fault;
    }
  }
  const text = `${String(code ?? '')} ${String(message ?? error)}`;
  return FAULT_OF_NAME.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}
