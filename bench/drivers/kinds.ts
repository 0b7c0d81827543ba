// The databases of the drivers' benchmark, each opened in the same words. The components that `npm test` installs serve it.

import {readFileSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import BetterSqlite3 from 'better-sqlite3';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createLibSqlPersister} from '../../src/entry/persisters/persister-libsql.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPglitePersister} from '../../src/entry/persisters/persister-pglite.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createSqliteWasmPersister} from '../../src/entry/persisters/persister-sqlite-wasm.ts';
import {createSqlite3Persister} from '../../src/entry/persisters/persister-sqlite3.ts';
import {createWaSqlitePersister} from '../../src/entry/persisters/persister-wa-sqlite.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {componentFolder, importComponent} from '../../test/components/component.ts';
import {openPglite, openPgPool, openPostgresSql} from './postgres.ts';

export type Handler = (sql: string, params?: unknown[]) => void;

export interface OpenedDatabase {
  createPersister(
    store: Store,
    config: DatabasePersisterConfig,
    onSqlCommand?: Handler,
  ): AnyPersister | Promise<AnyPersister>;
  close(): unknown;
}

export interface Kind {
  readonly name: string;
  open(path: string): Promise<OpenedDatabase>;
}

const WAL = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL';

export const KINDS: readonly Kind[] = [
  {
    name: 'better-sqlite3',
    open: async (path) => {
      const db = new BetterSqlite3(path);
      db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createBetterSqlite3Persister(store, db, config, onSqlCommand),
        close: () => db.close(),
      };
    },
  },
  {
    name: 'node:sqlite',
    open: async (path) => {
      const db = new DatabaseSync(path);
      db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createSqliteNodePersister(store, db, config, onSqlCommand),
        close: () => db.close(),
      };
    },
  },
  {
    name: 'sqlite3',
    open: async (path) => {
      const {default: sqlite3} = await importComponent<{default: {Database: new (path: string) => never}}>(
        'sqlite3',
        'sqlite3',
      );
      type Db = Parameters<typeof createSqlite3Persister>[1] & {
        exec(sql: string, callback: () => void): void;
        close(callback: () => void): void;
      };
      const db: Db = new sqlite3.Database(path);
      await new Promise<void>((resolve) => db.exec(WAL, () => resolve()));
      return {
        createPersister: (store, config, onSqlCommand) =>
          createSqlite3Persister(store, db, config, onSqlCommand),
        close: () => new Promise<void>((resolve) => db.close(() => resolve())),
      };
    },
  },
  {
    name: 'libsql, a file',
    open: async (path) => {
      const {createClient} = await importComponent<{
        createClient: (options: {url: string}) => Parameters<typeof createLibSqlPersister>[1] & {
          executeMultiple(sql: string): Promise<void>;
          close(): void;
        };
      }>('libsql', '@libsql/client');
      const client = createClient({url: `file:${path}`});
      await client.executeMultiple(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createLibSqlPersister(store, client, config, onSqlCommand),
        close: () => client.close(),
      };
    },
  },
  {
    name: 'sqlite-wasm, in memory',
    open: async (path) => {
      type Module = Parameters<typeof createSqliteWasmPersister>[1] & {
        readonly oo1: {
          readonly DB: new (
            path: string,
            flags: string,
            vfs: string,
          ) => Parameters<typeof createSqliteWasmPersister>[2] & {close(): void};
        };
      };
      wasm ??= importComponent<{default: () => Promise<object>}>(
        'sqlite-wasm',
        '@sqlite.org/sqlite-wasm',
      ).then(({default: init}) => init());
      const sqlite3 = (await wasm) as Module;
      const db = new sqlite3.oo1.DB(path.replaceAll('/', '_'), 'c', 'unix');
      return {
        createPersister: (store, config, onSqlCommand) =>
          createSqliteWasmPersister(store, sqlite3, db, config, onSqlCommand),
        close: () => db.close(),
      };
    },
  },
  {
    name: 'wa-sqlite, in memory',
    open: async (path) => {
      type Api = Parameters<typeof createWaSqlitePersister>[1] & {
        open_v2(path: string, flags: number): Promise<number>;
        close(db: number): Promise<unknown>;
      };
      waSqlite ??= loadWaSqlite();
      const sqlite3 = (await waSqlite) as Api;
      const db = await sqlite3.open_v2(path.replaceAll('/', '_'), 0x02 | 0x04);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createWaSqlitePersister(store, sqlite3, db, config, onSqlCommand),
        close: () => sqlite3.close(db),
      };
    },
  },
  {
    name: 'pg',
    open: async (path) => {
      const pool = await openPgPool(path);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createPgPersister(store, pool, config, onSqlCommand),
        close: () => pool.end(),
      };
    },
  },
  {
    name: 'postgres',
    open: async (path) => {
      const sql = await openPostgresSql(path);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createPostgresPersister(store, sql, config, onSqlCommand),
        close: () => sql.end(),
      };
    },
  },
  {
    name: 'pglite, in memory',
    open: async (path) => {
      const pglite = await openPglite(path);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createPglitePersister(store, pglite, config, onSqlCommand),
        close: () => undefined,
      };
    },
  },
];

// A module's memory is its file system: all handles share one module.
let wasm: Promise<object> | undefined;
let waSqlite: Promise<object> | undefined;

const loadWaSqlite = async (): Promise<object> => {
  const name = '@journeyapps/wa-sqlite';
  const {default: createModule} = await importComponent<{default: (options: object) => Promise<object>}>(
    'wa-sqlite',
    `${name}/dist/wa-sqlite.mjs`,
  );
  const {Factory} = await importComponent<{Factory: (module: object) => object}>('wa-sqlite', name);
  const wasmBinary = readFileSync(`${componentFolder('wa-sqlite')}node_modules/${name}/dist/wa-sqlite.wasm`);
  return Factory(await createModule({wasmBinary}));
};
