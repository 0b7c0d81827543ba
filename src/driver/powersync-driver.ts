// Driver: SQLite in PowerSync, by a `PowerSyncDatabase` of any of its packages.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {watchFileOf} from './database-file-watch.ts';
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

export const powerSyncDriver = (powerSync: PowerSyncDatabase): StatementsDriver => {
  // Reads go over the connection that writes too: the others see a change a little later.
  const query: StatementsDriver['query'] = (sent) => powerSync.writeLock((context) => queryBy(context)(sent));
  const watchFile = watchFileOf(query);
  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    query,
    pin: (work) => powerSync.writeLock((context) => work(queryBy(context))),
    // It tells of what is written through this database, whoever does; others write to its file.
    watch: (onMaybeChanged) => {
      const unwatch = powerSync.database.registerListener({tablesUpdated: () => onMaybeChanged()});
      const unwatchFile = watchFile(onMaybeChanged);
      return () => {
        unwatch();
        unwatchFile();
      };
    },
  };
};

const queryBy =
  (context: PowerSyncContext): StatementsDriver['query'] =>
  async ({sql, params}) =>
    (await context.getAll(sql, [...params])) as SqlRow[];
