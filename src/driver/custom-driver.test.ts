import {describe, expect, test} from 'vitest';
import {createDatabasePlace, custom} from '../../test/contract/databases.ts';
import {driverSuite} from '../testing/driver.suite.ts';
import {customPostgreSqlDriver, customSqliteDriver} from './custom-driver.ts';

driverSuite({
  name: 'of custom functions',
  create: () => createDatabasePlace(custom),
  skip: {CN3: 'its calls return promises'},
  runner: {describe, test, expect},
});

test('what resolves with nothing has no rows, and parameters are the application’s to keep', async () => {
  const params: unknown[] = [];
  const driver = customSqliteDriver({
    executeCommand: async (_sql, given) => {
      params.push(given);
      given?.push('more');
      return undefined as never;
    },
    addChangeListener: () => 0,
    delChangeListener: () => undefined,
    destroy: () => undefined,
  });
  const sent = {sql: 'SELECT ?', params: Object.freeze([1])};
  expect(await driver.query(sent)).toEqual([]);
  expect(params).toEqual([[1, 'more']]);
});

test('listens through the functions, with the handle that they gave', () => {
  const listeners = new Map<symbol, (tableName: string) => void>();
  const driver = customSqliteDriver({
    executeCommand: async () => [],
    addChangeListener: (listener) => {
      const handle = Symbol();
      listeners.set(handle, listener);
      return handle;
    },
    delChangeListener: (handle) => {
      listeners.delete(handle);
    },
    destroy: () => undefined,
  });
  let callCount = 0;
  const unwatch = driver.watch?.(() => callCount++);
  for (const listener of listeners.values()) {
    listener('pets');
  }
  expect(callCount).toBe(1);
  unwatch?.();
  expect(listeners.size).toBe(0);
});

test('listens to channels of PostgreSQL through the functions, and takes a call without words for one', async () => {
  const listeners = new Map<string, (text: string) => void>();
  const driver = customPostgreSqlDriver({
    executeCommand: async () => [],
    addChangeListener: async (channel, listener) => {
      listeners.set(channel, listener);
      return channel;
    },
    delChangeListener: (channel) => {
      listeners.delete(channel);
    },
    destroy: () => undefined,
  });
  const told: string[][] = [];
  const listening = await driver.listen?.(
    ['pets', 'shops'],
    (channel, text) => void told.push([channel, text]),
    () => undefined,
  );
  listeners.get('pets')?.('{}');
  (listeners.get('shops') as (() => void) | undefined)?.();
  expect(told).toEqual([
    ['pets', '{}'],
    ['shops', ''],
  ]);
  await listening?.stop();
  expect(listeners.size).toBe(0);
});
