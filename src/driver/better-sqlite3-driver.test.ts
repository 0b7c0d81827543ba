import BetterSqlite3 from 'better-sqlite3';
import {describe, expect, test} from 'vitest';
import {betterSqlite3, createDatabasePlace} from '../../test/contract/databases.ts';
import {createBetterSqlite3Persister} from '../entry/persisters/persister-better-sqlite3.ts';
import {createStore} from '../entry/store.ts';
import {driverSuite} from '../testing/driver.suite.ts';
import {betterSqlite3Driver} from './better-sqlite3-driver.ts';

driverSuite({
  name: 'better-sqlite3',
  create: () => createDatabasePlace(betterSqlite3),
  runner: {describe, test, expect},
});

test('a database in memory is not watched', () => {
  const db = new BetterSqlite3(':memory:');
  expect(betterSqlite3Driver(db).watch).toBeUndefined();
  db.close();
});

test('[CN7] what is no Database of better-sqlite3 is refused at once', () => {
  for (const handle of [undefined, null, {}, 'file.db', {prepare: 1}]) {
    expect(() => createBetterSqlite3Persister(createStore(), handle as never)).toThrow(
      expect.objectContaining({
        code: 'argument/wrong-handle',
        message: expect.stringContaining('a Database of better-sqlite3'),
      }),
    );
  }
});
