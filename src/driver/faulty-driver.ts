// A driver around another one that fails, waits or calls a function at the k-th call, for tests of everything above it.
// Counts every statement that reaches the driver, BEGIN and COMMIT included (where the host itself begins and commits,
// these count as calls too). Knows what a statement says as little as who sends it, and never changes one.

import type {SqlRow, Statement} from '../sql/statement.ts';
import type {BatchDriver, Driver, HostDriver, StatementsDriver} from './driver.ts';

/** What happens at a call. */
export type Fault =
  /** The error is thrown in place of running the statement, or after it ran: it took effect, and nobody is told. */
  | {readonly kind: 'fail'; readonly when: 'before' | 'after'; readonly error: () => unknown}
  /** The statement waits; not for drivers of kind `host`, whose calls return at once. */
  | {readonly kind: 'delay'; readonly until: () => Promise<void>}
  /** The function is called, say to end the process, and the statement runs if it returns. */
  | {readonly kind: 'call'; readonly when: 'before' | 'after'; readonly run: () => void};

export interface FaultyDriver<Wrapped extends Driver = Driver> {
  readonly driver: Wrapped;
  /** Plans a fault for call `atCall`, counted from 1 and from now, and for `callCount` calls in a row (1 by default). */
  plan(atCall: number, fault: Fault, callCount?: number): void;
  /** Forgets what was planned; the counting goes on. */
  clear(): void;
  /** The SQL of every call since `plan`, `clear` or the beginning; empty for what the host does by itself. */
  calls(): readonly string[];
  /** Whether the planned fault has happened. */
  hasStruck(): boolean;
}

/** Errors as SQLite's bindings make them, by what is wrong. */
export const sqliteFaults = {
  busy: () => makeSqliteError('SQLITE_BUSY', 5, 'database is locked'),
  full: () => makeSqliteError('SQLITE_FULL', 13, 'database or disk is full'),
  io: () => makeSqliteError('SQLITE_IOERR', 10, 'disk I/O error'),
} as const;

export const faultyDriver = <Wrapped extends Driver>(wrapped: Wrapped): FaultyDriver<Wrapped> => {
  let planned: {readonly first: number; readonly last: number; readonly fault: Fault} | undefined;
  let calls: string[] = [];
  let struckCount = 0;

  const nextFault = (sql: string): Fault | undefined => {
    calls.push(sql);
    const isDue = planned !== undefined && calls.length >= planned.first && calls.length <= planned.last;
    struckCount += isDue ? 1 : 0;
    return isDue ? planned?.fault : undefined;
  };

  const strike = (fault: Fault | undefined, when: 'before' | 'after'): void => {
    if (fault?.kind === 'fail' && fault.when === when) {
      throw fault.error();
    }
    if (fault?.kind === 'call' && fault.when === when) {
      fault.run();
    }
  };

  const runNow = <Result>(sql: string, run: () => Result): Result => {
    const fault = nextFault(sql);
    if (fault?.kind === 'delay') {
      throw new TypeError('A driver whose calls return at once cannot be delayed');
    }
    strike(fault, 'before');
    const result = run();
    strike(fault, 'after');
    return result;
  };

  const run = async <Result>(sql: string, work: () => Promise<Result>): Promise<Result> => {
    const fault = nextFault(sql);
    if (fault?.kind === 'delay') {
      await fault.until();
    }
    strike(fault, 'before');
    const result = await work();
    strike(fault, 'after');
    return result;
  };

  const wrapQuery =
    (query: StatementsDriver['query']): StatementsDriver['query'] =>
    (sent) =>
      run(sent.sql, () => query(sent));

  return {
    driver: wrapDriver(wrapped, {runNow, run, wrapQuery}) as Wrapped,
    plan: (atCall, fault, callCount = 1) => {
      planned = {first: atCall, last: atCall + callCount - 1, fault};
      calls = [];
      struckCount = 0;
    },
    clear: () => {
      planned = undefined;
      calls = [];
    },
    calls: () => calls,
    hasStruck: () => struckCount > 0,
  };
};

interface Runners {
  runNow<Result>(sql: string, work: () => Result): Result;
  run<Result>(sql: string, work: () => Promise<Result>): Promise<Result>;
  wrapQuery(query: StatementsDriver['query']): StatementsDriver['query'];
}

const wrapDriver = (wrapped: Driver, runners: Runners): Driver => {
  switch (wrapped.kind) {
    case 'host':
      return wrapHost(wrapped, runners);
    case 'statements':
      return wrapStatements(wrapped, runners);
    case 'batch':
      return wrapBatch(wrapped, runners);
  }
};

const wrapHost = (wrapped: HostDriver, {runNow}: Runners): HostDriver => {
  const {query, wrap} = wrapped;
  return {
    ...wrapped,
    query: (sent: Statement): readonly SqlRow[] => runNow(sent.sql, () => query(sent)),
    ...(wrap === undefined
      ? {}
      : {
          wrap: (body: () => void) => {
            // The host begins before the body and commits behind it: two calls that it makes by itself.
            runNow('', () => undefined);
            let strikeAfterCommit: () => void = () => undefined;
            wrap(() => {
              body();
              strikeAfterCommit = commitCall(runNow);
            });
            strikeAfterCommit();
          },
        }),
  };
};

// A fault before the commit is thrown inside the body, so that the host rolls back; one after it, behind the host.
const commitCall = (runNow: Runners['runNow']): (() => void) => {
  let hasPassedBefore = false;
  try {
    runNow('', () => {
      hasPassedBefore = true;
    });
  } catch (error) {
    if (!hasPassedBefore) {
      throw error;
    }
    return () => {
      throw error;
    };
  }
  return () => undefined;
};

const wrapStatements = (wrapped: StatementsDriver, {runNow, wrapQuery}: Runners): StatementsDriver => {
  const {query, pin, transact} = wrapped;
  return {
    ...wrapped,
    query: wrapQuery(query),
    ...(pin === undefined
      ? {}
      : {
          pin: <Result>(work: (pinned: StatementsDriver['query']) => Promise<Result>) =>
            pin((pinned) => work(wrapQuery(pinned))),
        }),
    ...(transact === undefined
      ? {}
      : {
          transact: async <Result>(
            mode: 'read' | 'write',
            work: (lent: StatementsDriver['query']) => Promise<Result>,
          ) => {
            // As for `wrap`.
            runNow('', () => undefined);
            let strikeAfterCommit: () => void = () => undefined;
            const result = await transact(mode, async (lent) => {
              const inner = await work(wrapQuery(lent));
              strikeAfterCommit = commitCall(runNow);
              return inner;
            });
            strikeAfterCommit();
            return result;
          },
        }),
  };
};

const wrapBatch = (wrapped: BatchDriver, {run, wrapQuery}: Runners): BatchDriver => {
  const {query, batch} = wrapped;
  return {
    ...wrapped,
    query: wrapQuery(query),
    batch: (statements) => run(statements.map(({sql}) => sql).join(';\n'), () => batch(statements)),
  };
};

const makeSqliteError = (code: string, errcode: number, message: string): Error =>
  Object.assign(new Error(message), {code, errcode});
