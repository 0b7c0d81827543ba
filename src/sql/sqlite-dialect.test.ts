import {DatabaseSync} from 'node:sqlite';
import {describe, expect, test} from 'vitest';
import {sqliteDialect} from './sqlite-dialect.ts';

test('names are quoted', () => {
  expect(['pets', 'a "b" c', '', 'select'].map(sqliteDialect.quote)).toEqual([
    '"pets"',
    '"a ""b"" c"',
    '""',
    '"select"',
  ]);
  expect([sqliteDialect.placeholder(1), sqliteDialect.placeholder(7)]).toEqual(['?', '?']);
});

test.each([
  ['JSON', 'json'],
  ['json', 'json'],
  ['BOOLEAN', 'boolean'],
  ['bool', 'boolean'],
  ['INTEGER', 'number'],
  ['BIGINT UNSIGNED', 'number'],
  ['POINT', 'number'],
  ['TEXT', 'text'],
  ['VARCHAR(20)', 'text'],
  ['nvarchar', 'text'],
  ['CLOB', 'text'],
  // SQLite asks for INT first.
  ['CHARINT', 'number'],
  ['', 'any'],
  ['BLOB', 'any'],
  ['REAL', 'number'],
  ['DOUBLE PRECISION', 'number'],
  ['FLOAT', 'number'],
  ['DECIMAL(10, 5)', 'number'],
  ['DATETIME', 'number'],
])('a column of type "%s" holds %s', (declaredType, kind) => {
  expect(sqliteDialect.kindOfType(declaredType)).toBe(kind);
});

describe('faults', () => {
  test.each([
    [{code: 'SQLITE_BUSY'}, 'busy'],
    [{code: 'SQLITE_BUSY_SNAPSHOT'}, 'busy'],
    [{code: 'SQLITE_LOCKED'}, 'busy'],
    [{errcode: 5}, 'busy'],
    [{errcode: 517}, 'busy'],
    [{errcode: 6}, 'busy'],
    [{message: 'database table is locked'}, 'busy'],
    [{errcode: 1, message: 'cannot start a transaction within a transaction'}, 'busy'],
    [{errcode: 13}, 'full'],
    [{errcode: 522}, 'corrupt'],
    [{message: 'SQLITE_FULL: database or disk is full'}, 'full'],
    [{code: 'SQLITE_CORRUPT'}, 'corrupt'],
    [{code: 'SQLITE_NOTADB'}, 'corrupt'],
    [{errcode: 26}, 'corrupt'],
    [{message: 'database disk image is malformed'}, 'corrupt'],
    [{code: 'SQLITE_CONSTRAINT_UNIQUE'}, 'constraint'],
    [{errcode: 2067}, 'constraint'],
    [{message: 'UNIQUE constraint failed: pets.id'}, 'constraint'],
    [{code: 'SQLITE_READONLY_DBMOVED'}, 'read-only'],
    [{errcode: 8}, 'read-only'],
    [{message: 'attempt to write a readonly database'}, 'read-only'],
    [{message: 'The database connection is not open'}, 'closed'],
    [{message: 'database is not open'}, 'closed'],
    [{code: 'SQLITE_MISUSE'}, 'closed'],
    [{code: 'SQLITE_CANTOPEN'}, 'closed'],
    [{errcode: 1, message: 'no such table: pets'}, 'missing'],
    [{code: 'SQLITE_ERROR', message: 'no such column: colour'}, 'missing'],
    [{message: 'table pets has no column named colour'}, 'missing'],
    [{code: 'SQLITE_ERROR', message: 'near "SELEKT": syntax error'}, 'other'],
    [{code: 'SQLITE_IOERR', errcode: 10}, 'other'],
    [undefined, 'other'],
    ['text', 'other'],
    [null, 'other'],
  ])('%j is of kind %s', (error, kind) => {
    expect(sqliteDialect.classify(error)).toBe(kind);
  });
});

describe('what it writes', () => {
  const ask = (sql: string, ...params: string[]) => {
    const db = new DatabaseSync(':memory:');
    db.exec(
      `${sqliteDialect.createOwnTable('pets', ['id TEXT PRIMARY KEY']).sql};` +
        'ALTER TABLE pets ADD COLUMN name TEXT; CREATE TABLE "Others" (a INTEGER, b JSON); CREATE VIEW names AS SELECT name FROM pets;' +
        "INSERT INTO pets VALUES ('fido', 'Fi\"do'), ('felix', 'Felix')",
    );
    const rows = db.prepare(sql).all(...params);
    db.close();
    return rows.map((row) => ({...row}));
  };

  test('describes tables and views, whose they are, and their columns', () => {
    const {sql, params} = sqliteDialect.describe(['pets', 'others', 'names', 'nowhere']);
    const rows = ask(sql, ...(params as string[]));
    expect(
      rows.map((row) => [row.tableName, row.isView, row.isOurs, row.columnName, row.declaredType, row.isKey]),
    ).toEqual([
      ['Others', 0, 0, 'a', 'INTEGER', 0],
      ['Others', 0, 0, 'b', 'JSON', 0],
      ['names', 1, 0, 'name', 'TEXT', 0],
      ['pets', 0, 1, 'id', 'TEXT', 1],
      ['pets', 0, 1, 'name', 'TEXT', 0],
    ]);
  });

  test('merges and joins JSON', () => {
    const patched = ask(
      `SELECT ${sqliteDialect.patchJson('?', '?')} AS "text"`,
      '{"a":1,"b":2}',
      '{"b":null,"c":3}',
    );
    expect(patched).toEqual([{text: '{"a":1,"c":3}'}]);
    expect(
      ask(`SELECT ${sqliteDialect.joinTexts(sqliteDialect.quoteJson('name'))} AS "text" FROM pets`),
    ).toEqual([{text: '"Fi\\"do","Felix"'}]);
    expect(
      ask(
        `SELECT ${sqliteDialect.isJsonValid("'{'")} AS "no", ${sqliteDialect.isJsonValid("'{}'")} AS "yes"`,
      ),
    ).toEqual([{no: 0, yes: 1}]);
  });

  test('counts changes', () => {
    const [row] = ask(sqliteDialect.changeCounter?.sql ?? '');
    expect([typeof row?.version, row?.total, row?.schema]).toEqual(['number', 2, 4]);
  });

  test('numbers rows by a column that no other hides', () => {
    expect(sqliteDialect.rowOrder(['a'])).toBe('rowid');
    expect(sqliteDialect.rowOrder(['ROWID'])).toBe('_rowid_');
    expect(sqliteDialect.rowOrder(['rowid', '_rowid_', 'Oid'])).toBeUndefined();
  });
});
