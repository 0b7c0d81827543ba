import {DatabaseSync} from 'node:sqlite';
import {describe, expect, test} from 'vitest';
import {createFakePorts} from '../base/ports.fake.ts';
import {type Statement, statement} from '../sql/statement.ts';
import {createConnection} from './connection.ts';
import type {BatchDriver, StatementsDriver} from './driver.ts';
import {faultyDriver, sqliteFaults} from './faulty-driver.ts';
import {sqliteNodeDriver} from './sqlite-node-driver.ts';

const setUp = () => {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE pets (id TEXT PRIMARY KEY)');
  const {query, limits} = sqliteNodeDriver(db);
  const later = async (sent: Statement) => query(sent);
  const ids = () =>
    db
      .prepare('SELECT id FROM pets ORDER BY id')
      .all()
      .map(({id}) => id);
  return {db, query, later, limits, ids};
};

const insert = (id: string) => statement('INSERT INTO pets VALUES (?)', [id]);

describe('a driver of kind batch', () => {
  const createBatch = () => {
    const parts = setUp();
    const batches: string[][] = [];
    const driver: BatchDriver = {
      kind: 'batch',
      dialect: 'sqlite',
      limits: parts.limits,
      query: parts.later,
      batch: async (statements) => {
        batches.push(statements.map(({sql}) => sql));
        parts.db.exec('BEGIN');
        try {
          const rows = statements.map(parts.query);
          parts.db.exec('COMMIT');
          return rows;
        } catch (error) {
          parts.db.exec('ROLLBACK');
          throw error;
        }
      },
    };
    return {...parts, batches, connection: createConnection(driver)};
  };

  test('[CN2] is given all statements of a transaction at once, and stores all or none', async () => {
    const {connection, batches, ids} = createBatch();
    await connection.apply(() => [insert('fido'), insert('felix')]);
    await expect(connection.apply(() => [insert('rex'), insert('fido')])).rejects.toMatchObject({
      code: 'driver/constraint',
    });
    expect(batches.length).toBe(2);
    expect(ids()).toEqual(['felix', 'fido']);
  });

  test('[CN1] hands the rows to a body that only reads', async () => {
    const {connection, batches} = createBatch();
    await connection.apply(() => [insert('fido')]);
    const {result} = await connection.transaction('read', function* () {
      const rows = yield statement('SELECT id FROM pets');
      return rows.map(({id}) => id);
    });
    expect([result, batches.length]).toEqual([['fido'], 1]);
  });
});

describe('a locked database', () => {
  test('[CN4] is asked again, less and less often, and the transaction begun anew', async () => {
    const {later, limits, ids} = setUp();
    const ports = createFakePorts();
    const faulty = faultyDriver<StatementsDriver>({
      kind: 'statements',
      dialect: 'sqlite',
      limits,
      query: later,
    });
    const connection = createConnection(faulty.driver, {ports, busyTimeoutMs: 1_000});
    faulty.plan(3, {kind: 'fail', when: 'before', error: sqliteFaults.busy});
    let attempts = 0;
    await ports.until(
      connection.apply(function* () {
        attempts++;
        yield insert('fido');
        yield insert('felix');
      }),
    );
    expect([attempts, ids()]).toEqual([2, ['felix', 'fido']]);

    faulty.plan(1, {kind: 'fail', when: 'before', error: sqliteFaults.busy}, Number.POSITIVE_INFINITY);
    const startMs = ports.now();
    await expect(ports.until(connection.apply(() => [insert('rex')]))).rejects.toMatchObject({
      code: 'driver/busy',
    });
    expect(ports.now() - startMs).toBeGreaterThan(900);
    expect(ports.now() - startMs).toBeLessThanOrEqual(1_000);
    expect(faulty.calls().length).toBeLessThan(40);
  });
});

describe('answers that get lost', () => {
  test('[CN2] leave no transaction open', async () => {
    const {later, limits, ids} = setUp();
    const faulty = faultyDriver<StatementsDriver>({
      kind: 'statements',
      dialect: 'sqlite',
      limits,
      query: later,
    });
    const connection = createConnection(faulty.driver);
    for (const [index, atCalls] of [[1], [3], [2, 3]].entries()) {
      // Of BEGIN; of COMMIT; of the statement, and of the ROLLBACK that follows.
      const [first = 1] = atCalls;
      faulty.plan(first, {kind: 'fail', when: 'after', error: sqliteFaults.io}, atCalls.length);
      await expect(connection.apply(() => [insert(`${index}`)])).rejects.toMatchObject({
        code: 'driver/statement-failed',
      });
      faulty.clear();
      await connection.apply(() => [insert(`after ${index}`)]);
    }
    expect(ids()).toEqual(['1', 'after 0', 'after 1', 'after 2']);
  });
});

