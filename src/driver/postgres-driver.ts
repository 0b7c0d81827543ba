// Driver: PostgreSQL through the package postgres. Its pool has a connection of its own for listening, which it makes anew
// by itself.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';

interface Executor {
  unsafe(sql: string, params?: SqlValue[]): PromiseLike<readonly unknown[]>;
}

/** The part of the function that `postgres(…)` returns that is called. */
export interface PostgresSql extends Executor {
  begin<Result>(options: string, work: (sql: Executor) => Promise<Result>): Promise<unknown>;
  listen(
    channel: string,
    onNotified: () => void,
    onListening: () => void,
  ): Promise<{unlisten(): Promise<unknown>}>;
}

const OPTIONS = {read: 'isolation level repeatable read read only', write: ''};

export const postgresDriver = (sql: PostgresSql): StatementsDriver => ({
  kind: 'statements',
  dialect: 'postgres',
  // The package itself refuses to send more.
  limits: {...POSTGRES_LIMITS, maxParams: 65_533},
  hasOneConnection: false,
  query: queryBy(sql),
  transact: async (mode, work) => {
    let result: {readonly value: Awaited<ReturnType<typeof work>>} | undefined;
    await sql.begin(OPTIONS[mode], async (lent) => {
      result = {value: await work(queryBy(lent))};
    });
    return (result as unknown as {value: Awaited<ReturnType<typeof work>>}).value;
  },
  listen: async (channel, onNotified) => {
    let isFirst = true;
    const {unlisten} = await sql.listen(channel, onNotified, () => {
      // What was told while nobody listened is looked for.
      isFirst || onNotified();
      isFirst = false;
    });
    return async () => {
      await unlisten();
    };
  },
});

const queryBy =
  (executor: Executor): StatementsDriver['query'] =>
  async ({sql, params}) =>
    [...(await executor.unsafe(sql, [...params]))] as SqlRow[];
