// Driver: PostgreSQL through the package postgres. Its pool has a connection of its own for listening, which it makes anew
// by itself.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';

interface Executor {
  unsafe(sql: string, params?: SqlValue[]): PromiseLike<readonly unknown[]>;
}

/** The part of what `sql.reserve()` resolves with that is called: one connection of the pool. */
export interface PostgresReservedSql extends Executor {
  release(): void;
}

/** The part of the function that `postgres(…)` returns that is called. */
export interface PostgresSql extends Executor {
  begin<Result>(options: string, work: (sql: Executor) => Promise<Result>): Promise<unknown>;
  listen(
    channel: string,
    onTold: (text: string) => void,
    onListening: () => void,
  ): Promise<{readonly state?: {readonly pid?: number | null}; unlisten(): Promise<unknown>}>;
}

const OPTIONS = {read: 'isolation level repeatable read read only', write: ''};

export const postgresDriver = (sql: PostgresSql | PostgresReservedSql): StatementsDriver =>
  'release' in sql ? {...FACTS, query: queryBy(sql), handle: sql} : driverOfPool(sql);

const FACTS = {
  kind: 'statements',
  dialect: 'postgres',
  // The package itself refuses to send more.
  limits: {...POSTGRES_LIMITS, maxParams: 65_533},
} as const;

const driverOfPool = (sql: PostgresSql): StatementsDriver => ({
  ...FACTS,
  hasOneConnection: false,
  query: queryBy(sql),
  transact: async (mode, work) => {
    let result: {readonly value: Awaited<ReturnType<typeof work>>} | undefined;
    await sql.begin(OPTIONS[mode], async (lent) => {
      result = {value: await work(queryBy(lent)).catch(waitForEnd)};
    });
    return (result as unknown as {value: Awaited<ReturnType<typeof work>>}).value;
  },
  listen: async (channels, onTold, onLost) => {
    let isOver = false;
    let processId: number | undefined;
    const stops: (() => Promise<unknown>)[] = [];
    for (const channel of channels) {
      let isFirst = true;
      const {state, unlisten} = await sql.listen(
        channel,
        (text) => {
          isOver || onTold(channel, text);
        },
        () => {
          // It listens anew by itself, and by another process: what was told meanwhile is lost.
          if (!isFirst && !isOver) {
            isOver = true;
            onLost();
          }
          isFirst = false;
        },
      );
      processId = state?.pid ?? undefined;
      stops.push(unlisten);
    }
    return {
      processId,
      stop: async () => {
        isOver = true;
        await Promise.all(stops.map((stop) => stop()));
      },
    };
  },
});

// The package sends a ROLLBACK when this rejects, over a connection that is gone too, and never lends that place of its pool
// again (3.4.9). It rejects by itself once the connection has ended.
const waitForEnd = (error: {readonly code?: unknown; readonly cause?: {readonly code?: unknown}}) =>
  IS_LOST.test(String(error?.cause?.code ?? error?.code))
    ? new Promise<never>(() => undefined)
    : Promise.reject(error);

const IS_LOST = /^(ECONN|EPIPE|CONNECTION_(CLOSED|DESTROYED)|57P0)/;

const queryBy =
  (executor: Executor): StatementsDriver['query'] =>
  async ({sql, params}) =>
    [...(await executor.unsafe(sql, [...params]))] as SqlRow[];
