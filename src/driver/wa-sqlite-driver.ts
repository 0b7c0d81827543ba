// Driver: SQLite compiled to WebAssembly as wa-sqlite, which has virtual file systems for browsers (`@journeyapps/wa-sqlite`).
//
// It is not watched: as of 2.0.6 a module has one update hook, and setting it for a second database takes it from the
// first. The counters of a connection tell of changes when they are asked.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';

/** The part of wa-sqlite's interface, as `Factory(module)` returns it, that is called. */
export interface WaSqliteApi {
  statements(db: number, sql: string): AsyncIterable<number>;
  bind_collection(statement: number, params: SqlValue[]): unknown;
  column_names(statement: number): string[];
  step(statement: number): Promise<number>;
  row(statement: number): unknown[];
}

const SQLITE_ROW = 100;

export const waSqliteDriver = (sqlite3: WaSqliteApi, db: number): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  // Of an asynchronous build, nothing may be called while another call is waiting.
  handle: sqlite3,
  query: async ({sql, params}) => {
    const rows: SqlRow[] = [];
    for await (const prepared of sqlite3.statements(db, sql)) {
      params.length > 0 && sqlite3.bind_collection(prepared, [...params]);
      const names = sqlite3.column_names(prepared);
      while ((await sqlite3.step(prepared)) === SQLITE_ROW) {
        rows.push(toExactRow(names, sqlite3.row(prepared)));
      }
    }
    return rows;
  },
});
