// Driver: SQLite in Node, through the package sqlite3.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {watchDatabaseFile} from './database-file-watch.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';

/** The part of sqlite3's `Database` that is called. */
export interface Sqlite3Database {
  readonly filename?: string;
  all(sql: string, params: SqlValue[], callback: (error: Error | null, rows: unknown[]) => void): unknown;
  on(event: 'change', listener: (...args: unknown[]) => void): unknown;
  removeListener(event: 'change', listener: (...args: unknown[]) => void): unknown;
}

export const sqlite3Driver = (db: Sqlite3Database): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  handle: db,
  query: ({sql, params}) =>
    new Promise((resolve, reject) =>
      db.all(sql, [...params], (error, rows) => (error ? reject(error) : resolve((rows ?? []) as SqlRow[]))),
    ),
  watch: (onMaybeChanged) => {
    const onChange = () => onMaybeChanged();
    db.on('change', onChange);
    const path = db.filename;
    const unwatchFile = path && path !== ':memory:' ? watchDatabaseFile(path, onMaybeChanged) : undefined;
    return () => {
      db.removeListener('change', onChange);
      unwatchFile?.();
    };
  },
});
