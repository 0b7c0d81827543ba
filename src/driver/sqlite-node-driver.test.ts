import {DatabaseSync} from 'node:sqlite';
import {describe, expect, test} from 'vitest';
import {createDatabasePlace, sqliteNode} from '../../test/contract/databases.ts';
import {createSqliteNodePersister} from '../entry/persisters/persister-sqlite-node.ts';
import {createStore} from '../entry/store.ts';
import {driverSuite} from '../testing/driver.suite.ts';
import {sqliteNodeDriver} from './sqlite-node-driver.ts';

driverSuite({
  name: 'node:sqlite',
  create: () => createDatabasePlace(sqliteNode),
  runner: {describe, test, expect},
});

test('a database in memory, and one that cannot tell its path, are not watched', () => {
  const db = new DatabaseSync(':memory:');
  expect(sqliteNodeDriver(db).watch).toBeUndefined();
  expect(sqliteNodeDriver({prepare: (sql) => db.prepare(sql)}).watch).toBeUndefined();
  db.close();
});

test('[DR2] whole numbers that no number holds exactly come back as bigints, the others as numbers', () => {
  const db = new DatabaseSync(':memory:');
  const {query} = sqliteNodeDriver(db);
  const sql = 'SELECT 9223372036854775807 AS large, 1 AS small, 1.5 AS real, NULL AS absent';
  for (let times = 0; times < 2; times++) {
    const [row] = query({sql, params: []});
    expect({...row}).toEqual({large: 9223372036854775807n, small: 1, real: 1.5, absent: null});
  }
  query({sql: 'CREATE TABLE things (n INTEGER)', params: []});
  const insert = 'INSERT INTO things VALUES (9223372036854775807) RETURNING n';
  expect(() => query({sql: insert, params: []})).toThrow(RangeError);
  db.close();
});

test('[CN7] what is no DatabaseSync is refused at once', () => {
  for (const handle of [undefined, null, {}, 'file.db']) {
    expect(() => createSqliteNodePersister(createStore(), handle as never)).toThrow(
      expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['prepare']}}),
    );
  }
});
