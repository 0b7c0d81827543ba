// Driver: SQLite in Node, through better-sqlite3.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {watchDatabaseFile} from './database-file-watch.ts';
import {type HostDriver, SQLITE_LIMITS} from './driver.ts';
import {cacheStatements} from './statement-cache.ts';

/** The part of better-sqlite3's `Database` that is called. */
export interface BetterSqlite3Database {
  readonly name: string;
  readonly memory: boolean;
  prepare(sql: string): BetterSqlite3Statement;
}

interface BetterSqlite3Statement {
  readonly reader: boolean;
  all(...params: SqlValue[]): unknown[];
  run(...params: SqlValue[]): unknown;
}

export const betterSqlite3Driver = (db: BetterSqlite3Database): HostDriver => {
  const prepare = cacheStatements((sql) => db.prepare(sql));
  return {
    kind: 'host',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    handle: db,
    query: ({sql, params}) => {
      const prepared = prepare(sql);
      if (prepared.reader) {
        return prepared.all(...params) as SqlRow[];
      }
      prepared.run(...params);
      return [];
    },
    ...(db.memory ? {} : {watch: (onMaybeChanged) => watchDatabaseFile(db.name, onMaybeChanged)}),
  };
};
