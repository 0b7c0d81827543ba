// Driver: SQLite in a Durable Object of Cloudflare's Workers.
//
// The host forbids BEGIN, and has transactions of its own: on the object's storage, not on the `sql` in it. Without the
// storage, what ran before a fault stays. Whatever the host is asked for in one go is on the disk together, or not at all.

import {type Statement, statement} from '../sql/statement.ts';
import type {HostDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';

/** The part of a Durable Object's `ctx.storage.sql` that is called. */
export interface DurableObjectSql {
  exec(
    sql: string,
    // biome-ignore lint/suspicious/noExplicitAny: what the host declares.
    ...params: any[]
  ): {readonly columnNames: readonly string[]; raw(): Iterable<readonly unknown[]>};
}

/** The part of a Durable Object's `ctx.storage`, where it has SQLite, that is called. */
export interface DurableObjectSqlHost {
  readonly sql: DurableObjectSql;
  transactionSync<Result>(body: () => Result): Result;
  transaction<Result>(body: () => Promise<Result>): Promise<Result>;
  sync(): Promise<void>;
}

export const durableObjectSqlDriver = (handle: DurableObjectSql | DurableObjectSqlHost): HostDriver => {
  const sql = 'sql' in handle ? handle.sql : handle;
  return {
    kind: 'host',
    dialect: 'sqlite',
    // https://developers.cloudflare.com/durable-objects/platform/limits/
    limits: {maxParams: 100, maxSqlBytes: 100_000, maxTextBytes: 2_000_000},
    handle: sql,
    changeCounter: CHANGE_COUNTER,
    isAlone: true,
    query: ({sql: text, params}) => {
      const cursor = sql.exec(text, ...params);
      return Array.from(cursor.raw(), (values) => toExactRow(cursor.columnNames, values));
    },
    wrap: 'sql' in handle ? (body) => handle.transactionSync(body) : (body) => body(),
    wrapAsync:
      'sql' in handle
        ? (body) => handle.transaction(body)
        : async () => {
            throw new Error(
              'A migration needs a transaction; pass `ctx.storage` instead of `ctx.storage.sql`',
            );
          },
    ...('sql' in handle ? {sync: () => handle.sync()} : {}),
  };
};

// Nobody else has a connection; and the host does not tell the version of the schema, so that its length stands for it.
const CHANGE_COUNTER: Statement = statement(
  'SELECT 0 AS "version", total_changes() AS "total", (SELECT total(length(sql)) FROM sqlite_schema) AS "schema"',
);
