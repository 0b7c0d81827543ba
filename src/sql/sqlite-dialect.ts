// How SQLite spells it.

import type {ColumnKind, Dialect, FaultKind} from './dialect.ts';
import {statement} from './statement.ts';

const COLUMN_TYPES: Dialect['columnTypes'] = {
  text: 'TEXT',
  number: 'REAL',
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
  hasReturning: true,
  writeReport: statement('SELECT changes() AS "count", last_insert_rowid() AS "lastSeq"'),
  hasSelfLogging: true,
  ownershipMark: OWNERSHIP_MARK,
  reservedColumnNames: new Set(ROW_NUMBER_NAMES),

  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  placeholder: () => '?',
  kindOfType,
  describe: (tableNames) =>
    statement(
      'SELECT t.name AS "tableName", ' +
        `t.type = 'view' AS "isView", ` +
        `coalesce(instr(t.sql, '${OWNERSHIP_MARK}') > 0, 0) AS "isOurs", ` +
        'c.name AS "columnName", c.type AS "declaredType", c.pk AS "isKey" ' +
        'FROM sqlite_schema t JOIN pragma_table_info(t.name) c ' +
        `WHERE t.type IN ('table', 'view') AND lower(t.name) IN (${tableNames.map(() => 'lower(?)').join(', ')}) ` +
        'ORDER BY t.name, c.cid',
      tableNames,
    ),
  rowOrder: (columnNames) => {
    const names = new Set(columnNames.map((name) => name.toLowerCase()));
    return ROW_NUMBER_NAMES.find((name) => !names.has(name));
  },
  patchJson: (stored, patch) => `json_patch(${stored}, ${patch})`,
  quoteJson: (expression) => `json_quote(${expression})`,
  joinTexts: (expression) => `group_concat(${expression}, ',')`,
  isJsonValid: (expression) => `json_valid(${expression})`,
  classify,
};

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
  [/SQLITE_READONLY|readonly database/i, 'read-only'],
  [
    /SQLITE_(MISUSE|CANTOPEN)|not open|(is|has been) closed|closed (database|remote)|unable to open/i,
    'closed',
  ],
  [/no such (table|column)|has no column named/i, 'missing'],
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
