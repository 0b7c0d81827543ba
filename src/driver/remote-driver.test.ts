import {DatabaseSync} from 'node:sqlite';
import {expect, test} from 'vitest';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createSqliteNodePersister} from '../entry/persisters/persister-sqlite-node.ts';
import {createWorkerPersister, exposeDriver} from '../entry/persisters/persister-worker.ts';
import {createStore} from '../entry/store.ts';
import {statement} from '../sql/statement.ts';
import type {Driver, StatementsDriver} from './driver.ts';
import {remoteDriver} from './remote-driver.ts';
import {sqliteNodeDriver} from './sqlite-node-driver.ts';

/** A port that leads to the driver. */
const expose = (driver: Driver): MessagePort => {
  const {port1, port2} = new MessageChannel();
  exposeDriver(driver, port1);
  return port2;
};

const remote = (name: string, makeDriver: (db: DatabaseSync) => Driver): DatabaseKind => ({
  name: `${name} at the other end of a port`,
  open: async (path, mode) => {
    const db = new DatabaseSync(path, {readOnly: mode === 'read-only'});
    const exposed = makeDriver(db);
    const ports = [expose(exposed)];
    const driver = await remoteDriver(ports[0] as MessagePort);
    return {
      driver,
      createPersister: (store, config, onIgnoredError) => {
        const port = expose(exposed);
        ports.push(port);
        return createWorkerPersister(store, port, config, undefined, onIgnoredError);
      },
      close: () => {
        for (const port of ports) {
          port.close();
        }
        db.isOpen && db.close();
      },
    };
  },
});

// As a host would that has transactions of its own.
const transactingDriver = (db: DatabaseSync): StatementsDriver => {
  const {dialect, limits, query: queryNow} = sqliteNodeDriver(db);
  const query: StatementsDriver['query'] = async (sent) => queryNow(sent);
  return {
    kind: 'statements',
    dialect,
    limits,
    handle: db,
    query,
    transact: async (mode, work) => {
      db.exec(mode === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN');
      try {
        const result = await work(query);
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.isTransaction && db.exec('ROLLBACK');
        throw error;
      }
    },
  };
};

const MESSAGES = {driver: {CN3: 'its calls are messages'}};
certifyDriver(remote('node:sqlite', sqliteNodeDriver), MESSAGES);
certifyDriver(remote('node:sqlite with transactions of its own', transactingDriver), MESSAGES);

test('[CN7] what is no port, and what is no driver, are refused', async () => {
  const expected = {code: 'argument/wrong-handle'};
  await expect(createWorkerPersister(createStore(), {} as never)).rejects.toMatchObject(expected);
  const {port1} = new MessageChannel();
  expect(() => exposeDriver({} as never, port1)).toThrow(expect.objectContaining(expected));
});

test('[DR4] when the other end is gone, what waits for it and what comes later reject', async () => {
  const {port1, port2} = new MessageChannel();
  const silent: Driver = {
    ...sqliteNodeDriver(new DatabaseSync(':memory:')),
    kind: 'statements',
    query: () => new Promise(() => undefined),
  };
  exposeDriver(silent, port1);
  const persister = await createWorkerPersister(createStore().setValue('open', true), port2, {mode: 'rows'});
  const saved = expect(persister.save()).rejects.toMatchObject({code: 'driver/closed'});
  port1.close();
  await saved;
  await expect(persister.load()).rejects.toMatchObject({code: 'driver/closed'});
  expect(persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 1});
  await persister.destroy();
});

test('[CN2] a transaction of somebody who is gone is rolled back, and persisters that are there go on', async () => {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE theirs (id)');
  const port = expose(sqliteNodeDriver(db));
  const driver = await remoteDriver(port);
  const store = createStore().setValue('open', true);
  const local = createSqliteNodePersister(store, db, {mode: 'rows'});
  let saved: Promise<unknown> | undefined;
  let isSaved = false;
  await driver
    .pin?.(async (query) => {
      await query(statement('BEGIN IMMEDIATE'));
      await query(statement('INSERT INTO theirs VALUES (1)'));
      saved = local.save().then(() => {
        isSaved = true;
      });
      // The transaction has the handle: one more statement of it comes before the save.
      await query(statement('INSERT INTO theirs VALUES (2)'));
      expect(isSaved).toBe(false);
      port.close();
      await saved;
      throw new RangeError('it never ends');
    })
    .catch((error) => expect(error).toBeInstanceOf(RangeError));
  expect(isSaved).toBe(true);
  expect(db.prepare('SELECT count(*) AS count FROM theirs').get()).toEqual({count: 0});
  expect(db.prepare('SELECT count(*) AS count FROM holdfast').get()).toEqual({count: 1});
  await local.destroy();
  db.close();
});
