import {describe, expect, test} from 'vitest';
import {createDatabasePlace, skipAll, sqlite3} from '../../test/contract/databases.ts';
import {createSqlite3Persister} from '../entry/persisters/persister-sqlite3.ts';
import {createStore} from '../entry/store.ts';
import {driverSuite} from '../testing/driver.suite.ts';

const RULES = ['DR1', 'DR2', 'DR3', 'DR4', 'CN1', 'CN2', 'CN3', 'CN4', 'CN5', 'CN6'];

driverSuite({
  name: 'sqlite3',
  create: () => createDatabasePlace(sqlite3),
  skip: {
    CN3: 'its calls return promises',
    ...skipAll(sqlite3.skipReason, RULES),
  },
  runner: {describe, test, expect},
});

test('[CN7] what is no Database of sqlite3 is refused at once, with what it lacks', () => {
  const handle = {all: () => undefined};
  expect(() => createSqlite3Persister(createStore(), handle as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['on', 'removeListener']}}),
  );
});
