// A driver with everything around it that each platform needs alike: calls in order, transactions, errors wrapped
// once, waiting for a locked database, and counts of what was sent. Knows nothing of layouts and stores.
//
// Invariants:
// 1. One transaction runs at a time, and a query asked for meanwhile runs after it; also among connections of one handle.
// 2. A transaction is all or none: what its body throws rolls it back.
// 3. On a `host` driver a transaction runs in one synchronous block: nobody else's statement can join it.
// 4. A transaction is begun again from the start while the database is locked, until `busyTimeoutMs` have passed;
//    nothing was applied then. Any other fault is passed on at once.

import {HoldfastError, type HoldfastErrorCode} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Dialect, FaultKind} from '../sql/dialect.ts';
import {dialects} from '../sql/dialects.ts';
import {measureStatement, type SqlRow, type SqlValue, type Statement, statement} from '../sql/statement.ts';
import type {Driver, DriverLimits, HostDriver, StatementsDriver} from './driver.ts';
import {queueOf} from './handle-queue.ts';

/**
 * The body of a transaction: yields statements and is handed the rows of each. It must not wait for anything else, so
 * that it can run in one synchronous block. It may be started again from the beginning.
 */
type TransactionBody<Result> = () => Generator<Statement, Result, readonly SqlRow[]>;

export interface ConnectionOptions {
  /** Told of every statement before it is sent, `BEGIN` and `COMMIT` included. */
  readonly onSqlCommand?: ((sql: string, params?: unknown[]) => void) | undefined;
  /** How long a locked database is waited for; default 5,000. */
  readonly busyTimeoutMs?: number | undefined;
  readonly ports?: Ports | undefined;
}

interface ConnectionStats {
  /** Statements sent, `BEGIN` and `COMMIT` included. */
  readonly statementCount: number;
  /** Bytes of SQL and parameters sent; text counts a byte a character. */
  readonly byteCount: number;
}

export interface TransactionResult<Result> {
  readonly result: Result;
  /** What `around` said before and after; empty without one. */
  readonly before: readonly SqlRow[];
  readonly after: readonly SqlRow[];
}

export interface Connection {
  /** The driver's dialect, without what the driver cannot do. */
  readonly dialect: Dialect;
  /** As the driver declares it. */
  readonly isAlone: boolean;
  /** The dialect's `changeCounter`, where it can be asked on this connection. */
  readonly changeCounter: Statement | undefined;
  readonly limits: DriverLimits;
  /** Whether a transaction that writes is told what it reads; a batch of statements is not. */
  readonly readsWhereItWrites: boolean;
  query(statement: Statement): Promise<readonly SqlRow[]>;
  /** Runs the statements in one transaction: all of them, or none. */
  apply(statements: () => Iterable<Statement>): Promise<void>;
  /**
   * Runs a body whose reads decide its writes in one transaction. `around` is asked right before it begins and right
   * behind the commit, with nobody else's statement between where the driver allows that; its rows come with the
   * result.
   */
  transaction<Result>(
    mode: 'read' | 'write',
    body: TransactionBody<Result>,
    around?: Statement,
  ): Promise<TransactionResult<Result>>;
  /**
   * Runs an asynchronous body in one write transaction, for migrations alone. Nothing else of this connection runs
   * meanwhile; statements that the application itself sends over the same handle would join it.
   */
  interactive<Result>(
    body: (query: (statement: Statement) => Promise<readonly SqlRow[]>) => Promise<Result>,
  ): Promise<Result>;
  /**
   * Calls back whenever the database may have changed, also by another connection of the same handle; undefined where
   * nobody can tell.
   */
  readonly watch: Driver['watch'];
  /** Listens to channels, between transactions; undefined where the driver cannot. */
  readonly listen: Driver['listen'];
  getStats(): ConnectionStats;
  close(): Promise<void>;
}

