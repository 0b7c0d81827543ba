// Driver: SQLite in React Native, through `@op-engineering/op-sqlite`.

import type {SqlValue} from '../sql/statement.ts';
import {watchFileOf} from './database-file-watch.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';

/** The part of op-sqlite's `DB` that is called. */
export interface OpSqliteDatabase {
  execute(sql: string, params: SqlValue[]): Promise<{readonly rows: readonly object[]}>;
}

export const opSqliteDriver = (db: OpSqliteDatabase): StatementsDriver => {
  const query: StatementsDriver['query'] = async ({sql, params}) => {
    const {rows} = await db.execute(sql, [...params]);
    return rows.map((row) => toExactRow(Object.keys(row), Object.values(row)));
  };
  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    handle: db,
    // Not by every one of its implementations.
    hasReturning: false,
    query,
    // Its own hook would take the application's place. The implementation for Node has a file that can be watched.
    watch: watchFileOf(query),
  };
};
