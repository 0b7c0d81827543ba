// Driver: cr-sqlite compiled to WebAssembly, through `@vlcn.io/crsqlite-wasm`.

import type {SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';
import {watchUpdates} from './update-hook.ts';

/** The part of crsqlite-wasm's `DB` that is called. */
export interface CrSqliteWasmDatabase extends CrSqliteWasmExecutor {
  /** Keeps everybody else from the database until the first of the two is called. */
  imperativeTx(): Promise<[release: () => void, executor: CrSqliteWasmExecutor]>;
  onUpdate(listener: () => void): () => void;
}

interface CrSqliteWasmExecutor {
  execO(sql: string, params: SqlValue[]): Promise<object[] | null>;
}

export const crSqliteWasmDriver = (db: CrSqliteWasmDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  query: queryBy(db),
  pin: async (work) => {
    const [release, executor] = await db.imperativeTx();
    try {
      return await work(queryBy(executor));
    } finally {
      release();
    }
  },
  watch: (onMaybeChanged) => {
    let unwatch: (() => void) | undefined;
    return watchUpdates(
      db,
      (hook) => {
        unwatch?.();
        unwatch = hook && db.onUpdate(hook);
      },
      onMaybeChanged,
    );
  },
});

const queryBy =
  (executor: CrSqliteWasmExecutor): StatementsDriver['query'] =>
  async ({sql, params}) => {
    const rows = (await executor.execO(sql, [...params])) ?? [];
    return rows.map((row) => toExactRow(Object.keys(row), Object.values(row)));
  };
