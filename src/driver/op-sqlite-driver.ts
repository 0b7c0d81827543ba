// Driver: SQLite in React Native, through `@op-engineering/op-sqlite`.

import type {SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';

/** The part of op-sqlite's `DB` that is called. */
export interface OpSqliteDatabase {
  execute(sql: string, params: SqlValue[]): Promise<{readonly rows: readonly object[]}>;
}

export const opSqliteDriver = (db: OpSqliteDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  handle: db,
  // Not by every one of its implementations.
  hasReturning: false,
  query: async ({sql, params}) => {
    const {rows} = await db.execute(sql, [...params]);
    return rows.map((row) => toExactRow(Object.keys(row), Object.values(row)));
  },
});
