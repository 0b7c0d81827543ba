// Driver: SQLite compiled to WebAssembly, as its authors publish it (`@sqlite.org/sqlite-wasm`), by its oo1 interface.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {type HostDriver, SQLITE_LIMITS} from './driver.ts';
import {toExactRow} from './exact-rows.ts';
import {cacheStatements} from './statement-cache.ts';
import {watchUpdates} from './update-hook.ts';

/** The part of the module, as its initialiser resolves with it, that is called. */
export interface SqliteWasmModule {
  readonly capi: {
    sqlite3_update_hook(db: SqliteWasmDatabase, hook: (() => void) | null, context: null): unknown;
    sqlite3_bind_double(statement: SqliteWasmStatement, index: number, value: number): unknown;
    sqlite3_reset(statement: SqliteWasmStatement): unknown;
  };
}

/** The part of `oo1.DB` that is called. */
export interface SqliteWasmDatabase {
  prepare(sql: string): SqliteWasmStatement;
  isOpen(): boolean;
}

interface SqliteWasmStatement {
  readonly columnCount: number;
  bind(params: SqlValue[]): unknown;
  step(): boolean;
  get(target: unknown[]): unknown[];
  getColumnNames(): string[];
  finalize(): unknown;
}

export const sqliteWasmDriver = ({capi}: SqliteWasmModule, db: SqliteWasmDatabase): HostDriver => {
  const prepare = cacheStatements(
    (sql) => db.prepare(sql),
    (prepared) => prepared.finalize(),
  );
  return {
    kind: 'host',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // Handles of one module may be on one database, and its hook tells of their own changes alone. Others may be let in from
    // elsewhere (expose-driver.ts), whose transactions take several turns.
    handle: capi,
    query: ({sql, params}) => {
      const prepared = prepare(sql);
      try {
        if (params.length > 0) {
          prepared.bind([...params]);
          params.forEach((param, index) => {
            // `bind` takes them for integers of 64 bits, and cuts off what is beyond.
            isLargeWhole(param) && capi.sqlite3_bind_double(prepared, index + 1, param);
          });
        }
        return readRows(prepared);
      } finally {
        capi.sqlite3_reset(prepared);
      }
    },
    watch: (onMaybeChanged) =>
      watchUpdates(
        db,
        (hook) => db.isOpen() && capi.sqlite3_update_hook(db, hook ?? null, null),
        onMaybeChanged,
      ),
    close: prepare.clear,
  };
};

const isLargeWhole = (param: SqlValue): param is number =>
  Number.isInteger(param) && !Number.isSafeInteger(param);

const readRows = (prepared: SqliteWasmStatement): SqlRow[] => {
  const rows: SqlRow[] = [];
  while (prepared.step()) {
    rows.push(toExactRow(prepared.getColumnNames(), prepared.get([])));
  }
  return rows;
};
