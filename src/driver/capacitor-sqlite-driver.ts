// Driver: SQLite in Capacitor applications, through `@capacitor-community/sqlite`.
//
// On the web (jeep-sqlite) a database is in memory, and in IndexedDB as it was when `saveToStore` was called last: that is
// done here behind every commit, for only then is it durable. It costs as much as the database is large.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {namedHandle} from './named-handle.ts';

/** The part of a `SQLiteDBConnection` that is called. */
export interface CapacitorSqliteDatabase {
  getConnectionDBName(): string;
  getConnectionReadOnly(): boolean;
  beginTransaction(): Promise<unknown>;
  commitTransaction(): Promise<unknown>;
  rollbackTransaction(): Promise<unknown>;
  query(sql: string, params: SqlValue[]): Promise<{readonly values?: unknown[]}>;
  run(sql: string, params: SqlValue[], isTransaction: false): Promise<unknown>;
}

/** The plugin behind it. */
interface Plugin {
  saveToStore(options: {readonly database: string}): Promise<void>;
}

export const capacitorSqliteDriver = (db: CapacitorSqliteDatabase): StatementsDriver => {
  const database = db.getConnectionDBName();
  const query: StatementsDriver['query'] = async ({sql, params}) => {
    if (READS.test(sql)) {
      return ((await db.query(sql, [...params])).values ?? []) as SqlRow[];
    }
    await db.run(sql, [...params], false);
    return [];
  };

  const saveOnWeb = async (): Promise<void> => {
    try {
      await (db as unknown as {readonly sqlite?: Plugin}).sqlite?.saveToStore({database});
    } catch (error) {
      // What a device has stored needs no saving, and its plugin says that it has no such method.
      if ((error as {code?: unknown} | null)?.code !== 'UNIMPLEMENTED') {
        throw error;
      }
    }
  };

  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // All connections to one database are one.
    handle: namedHandle('@capacitor-community/sqlite', database),
    // It is, but on the web its counters begin anew with each save.
    hasOneConnection: false,
    // Its rows come in an order of their own on some devices.
    hasReturning: false,
    query: async (sent) => {
      const rows = await query(sent);
      READS.test(sent.sql) || (await saveOnWeb());
      return rows;
    },
    transact: async (mode, work) => {
      if (db.getConnectionReadOnly()) {
        // The plugin begins nothing over it, and says that there is no connection.
        if (mode === 'write') {
          throw new Error('attempt to write a readonly database');
        }
        return work(query);
      }
      await db.beginTransaction();
      try {
        const result = await work(query);
        await db.commitTransaction();
        mode === 'write' && (await saveOnWeb());
        return result;
      } catch (error) {
        // There is nothing to take back where the commit went through, or the database has done so already.
        await db.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    },
  };
};

const READS = /^\s*(SELECT|PRAGMA|WITH|EXPLAIN)\b/i;
