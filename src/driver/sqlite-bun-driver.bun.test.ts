// Runs under Bun: see test/bun/bun.test.ts.

import {expect, test} from 'vitest';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createSqliteBunPersister} from '../entry/persisters/persister-sqlite-bun.ts';
import {createStore} from '../entry/store.ts';
import {type SqliteBunDatabase, sqliteBunDriver} from './sqlite-bun-driver.ts';

type Db = SqliteBunDatabase & {close(): void};

const BUN_SQLITE: string = 'bun:sqlite';
const {Database} = (await import(/* @vite-ignore */ BUN_SQLITE)) as {
  Database: new (path: string, options?: {readonly?: boolean; create?: boolean; readwrite?: boolean}) => Db;
};

const sqliteBun: DatabaseKind = {
  name: 'bun:sqlite',
  open: (path, mode) => {
    const db = new Database(path, mode === 'read-only' ? {readonly: true} : {create: true, readwrite: true});
    return {
      driver: sqliteBunDriver(db),
      createPersister: (store, config, onIgnoredError) =>
        createSqliteBunPersister(store, db, config, undefined, onIgnoredError),
      close: () => db.close(),
    };
  },
};

certifyDriver(sqliteBun, {isTold: true});

test('[DR2] whole numbers that no number holds exactly come back as bigints, the others as numbers', () => {
  const db = new Database(':memory:');
  const driver = sqliteBunDriver(db);
  expect(driver.watch).toBeUndefined();
  const sql = 'SELECT 9223372036854775807 AS large, 1 AS small, 1.5 AS real, NULL AS absent';
  expect(driver.query({sql, params: []})).toEqual([
    {large: 9223372036854775807n, small: 1, real: 1.5, absent: null},
  ]);
  db.close();
});

test('[CN7] what is no Database of bun:sqlite is refused at once', () => {
  expect(() => createSqliteBunPersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['prepare']}}),
  );
});
