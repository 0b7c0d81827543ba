// Driver: SQLite in Tauri, through `@tauri-apps/plugin-sql`, whose `Database` is a pool of connections.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {namedHandle} from './named-handle.ts';
import {createPoolTransact} from './pool-transactions.ts';

/** The part of plugin-sql's `Database` that is called. */
export interface TauriSqlDatabase {
  readonly path?: string;
  execute(query: string, bindValues?: unknown[]): Promise<unknown>;
  select<Rows>(query: string, bindValues?: unknown[]): Promise<Rows>;
}

export const tauriSqlDriver = (db: TauriSqlDatabase): StatementsDriver => {
  const send = async (sql: string, params: readonly SqlValue[] = []): Promise<readonly SqlRow[]> => {
    try {
      if (RETURNS_ROWS.test(sql)) {
        return await db.select<SqlRow[]>(sql, [...params]);
      }
      await db.execute(sql, [...params]);
      return [];
    } catch (error) {
      // Errors of the native half are text.
      throw error instanceof Error ? error : new Error(String(error));
    }
  };
  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // All that were loaded from one path share one pool.
    handle: db.path === undefined ? db : namedHandle('@tauri-apps/plugin-sql', db.path),
    hasOneConnection: false,
    query: ({sql, params}) => send(sql, params),
    transact: createPoolTransact(send),
  };
};

const RETURNS_ROWS = /^\s*(SELECT|PRAGMA|WITH)\b|\bRETURNING\b/i;