export const createConnection = (driver: Driver, options: ConnectionOptions = {}): Connection => {
  const {onSqlCommand, busyTimeoutMs = 5_000, ports = hostPorts} = options;
  const dialect =
    driver.hasReturning === false
      ? {...dialects[driver.dialect], hasReturning: false}
      : dialects[driver.dialect];
  const {listen} = driver;
  const queue = queueOf(driver);
  const neighbours = driver.handle === undefined ? undefined : neighboursOf(driver.handle);
  const ownListeners = new Set<() => void>();
  let statementCount = 0;
  let byteCount = 0;

  const count = (sent: Statement): Statement => {
    statementCount++;
    byteCount += measureStatement(sent);
    onSqlCommand?.(sent.sql, sent.params as SqlValue[]);
    return sent;
  };

  const send = async (query: StatementsDriver['query'], sent: Statement): Promise<readonly SqlRow[]> => {
    try {
      return await query(count(sent));
    } catch (error) {
      throw wrapFault(dialect, error, sent);
    }
  };

  const sendNow = (query: HostDriver['query'], sent: Statement): readonly SqlRow[] => {
    try {
      return query(count(sent));
    } catch (error) {
      throw wrapFault(dialect, error, sent);
    }
  };

  const begin = {read: statement(dialect.beginRead), write: statement(dialect.beginWrite)};
  const limitWait = dialect.limitWait(busyTimeoutMs);
  const commit = statement(dialect.commit);
  const rollback = statement(dialect.rollback);

  // The first fault is the one to tell of: SQLite has rolled back by itself after some, and then refuses ROLLBACK.
  const rollbackNow = (query: HostDriver['query']): void => {
    try {
      query(count(rollback));
    } catch {
      // Nothing is left open.
    }
  };

  const runHost = <Result>(
    {query, wrap}: HostDriver,
    mode: 'read' | 'write',
    body: TransactionBody<Result>,
  ): Result => {
    if (wrap !== undefined) {
      let result: {value: Result} | undefined;
      wrap(() => {
        result = {value: driveNow(body(), (sent) => sendNow(query, sent))};
      });
      return (result as unknown as {value: Result}).value;
    }
    sendNow(query, begin[mode]);
    try {
      const result = driveNow(body(), (sent) => sendNow(query, sent));
      sendNow(query, commit);
      return result;
    } catch (error) {
      rollbackNow(query);
      throw error;
    }
  };

  const syncHost = async ({sync}: HostDriver): Promise<void> => {
    try {
      await sync?.();
    } catch (error) {
      throw wrapFault(dialect, error, commit);
    }
  };

  // An answer can get lost on its way from a server or a worker: then nobody knows whether BEGIN or ROLLBACK ran.
  let mayBeOpen = false;

  const rollbackLater = async (query: StatementsDriver['query']): Promise<void> => {
    try {
      await query(count(rollback));
      mayBeOpen = false;
    } catch (error) {
      mayBeOpen = !NO_TRANSACTION.test(String(error));
    }
  };

  const runStatements = async <Result>(
    query: StatementsDriver['query'],
    mode: 'read' | 'write',
    work: () => Promise<Result>,
  ): Promise<Result> => {
    if (mayBeOpen) {
      await rollbackLater(query);
    }
    try {
      await send(query, begin[mode]);
    } catch (error) {
      mayBeOpen = !isBusy(error);
      throw error;
    }
    try {
      if (mode === 'write' && limitWait !== undefined) {
        await send(query, limitWait);
      }
      const result = await work();
      // Readers who keep the lock would meet this transaction again and again, were it begun anew.
      await (dialect.canCommitAgain ? retryWhileBusy(() => send(query, commit)) : send(query, commit));
      return result;
    } catch (error) {
      await rollbackLater(query);
      throw error;
    }
  };

  // What the work throws is passed on as it is, whatever the host makes of it; what the host itself throws is wrapped.
  const runLent = async <Result>(
    lend: (work: (query: StatementsDriver['query']) => Promise<Result>) => Promise<Result>,
    begun: Statement,
    work: (query: StatementsDriver['query']) => Promise<Result>,
  ): Promise<Result> => {
    let thrown: {readonly error: unknown} | undefined;
    try {
      return await lend(async (query) => {
        thrown = undefined;
        try {
          return await work(query);
        } catch (error) {
          thrown = {error};
          throw error;
        }
      });
    } catch (error) {
      throw thrown === undefined ? wrapFault(dialect, error, begun) : thrown.error;
    }
  };

  const runTransact = <Result>(
    transact: NonNullable<StatementsDriver['transact']>,
    mode: 'read' | 'write',
    work: (query: StatementsDriver['query']) => Promise<Result>,
  ): Promise<Result> =>
    runLent(
      (lent) => transact(mode, lent),
      begin[mode],
      async (query) => {
        if (mode === 'write' && limitWait !== undefined) {
          await send(query, limitWait);
        }
        return work(query);
      },
    );
  // A transaction of the application's would be joined, and what is saved then goes with it.
  const requireFree = (): void => {
    if (!mayBeOpen && driver.isInTransaction?.() === true) {
      throw new HoldfastError(
        'driver/busy',
        'The application is in a transaction of its own on this connection; end it, or give the persister a pool.',
      );
    }
  };

  const runOnce = async <Result>(
    mode: 'read' | 'write',
    body: TransactionBody<Result>,
    around: Statement | undefined,
  ): Promise<TransactionResult<Result>> => {
    if (driver.kind === 'host') {
      const ask = () => (around === undefined ? NO_ROWS : sendNow(driver.query, around));
      const before = ask();
      const result = runHost(driver, mode, body);
      const after = ask();
      if (mode === 'write') {
        await syncHost(driver);
      }
      return {result, before, after};
    }
    const run = async (
      query: StatementsDriver['query'],
      work: () => Promise<Result>,
    ): Promise<TransactionResult<Result>> => {
      const ask = async () => (around === undefined ? NO_ROWS : send(query, around));
      const before = await ask();
      const result = await work();
      return {result, before, after: await ask()};
    };
    if (driver.kind === 'batch') {
      // A batch answers once it is over: a body that only reads is handed its rows one statement after another.
      return run(driver.query, () =>
        mode === 'read' ? drive(body(), (sent) => send(driver.query, sent)) : runBatch(driver.batch, body),
      );
    }
    requireFree();
    const driveOver = (query: StatementsDriver['query']) => drive(body(), (sent) => send(query, sent));
    const {transact} = driver;
    if (transact !== undefined) {
      return run(driver.query, () => runTransact(transact, mode, driveOver));
    }
    const work = (query: StatementsDriver['query']) =>
      run(query, () => runStatements(query, mode, () => driveOver(query)));
    return driver.pin === undefined ? work(driver.query) : runLent(driver.pin, begin[mode], work);
  };

  // A batch has one round: its body learns the rows of no statement before it has named the last.
  const runBatch = async <Result>(
    batch: (statements: readonly Statement[]) => Promise<unknown>,
    body: TransactionBody<Result>,
  ): Promise<Result> => {
    const statements: Statement[] = [];
    const result = driveNow(body(), (sent) => {
      statements.push(count(sent));
      return [];
    });
    try {
      await batch(statements);
    } catch (error) {
      throw wrapFault(dialect, error, statements[0] ?? commit);
    }
    return result;
  };

  const retryWhileBusy = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    const endMs = ports.now() + busyTimeoutMs;
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 50)) {
      try {
        return await run();
      } catch (error) {
        if (!isBusy(error) || ports.now() + delayMs > endMs) {
          throw error;
        }
      }
      await new Promise<void>((resolve) => ports.setTimer(resolve, delayMs * (0.5 + ports.random())));
    }
  };

  const transaction: Connection['transaction'] = async (mode, body, around) => {
    const result = await queue.add(() => retryWhileBusy(() => runOnce(mode, body, around)));
    mode === 'write' && tellNeighbours();
    return result;
  };

  const tellNeighbours = (): void => {
    for (const listeners of neighbours ?? []) {
      if (listeners !== ownListeners) {
        for (const listener of listeners) {
          listener();
        }
      }
    }
  };

  const watch: NonNullable<Driver['watch']> = (onMaybeChanged) => {
    const unwatch = driver.watch?.(onMaybeChanged);
    const listener = () => onMaybeChanged();
    ownListeners.add(listener);
    neighbours?.add(ownListeners);
    return () => {
      unwatch?.();
      ownListeners.delete(listener);
      ownListeners.size === 0 && neighbours?.delete(ownListeners);
    };
  };

  return {
    dialect,
    isAlone: driver.isAlone === true,
    changeCounter:
      driver.hasOneConnection === false && !dialect.isCounterShared
        ? undefined
        : (driver.changeCounter ?? dialect.changeCounter),
    limits: driver.limits,
    readsWhereItWrites: driver.kind !== 'batch',
    watch: driver.watch === undefined && neighbours === undefined ? undefined : watch,
    listen:
      listen &&
      ((channels, onTold, onLost) =>
        queue.add(async () => {
          const {processId, stop} = await listen(channels, onTold, onLost);
          return {processId, stop: () => queue.add(stop)};
        })),
    query: (sent) =>
      queue.add(() =>
        retryWhileBusy(async () =>
          driver.kind === 'host' ? sendNow(driver.query, sent) : send(driver.query, sent),
        ),
      ),
    apply: async (statements) => {
      await transaction('write', function* () {
        yield* statements();
      });
    },
    transaction,
    interactive: async (body) => {
      const result = await queue.add(() =>
        retryWhileBusy(async () => {
          requireFree();
          const bodyOver = (query: StatementsDriver['query']) => body((sent) => send(query, sent));
          if (driver.kind === 'statements' && driver.transact !== undefined) {
            return runTransact(driver.transact, 'write', bodyOver);
          }
          const query: StatementsDriver['query'] = async (sent) => driver.query(sent);
          if (driver.kind === 'host' && driver.wrapAsync !== undefined) {
            const {wrapAsync} = driver;
            const result = await runTransact(
              (_mode, work) => wrapAsync(() => work(query)),
              'write',
              bodyOver,
            );
            await syncHost(driver);
            return result;
          }
          const work = (pinned: StatementsDriver['query']) =>
            runStatements(pinned, 'write', () => bodyOver(pinned));
          return driver.kind === 'statements' && driver.pin !== undefined
            ? runLent(driver.pin, begin.write, work)
            : work(query);
        }),
      );
      tellNeighbours();
      return result;
    },
    getStats: () => ({statementCount, byteCount}),
    close: async () => {
      await driver.close?.();
    },
  };
};

