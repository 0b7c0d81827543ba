// What needs no Expo. The driver is certified in a browser, over expo-sqlite's web build: test/browser/expo-sqlite.test.ts.

import {expect, test} from 'vitest';
import {createExpoSqlitePersister} from '../entry/persisters/persister-expo-sqlite.ts';
import {createStore} from '../entry/store.ts';
import {statement} from '../sql/statement.ts';
import {expoSqliteDriver} from './expo-sqlite-driver.ts';

test('[CN7] what is no database of expo-sqlite is refused at once', () => {
  expect(() => createExpoSqlitePersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle'}),
  );
});

test('[DR2] bigints, and whole numbers beyond 64 bits, go as text, and the database makes numbers of them', async () => {
  const sent: unknown[] = [];
  const driver = expoSqliteDriver({
    databasePath: 'pets.db',
    getAllAsync: async (...args) => {
      sent.push(args);
      return [];
    },
  });
  await driver.query(statement(`UPDATE "t?""?" SET a = ?, b = ? WHERE c = '?' AND d = ?`, [1, 2 ** 63, 7n]));
  await driver.query(statement('SELECT ?', [2 ** 60]));
  expect(sent).toEqual([
    [
      `UPDATE "t?""?" SET a = ?, b = CAST(? AS REAL) WHERE c = '?' AND d = CAST(? AS INTEGER)`,
      [1, '9223372036854776000', '7'],
    ],
    ['SELECT ?', [2 ** 60]],
  ]);
});