test('[CN1] connections of one handle take turns', async () => {
  const {later, limits, ids} = setUp();
  const driver: StatementsDriver = {
    kind: 'statements',
    dialect: 'sqlite',
    limits,
    handle: later,
    query: later,
  };
  const connections = [createConnection(driver), createConnection({...driver})];
  await Promise.all(connections.map((connection, index) => connection.apply(() => [insert(`${index}`)])));
  expect(ids()).toEqual(['0', '1']);
});

describe('a transaction that the host lends', () => {
  const createLending = () => {
    const parts = setUp();
    const asked: string[] = [];
    const driver: StatementsDriver = {
      kind: 'statements',
      dialect: 'sqlite',
      limits: parts.limits,
      query: parts.later,
      transact: async (mode, work) => {
        asked.push(mode);
        parts.db.exec('BEGIN');
        try {
          const result = await work(parts.later);
          parts.db.exec('COMMIT');
          return result;
        } catch {
          parts.db.exec('ROLLBACK');
          throw new Error('the host’s own words');
        }
      },
    };
    return {...parts, asked, driver};
  };

  test('[CN2] is all or none, and what its body throws is what the caller gets', async () => {
    const {asked, driver, ids} = createLending();
    const connection = createConnection(driver);
    await connection.apply(() => [insert('fido')]);
    await expect(connection.apply(() => [insert('rex'), insert('fido')])).rejects.toMatchObject({
      code: 'driver/constraint',
    });
    const interactive = connection.interactive(async (query) => {
      await query(insert('rex'));
      throw new RangeError('no');
    });
    await expect(interactive).rejects.toThrow(RangeError);
    const {result} = await connection.transaction('read', function* () {
      return (yield statement('SELECT id FROM pets')).length;
    });
    expect([result, ids(), asked]).toEqual([1, ['fido'], ['write', 'write', 'write', 'read']]);
  });

  test('[CN4] is asked for again while the host finds the database locked', async () => {
    const {driver, ids} = createLending();
    const ports = createFakePorts();
    const faulty = faultyDriver(driver);
    const connection = createConnection(faulty.driver, {ports});
    faulty.plan(1, {kind: 'fail', when: 'before', error: sqliteFaults.busy}, 2);
    await ports.until(connection.apply(() => [insert('fido')]));
    expect(ids()).toEqual(['fido']);
  });
});

test('[CN4] a COMMIT that meets a lock is tried again by itself, where the dialect allows', async () => {
  const sentBy = async (dialect: 'sqlite' | 'postgres') => {
    const {later, limits} = setUp();
    const ports = createFakePorts();
    const run = async (sent: Statement) =>
      /^SET/.test(sent.sql) ? [] : later(/^BEGIN/.test(sent.sql) ? statement('BEGIN') : sent);
    const faulty = faultyDriver<StatementsDriver>({kind: 'statements', dialect, limits, query: run});
    const connection = createConnection(faulty.driver, {ports});
    const error = () => Object.assign(sqliteFaults.busy(), dialect === 'postgres' ? {code: '40001'} : {});
    faulty.plan(dialect === 'postgres' ? 4 : 3, {kind: 'fail', when: 'before', error});
    await ports.until(connection.apply(() => [insert('fido')]));
    return faulty.calls().map((sql) => sql.split(' ')[0]);
  };
  expect(await sentBy('sqlite')).toEqual(['BEGIN', 'INSERT', 'COMMIT', 'COMMIT']);
  const again = ['BEGIN', 'SET', 'INSERT', 'COMMIT'];
  expect(await sentBy('postgres')).toEqual([...again, 'ROLLBACK', ...again]);
});

describe('connections of one handle', () => {
  test('[WA1] hear of one another’s commits, and not of their own', async () => {
    const {db, query, later, limits} = setUp();
    const open = (handle: object) =>
      createConnection({kind: 'statements', dialect: 'sqlite', limits, handle, query: later});
    const [one, other, stranger] = [open(db), open(db), open(query)];
    const told = {one: 0, other: 0, stranger: 0};
    one.watch?.(() => told.one++);
    const unwatch = other.watch?.(() => told.other++);
    stranger.watch?.(() => told.stranger++);

    await one.apply(() => [insert('fido')]);
    expect(told).toEqual({one: 0, other: 1, stranger: 0});
    await one.interactive((ask) => ask(insert('felix')));
    expect(told).toEqual({one: 0, other: 2, stranger: 0});
    await one.transaction('read', function* () {
      yield statement('SELECT * FROM pets');
    });
    await expect(one.apply(() => [insert('fido')])).rejects.toThrow();
    expect(told).toEqual({one: 0, other: 2, stranger: 0});
    await other.apply(() => [insert('rex')]);
    expect(told).toEqual({one: 1, other: 2, stranger: 0});
    unwatch?.();
    await one.apply(() => [insert('polly')]);
    expect(told).toEqual({one: 1, other: 2, stranger: 0});
  });
});