// Who listens to commits of one handle, by connection.
const neighbourhoods = new WeakMap<object, Set<ReadonlySet<() => void>>>();

const neighboursOf = (handle: object): Set<ReadonlySet<() => void>> => {
  const neighbours = neighbourhoods.get(handle) ?? new Set();
  neighbourhoods.set(handle, neighbours);
  return neighbours;
};

const driveNow = <Result>(
  steps: Generator<Statement, Result, readonly SqlRow[]>,
  run: (sent: Statement) => readonly SqlRow[],
): Result => {
  let step = steps.next();
  while (!step.done) {
    step = steps.next(run(step.value));
  }
  return step.value;
};

const drive = async <Result>(
  steps: Generator<Statement, Result, readonly SqlRow[]>,
  run: (sent: Statement) => Promise<readonly SqlRow[]>,
): Promise<Result> => {
  let step = steps.next();
  while (!step.done) {
    step = steps.next(await run(step.value));
  }
  return step.value;
};

const NO_ROWS: readonly SqlRow[] = [];

// What SQLite says to a ROLLBACK too many.
const NO_TRANSACTION = /no transaction is active/;

const isBusy = (error: unknown): boolean => error instanceof HoldfastError && error.code === 'driver/busy';

const CODE_OF_FAULT: Record<FaultKind, HoldfastErrorCode> = {
  busy: 'driver/busy',
  full: 'driver/full',
  corrupt: 'driver/corrupt',
  constraint: 'driver/constraint',
  'read-only': 'driver/read-only',
  closed: 'driver/closed',
  missing: 'driver/missing',
  'too-large': 'driver/too-large',
  other: 'driver/statement-failed',
};

