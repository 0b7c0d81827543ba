// Driver: SQLite in Node, through the built-in node:sqlite.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {watchDatabaseFile} from './database-file-watch.ts';
import {type HostDriver, SQLITE_LIMITS} from './driver.ts';
import {cacheStatements} from './statement-cache.ts';

/** The part of node:sqlite's `DatabaseSync` that is called. */
export interface SqliteNodeDatabase {
  prepare(sql: string): SqliteNodeStatement;
  /** The file's path, or null for a database in memory; absent before Node 22.16. */
  location?(): string | null;
}

interface SqliteNodeStatement {
  all(...params: SqlValue[]): unknown[];
}

export const sqliteNodeDriver = (db: SqliteNodeDatabase): HostDriver => {
  const prepare = cacheStatements((sql) => db.prepare(sql));
  const path = db.location?.();
  return {
    kind: 'host',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    query: ({sql, params}) => prepare(sql).all(...params) as SqlRow[],
    ...(path ? {watch: (onMaybeChanged) => watchDatabaseFile(path, onMaybeChanged)} : {}),
  };
};
