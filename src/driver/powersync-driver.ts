// Driver: SQLite in PowerSync, by a `PowerSyncDatabase` of any of its packages.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';

/** The part of a `PowerSyncDatabase` that is called. */
export interface PowerSyncDatabase {
  writeLock<Result>(work: (context: PowerSyncContext) => Promise<Result>): Promise<Result>;
  readonly database: {
    registerListener(listener: {tablesUpdated: () => void}): () => void;
  };
}

interface PowerSyncContext {
  getAll(sql: string, params: SqlValue[]): Promise<unknown[]>;
}

export const powerSyncDriver = (powerSync: PowerSyncDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  // Reads go over the connection that writes too: the others see a change a little later.
  query: (sent) => powerSync.writeLock((context) => queryBy(context)(sent)),
  pin: (work) => powerSync.writeLock((context) => work(queryBy(context))),
  watch: (onMaybeChanged) => powerSync.database.registerListener({tablesUpdated: () => onMaybeChanged()}),
});

const queryBy =
  (context: PowerSyncContext): StatementsDriver['query'] =>
  async ({sql, params}) =>
    (await context.getAll(sql, [...params])) as SqlRow[];
