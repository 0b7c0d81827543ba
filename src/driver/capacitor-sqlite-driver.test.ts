// What needs no Capacitor. The driver is certified in a browser, over jeep-sqlite: test/browser/capacitor-sqlite.test.ts.

import {expect, test} from 'vitest';
import {createCapacitorSqlitePersister} from '../entry/persisters/persister-capacitor-sqlite.ts';
import {createStore} from '../entry/store.ts';
import {statement} from '../sql/statement.ts';
import {capacitorSqliteDriver} from './capacitor-sqlite-driver.ts';

const answering = (saveToStore: () => Promise<void>) => {
  const called: string[] = [];
  const note = (name: string) => async () => {
    called.push(name);
    return {};
  };
  const db = {
    getConnectionReadOnly: () => false,
    getConnectionDBName: () => 'pets',
    beginTransaction: note('begin'),
    commitTransaction: note('commit'),
    rollbackTransaction: note('roll back'),
    query: note('query'),
    run: note('run'),
    sqlite: {
      saveToStore: () => {
        called.push('save');
        return saveToStore();
      },
    },
  };
  return {driver: capacitorSqliteDriver(db), called};
};

test('[CN7] what is no connection of Capacitor’s SQLite is refused at once', () => {
  expect(() => createCapacitorSqlitePersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle'}),
  );
});

test('[PR1] saves behind the commit on the web, where a device has no such method', async () => {
  for (const saveToStore of [
    async () => undefined,
    () => Promise.reject(Object.assign(new Error('Not implemented on iOS.'), {code: 'UNIMPLEMENTED'})),
  ]) {
    const {driver, called} = answering(saveToStore);
    await driver.transact?.('write', (query) => query(statement('DELETE FROM pets')));
    await driver.transact?.('read', (query) => query(statement('SELECT 1')));
    expect(called).toEqual(['begin', 'run', 'commit', 'save', 'begin', 'query', 'commit']);
  }
});

test('[PR1] a commit that could not be saved on the web is a fault', async () => {
  const {driver} = answering(() => Promise.reject(new Error('no room')));
  await expect(driver.transact?.('write', (query) => query(statement('DELETE FROM pets')))).rejects.toThrow(
    'no room',
  );
});
