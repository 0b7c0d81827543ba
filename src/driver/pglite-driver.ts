// Driver: PGlite, a PostgreSQL inside the process: one connection, which its own transactions take turns on.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';

interface Executor {
  query(sql: string, params?: SqlValue[]): Promise<{readonly rows: readonly unknown[]}>;
}

/** The part of a `PGlite` that is called. */
export interface PgliteDatabase extends Executor {
  transaction<Result>(work: (transaction: Executor) => Promise<Result>): Promise<Result>;
  readonly closed: boolean;
  /** Whether a transaction was begun; older versions do not say. */
  isInTransaction?(): boolean;
  listen(channel: string, onTold: (text: string) => void): Promise<() => Promise<void>>;
}

export const pgliteDriver = (pglite: PgliteDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'postgres',
  limits: POSTGRES_LIMITS,
  query: queryBy(pglite),
  isInTransaction: () => !pglite.closed && pglite.isInTransaction?.() === true,
  transact: async (mode, work) => {
    const result = await pglite.transaction(async (transaction) => {
      if (mode === 'read') {
        await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      }
      return work(queryBy(transaction));
    });
    if (mode === 'write') {
      // As of 0.5.16 a browser's storage is written behind each query, but not behind the COMMIT of a transaction.
      await pglite.query('SELECT 1');
    }
    return result;
  },
  listen: async (channels, onTold) => {
    const stops = await Promise.all(
      channels.map((channel) => pglite.listen(channel, (text) => onTold(channel, text))),
    );
    return {
      stop: async () => {
        // One that is closed listens no more.
        for (const stop of pglite.closed ? [] : stops) {
          await stop();
        }
      },
    };
  },
});

const queryBy =
  (executor: Executor): StatementsDriver['query'] =>
  async ({sql, params}) =>
    (await executor.query(sql, [...params])).rows as readonly SqlRow[];
