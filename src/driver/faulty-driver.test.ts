import {describe, expect, test} from 'vitest';
import {statement} from '../sql/statement.ts';
import type {BatchDriver, HostDriver, StatementsDriver} from './driver.ts';
import {type Fault, faultyDriver, sqliteFaults} from './faulty-driver.ts';

const limits = {maxParams: 9, maxSqlBytes: 99};

const hostDriver = (ran: string[]): HostDriver => ({
  kind: 'host',
  dialect: 'sqlite',
  limits,
  query: ({sql}) => {
    ran.push(sql);
    return [{sql}];
  },
});

const failing = (when: 'before' | 'after'): Fault => ({kind: 'fail', when, error: sqliteFaults.full});

describe('faultyDriver', () => {
  test('passes everything on until a fault is planned, and tells the calls', () => {
    const ran: string[] = [];
    const faulty = faultyDriver(hostDriver(ran));
    expect(faulty.driver.query(statement('one'))).toEqual([{sql: 'one'}]);
    expect(faulty.driver).toMatchObject({kind: 'host', dialect: 'sqlite', limits});
    expect(faulty.calls()).toEqual(['one']);
    expect(faulty.hasStruck()).toBe(false);
  });

  test('fails before the statement runs, or after it ran, at the call that was named', () => {
    for (const when of ['before', 'after'] as const) {
      const ran: string[] = [];
      const faulty = faultyDriver(hostDriver(ran));
      faulty.driver.query(statement('zero'));
      faulty.plan(2, failing(when));
      faulty.driver.query(statement('one'));
      expect(() => faulty.driver.query(statement('two'))).toThrow('database or disk is full');
      faulty.driver.query(statement('three'));
      expect(ran).toEqual(when === 'before' ? ['zero', 'one', 'three'] : ['zero', 'one', 'two', 'three']);
      expect(faulty.calls()).toEqual(['one', 'two', 'three']);
      expect(faulty.hasStruck()).toBe(true);
    }
  });

  test('fails as many calls in a row as are asked for, until it is cleared', () => {
    const faulty = faultyDriver(hostDriver([]));
    faulty.plan(1, failing('before'), Number.POSITIVE_INFINITY);
    expect(() => faulty.driver.query(statement('one'))).toThrow();
    expect(() => faulty.driver.query(statement('two'))).toThrow();
    faulty.clear();
    expect(faulty.driver.query(statement('three'))).toEqual([{sql: 'three'}]);
  });

  test('calls a function before or after a statement', () => {
    for (const when of ['before', 'after'] as const) {
      const ran: string[] = [];
      const faulty = faultyDriver(hostDriver(ran));
      faulty.plan(1, {kind: 'call', when, run: () => ran.push('called')});
      faulty.driver.query(statement('one'));
      expect(ran).toEqual(when === 'before' ? ['called', 'one'] : ['one', 'called']);
    }
  });

  test('delays a statement, but not on a driver whose calls return at once', async () => {
    const ran: string[] = [];
    const query = async ({sql}: {sql: string}) => {
      ran.push(sql);
      return [];
    };
    let release: () => void = () => undefined;
    const until = () => new Promise<void>((resolve) => (release = resolve));
    const faulty = faultyDriver<StatementsDriver>({kind: 'statements', dialect: 'sqlite', limits, query});
    faulty.plan(1, {kind: 'delay', until});
    const first = faulty.driver.query(statement('one'));
    await faulty.driver.query(statement('two'));
    release();
    await first;
    expect(ran).toEqual(['two', 'one']);

    const host = faultyDriver(hostDriver([]));
    host.plan(1, {kind: 'delay', until});
    expect(() => host.driver.query(statement('one'))).toThrow(TypeError);
  });

  test('counts the statements of a pinned connection', async () => {
    const query = async () => [];
    const faulty = faultyDriver<StatementsDriver>({
      kind: 'statements',
      dialect: 'sqlite',
      limits,
      query,
      pin: (work) => work(query),
    });
    await faulty.driver.pin?.((pinned) => pinned(statement('one')));
    expect(faulty.calls()).toEqual(['one']);
  });

  test('takes the beginning and the end of a host’s own transaction for calls', () => {
    const seen: string[] = [];
    const wrap = (body: () => void) => {
      try {
        body();
        seen.push('committed');
      } catch (error) {
        seen.push('rolled back');
        throw error;
      }
    };
    const run = (atCall: number, when: 'before' | 'after') => {
      seen.length = 0;
      const faulty = faultyDriver({...hostDriver([]), wrap});
      faulty.plan(atCall, failing(when));
      expect(() => faulty.driver.wrap(() => faulty.driver.query(statement('one')))).toThrow('full');
      return [...seen];
    };
    expect(run(1, 'before')).toEqual([]);
    expect(run(2, 'after')).toEqual(['rolled back']);
    expect(run(3, 'before')).toEqual(['rolled back']);
    expect(run(3, 'after')).toEqual(['committed']);
  });

  test('takes the beginning and the end of a transaction that is lent for calls', async () => {
    const query = async () => [];
    const run = async (atCall: number, when: 'before' | 'after') => {
      const seen: string[] = [];
      const faulty = faultyDriver<StatementsDriver>({
        kind: 'statements',
        dialect: 'sqlite',
        limits,
        query,
        transact: async (_mode, work) => {
          try {
            const result = await work(query);
            seen.push('committed');
            return result;
          } catch (error) {
            seen.push('rolled back');
            throw error;
          }
        },
      });
      faulty.plan(atCall, failing(when));
      await expect(faulty.driver.transact?.('write', (lent) => lent(statement('one')))).rejects.toThrow(
        'full',
      );
      return seen;
    };
    expect(await run(1, 'before')).toEqual([]);
    expect(await run(2, 'after')).toEqual(['rolled back']);
    expect(await run(3, 'before')).toEqual(['rolled back']);
    expect(await run(3, 'after')).toEqual(['committed']);
  });

  test('takes a batch for one call', async () => {
    const batched: number[] = [];
    const faulty = faultyDriver<BatchDriver>({
      kind: 'batch',
      dialect: 'sqlite',
      limits,
      query: async () => [],
      batch: async (statements) => {
        batched.push(statements.length);
        return [];
      },
    });
    faulty.plan(1, failing('after'));
    await expect(faulty.driver.batch([statement('one'), statement('two')])).rejects.toThrow('full');
    expect(batched).toEqual([2]);
    expect(faulty.calls()).toEqual(['one;\ntwo']);
  });
});