const ADVICE_OF_FAULT: Record<FaultKind, string> = {
  busy: 'Another connection holds the lock; end its transaction, or raise busyTimeoutMs.',
  full: 'There is no room left; free some. Nothing of this transaction was stored.',
  corrupt: 'The database file is damaged; restore a copy. Nothing was written to it.',
  constraint: 'The table refuses the row; change the row or the constraint.',
  'read-only': 'The database was opened read-only; open it for writing.',
  closed:
    'The handle is closed, was never open, or has lost its server; keep it open until the persister is destroyed. ' +
    'A pool connects again by itself, and what is pending is saved then; a single client does not: open another.',
  missing: 'A table or column is not there (any more).',
  'too-large':
    'A value, a row or a statement is larger than the database takes; store less in one, or choose a layout that divides it.',
  other: 'The cause says why; details.sql is the statement.',
};

const subjectOf = (about: Statement['about']): string =>
  about === undefined
    ? 'a statement'
    : about.rowIds.length === 1
      ? `row "${about.rowIds[0]}" of table "${about.table}"`
      : `${about.rowIds.length} rows of table "${about.table}"`;

// Parameters are the application's data, and stay out of errors, but for the ids of rows.
const wrapFault = (dialect: Dialect, error: unknown, {sql, about}: Statement): HoldfastError => {
  const fault = dialect.classify(error, about !== undefined);
  const constraint = fault === 'constraint' ? dialect.constraintOf(error) : undefined;
  const said = error instanceof Error ? error.message : String(error);
  return new HoldfastError(
    CODE_OF_FAULT[fault],
    `The database refused ${subjectOf(about)}${constraint === undefined ? '' : ` because of "${constraint}"`}: ${said}. ${ADVICE_OF_FAULT[fault]}`,
    {
      fault,
      sql: sql.length > 2_000 ? `${sql.slice(0, 2_000)}…` : sql,
      ...(about === undefined ? {} : {table: about.table, rowIds: about.rowIds}),
      ...(constraint === undefined ? {} : {constraint}),
    },
    error,
  );
};
