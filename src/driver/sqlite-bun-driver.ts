// Driver: SQLite in Bun, through the built-in bun:sqlite.

import type {SqlValue} from '../sql/statement.ts';
import {watchDatabaseFile} from './database-file-watch.ts';
import {type HostDriver, SQLITE_LIMITS} from './driver.ts';
import {toExactRow} from './exact-rows.ts';
import {cacheStatements} from './statement-cache.ts';

/** The part of bun:sqlite's `Database` that is called. */
export interface SqliteBunDatabase {
  /** The file's path; `:memory:` or empty for a database in memory. */
  readonly filename: string;
  /** Throws where it is closed, unlike statements that were prepared before. */
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteBunStatement;
}

interface SqliteBunStatement {
  readonly columnNames: readonly string[];
  values(...params: SqlValue[]): unknown[][];
  /** Whether whole numbers are read as bigints: as numbers, large ones would not be what is stored. */
  safeIntegers(isEnabled: boolean): unknown;
  finalize(): void;
}

const requireOpen = ({inTransaction}: SqliteBunDatabase): boolean => inTransaction;

export const sqliteBunDriver = (db: SqliteBunDatabase): HostDriver => {
  const prepare = cacheStatements(
    (sql) => {
      const prepared = db.prepare(sql);
      prepared.safeIntegers(true);
      return prepared;
    },
    (prepared) => prepared.finalize(),
  );
  const path = db.filename;
  return {
    kind: 'host',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    handle: db,
    query: ({sql, params}) => {
      requireOpen(db);
      const prepared = prepare(sql);
      const rows = prepared.values(...params) ?? [];
      const names = rows.length > 0 ? prepared.columnNames : [];
      return rows.map((row) => toExactRow(names, row));
    },
    ...(path === '' || path === ':memory:'
      ? {}
      : {watch: (onMaybeChanged) => watchDatabaseFile(path, onMaybeChanged)}),
    close: prepare.clear,
  };
};
