// Stands in for the native half of `@tauri-apps/plugin-sql`, behind the plugin's real JavaScript: a pool of node:sqlite
// connections. It lends them as sqlx does (the one that has been idle longest; one more, up to ten, where none is idle),
// binds numbers as doubles, and answers in JSON. Knows nothing of what is tested.

import {DatabaseSync} from 'node:sqlite';
import type {TauriSqlDatabase} from '../../src/driver/tauri-sql-driver.ts';
import {importComponent} from '../components/component.ts';

export type FakeTauriDatabase = TauriSqlDatabase & {
  readonly path: string;
  close(path: string): Promise<boolean>;
};

interface Pool {
  run<Result>(work: (db: DatabaseSync) => Result): Promise<Result>;
  size(): number;
  close(): void;
}

const MAX_CONNECTIONS = 10;

/** How long a connection waits for a lock; sqlx: 5 s. */
let busyTimeoutMs = 5;
/** Until when, at most, a connection is lent behind the answer; sqlx looks first whether it still works. */
let lateMs = 0;
const pools = new Map<string, Pool>();
let poolCount = 0;

const createPool = (path: string, readOnly: boolean): Pool => {
  const idle: DatabaseSync[] = [];
  const all: DatabaseSync[] = [];
  const waiting: ((db: DatabaseSync) => void)[] = [];
  let isClosed = false;

  const lend = async (): Promise<DatabaseSync> => {
    const lent = idle.shift();
    if (lent !== undefined) {
      return lent;
    }
    if (all.length < MAX_CONNECTIONS) {
      const db = new DatabaseSync(path, {timeout: 0, readOnly});
      all.push(db);
      return db;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };

  const giveBack = (db: DatabaseSync): void => {
    if (isClosed) {
      return;
    }
    const next = waiting.shift();
    next === undefined ? idle.push(db) : next(db);
  };

  return {
    run: async (work) => {
      if (isClosed) {
        throw 'attempted to acquire a connection on a closed pool';
      }
      const db = await lend();
      const endMs = Date.now() + busyTimeoutMs;
      try {
        for (;;) {
          // Statements run in threads: others go on meanwhile.
          await new Promise((resolve) => setImmediate(resolve));
          try {
            return work(db);
          } catch (error) {
            const {errcode, message} = error as {errcode?: number; message?: string};
            if (errcode === undefined) {
              throw String(error);
            }
            if ((errcode & 0xff) !== 5 || Date.now() >= endMs) {
              throw `error returned from database: (code: ${errcode}) ${message}`;
            }
          }
        }
      } finally {
        lateMs === 0 ? giveBack(db) : setTimeout(() => giveBack(db), Math.random() * lateMs);
      }
    },
    size: () => all.length,
    close: () => {
      isClosed = true;
      for (const db of all.splice(0)) {
        db.close();
      }
    },
  };
};

type Values = (string | number | null)[];

const poolOf = (name: string): Pool => {
  const pool = pools.get(name);
  if (pool === undefined) {
    throw `database ${name} not loaded`;
  }
  return pool;
};

const commands: {
  [command: string]: (payload: {db: string; query: string; values: Values}) => Promise<unknown>;
} = {
  'plugin:sql|load': async ({db}) => db,
  'plugin:sql|execute': ({db, query, values}) =>
    poolOf(db).run((connection) => {
      const {changes, lastInsertRowid} = connection.prepare(query).run(...values);
      return [Number(changes), Number(lastInsertRowid)];
    }),
  'plugin:sql|select': ({db, query, values}) =>
    poolOf(db).run((connection) => {
      const prepared = connection.prepare(query);
      prepared.setReadBigInts(true);
      return prepared
        .all(...values)
        .map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              typeof value === 'bigint' ? Number(value) : value instanceof Uint8Array ? [...value] : value,
            ]),
          ),
        );
    }),
  'plugin:sql|close': async ({db}) => {
    poolOf(db).close();
    return true;
  },
};

/** Loads a database over a pool of its own. */
export const loadTauriDatabase = async (
  path: string,
  {isReadOnly = false, busyMs = 5, late = 0}: {isReadOnly?: boolean; busyMs?: number; late?: number} = {},
): Promise<FakeTauriDatabase> => {
  busyTimeoutMs = busyMs;
  lateMs = late;
  (globalThis as {window?: unknown}).window ??= globalThis;
  const {mockIPC} = await importComponent<{
    mockIPC(answer: (command: string, payload: unknown) => unknown): void;
  }>('tauri', '@tauri-apps/api/mocks');
  mockIPC(async (command, payload) => {
    const sent = JSON.parse(JSON.stringify(payload));
    const answer = await commands[command]?.(sent);
    return JSON.parse(JSON.stringify(answer));
  });
  const {default: Database} = await importComponent<{
    default: {load(path: string): Promise<FakeTauriDatabase>};
  }>('tauri', '@tauri-apps/plugin-sql');
  const name = `sqlite:${poolCount++}:${path}`;
  pools.set(name, createPool(path, isReadOnly));
  return Database.load(name);
};

/** How many connections the pool of a database has opened. */
export const countConnections = ({path}: FakeTauriDatabase): number => poolOf(path).size();
