// Driver: SQLite in Tauri, through `@tauri-apps/plugin-sql`.
//
// A `Database` is a pool: it lends the connection that has been idle longest, or opens one more, up to ten. So with `n` of
// them every n-th call reaches the one connection that BEGIN reached, unless the application calls in between; and which
// one that is, is found out by asking. What goes astray shows:
// - a write is refused, for the transaction holds the lock for writing from its start, or for want of a table that the
//   transaction has just made: it is sent again;
// - COMMIT and ROLLBACK find no transaction: they are sent again;
// - a read finds what was there before the transaction. That is what is wanted until the first write; from then on it
//   names a table that is not there for other connections, and is sent again.

import type {SqlRow, SqlValue, Statement} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {namedHandle} from './named-handle.ts';

/** The part of plugin-sql's `Database` that is called. */
export interface TauriSqlDatabase {
  readonly path?: string;
  execute(query: string, bindValues?: unknown[]): Promise<unknown>;
  select<Rows>(query: string, bindValues?: unknown[]): Promise<Rows>;
}

type Query = StatementsDriver['query'];

export const tauriSqlDriver = (db: TauriSqlDatabase): StatementsDriver => {
  // A ROLLBACK did not get through.
  let isLeftOpen = false;

  const send = async (sql: string, params: readonly SqlValue[] = []): Promise<readonly SqlRow[]> => {
    try {
      if (RETURNS_ROWS.test(sql)) {
        return await db.select<SqlRow[]>(sql, [...params]);
      }
      await db.execute(sql, [...params]);
      return [];
    } catch (error) {
      // Errors of the native half are text.
      throw error instanceof Error ? error : new Error(String(error));
    }
  };

  const query: Query = ({sql, params}) => send(sql, params);

  const end = async (sql: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
    isLeftOpen = true;
    await persist(
      (message) => /no transaction is active|database is locked/.test(message),
      () => send(sql),
    );
    isLeftOpen = false;
  };

  // How many calls on the connection of the transaction is reached. It alone refuses a checkpoint.
  const reach = async (): Promise<number> => {
    for (let calls = 1; calls <= MAX_CALLS; calls++) {
      try {
        await send('PRAGMA wal_checkpoint(NOOP)');
      } catch (error) {
        if (/table is locked/.test(String(error))) {
          return calls;
        }
        throw error;
      }
    }
    throw new Error('The connection that the transaction began on is gone');
  };

  // Queries by the connection that BEGIN reached last.
  const pin = async (): Promise<{queryPinned: Query; release: () => Promise<void>}> => {
    let stride = await reach();
    let isAstray = false;
    let hasWritten = false;
    let hasMark = false;
    let hasChangedSchema = false;
    // What the schema is now, other connections do not see: what they cannot make sense of may go well the next time.
    const mayBeAstray = (message: string, calls: number): boolean =>
      ASTRAY.test(message) || (hasChangedSchema && calls < CALLS_TO_BE_SURE);
    const sendPinned = (sql: string, params?: readonly SqlValue[]) =>
      persist(mayBeAstray, async () => {
        if (isAstray) {
          await reach();
          stride = await reach();
        }
        for (let call = 1; call < stride; call++) {
          await send('SELECT 1');
        }
        isAstray = true;
        const rows = await send(sql, params);
        isAstray = false;
        hasChangedSchema ||= CHANGES_SCHEMA.test(sql);
        return rows;
      });
    return {
      queryPinned: async ({sql, params}: Statement) => {
        if (!READS_ONLY.test(sql)) {
          hasWritten = true;
          return sendPinned(sql, params);
        }
        if (hasWritten && !hasMark) {
          await sendPinned(`CREATE TABLE ${MARK} (n)`);
          hasMark = true;
        }
        return sendPinned(hasMark ? markRead(sql) : sql, params);
      },
      release: async () => {
        hasMark && (await sendPinned(`DROP TABLE ${MARK}`));
      },
    };
  };

  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // All that were loaded from one path share one pool.
    handle: db.path === undefined ? db : namedHandle(db.path),
    hasOneConnection: false,
    query,
    transact: async (mode, work) => {
      if (isLeftOpen) {
        await end('ROLLBACK');
      }
      // While it holds the lock, what others read is the same for every connection.
      try {
        await send('BEGIN IMMEDIATE');
      } catch (error) {
        if (mode === 'read' && /readonly database/.test(String(error))) {
          return work(query);
        }
        throw error;
      }
      try {
        if (mode === 'read') {
          const result = await work(query);
          await end('COMMIT');
          return result;
        }
        const {queryPinned, release} = await pin();
        const result = await work(queryPinned);
        await release();
        await end('COMMIT');
        return result;
      } catch (error) {
        // The first fault is the one to tell of.
        await end('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
};

const MAX_CALLS = 1_000;
const CALLS_TO_BE_SURE = 5;
const MAX_WAIT_MS = 10_000;

const RETURNS_ROWS = /^\s*(SELECT|PRAGMA|WITH)\b|\bRETURNING\b/i;
const CHANGES_SCHEMA = /^\s*(CREATE|ALTER|DROP)\b/i;
const READS_ONLY = /^\s*(SELECT|WITH)\b/i;

const MARK = 'holdfast_mark';
const ASTRAY = /database is locked|no such table: (main\.)?holdfast_mark/;

const markRead = (sql: string): string =>
  `SELECT found.* FROM (${sql.replace(/[\s;]+$/, '')}) AS found WHERE (SELECT count(*) FROM ${MARK}) >= 0`;

// Tries again after such faults, for some time.
const persist = async <Result>(
  isSuch: (message: string, calls: number) => boolean,
  run: () => Promise<Result>,
): Promise<Result> => {
  const endMs = Date.now() + MAX_WAIT_MS;
  for (let calls = 1; ; calls++) {
    try {
      return await run();
    } catch (error) {
      if (!isSuch(String(error), calls) || calls >= MAX_CALLS || Date.now() > endMs) {
        throw error;
      }
    }
  }
};
