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
  setReadBigInts(isEnabled: boolean): unknown;
}

export const sqliteNodeDriver = (db: SqliteNodeDatabase): HostDriver => {
  const prepare = cacheStatements((sql) => db.prepare(sql));
  const path = db.location?.();
  return {
    kind: 'host',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    handle: db,
    query: ({sql, params}) => {
      try {
        return prepare(sql).all(...params) as SqlRow[];
      } catch (error) {
        if (!isTooLargeForNumber(error) || !READS_ONLY.test(sql)) {
          throw error;
        }
        return readWithBigInts(db.prepare(sql), params);
      }
    },
    ...(path ? {watch: (onMaybeChanged) => watchDatabaseFile(path, onMaybeChanged)} : {}),
  };
};

const READS_ONLY = /^\s*SELECT\b/i;

// node:sqlite refuses to read an integer that a number cannot hold exactly, unless it may hand over bigints.
const isTooLargeForNumber = (error: unknown): boolean =>
  (error as {code?: unknown} | null)?.code === 'ERR_OUT_OF_RANGE';

const readWithBigInts = (prepared: SqliteNodeStatement, params: readonly SqlValue[]): SqlRow[] => {
  prepared.setReadBigInts(true);
  const rows = prepared.all(...params) as {[columnName: string]: unknown}[];
  for (const row of rows) {
    for (const columnName of Object.keys(row)) {
      const value = row[columnName];
      if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) {
        row[columnName] = Number(value);
      }
    }
  }
  return rows;
};
