// The databases of the drivers' benchmark, each opened in the same words. The components that `npm test` installs serve it.

import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname} from 'node:path';
import {createCrSqliteWasmPersister} from '../../src/entry/persisters/persister-cr-sqlite-wasm.ts';
import {createElectricSqlPersister} from '../../src/entry/persisters/persister-electric-sql.ts';
import {createLibSqlPersister} from '../../src/entry/persisters/persister-libsql.ts';
import {createOpSqlitePersister} from '../../src/entry/persisters/persister-op-sqlite.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPglitePersister} from '../../src/entry/persisters/persister-pglite.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import {createPowerSyncPersister} from '../../src/entry/persisters/persister-powersync.ts';
import {createSqliteWasmPersister} from '../../src/entry/persisters/persister-sqlite-wasm.ts';
import {createSqlite3Persister} from '../../src/entry/persisters/persister-sqlite3.ts';
import {createWaSqlitePersister} from '../../src/entry/persisters/persister-wa-sqlite.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {componentFolder, importComponent} from '../../test/components/component.ts';
import {startSqld} from '../../test/places/sqld.ts';
import {openPglite, openPgPool, openPostgresSql} from './postgres.ts';

type Handler = (sql: string, params?: unknown[]) => void;

interface OpenedDatabase {
  createPersister(
    store: Store,
    config: DatabasePersisterConfig,
    onSqlCommand?: Handler,
  ): AnyPersister | Promise<AnyPersister>;
  close(): unknown;
  /** The handle, for TinyBase's persister of the same binding, where it has one; and what else that one takes first. */
  readonly tinyBase?: {
    readonly module: string;
    readonly create: string;
    readonly handles: readonly unknown[];
  };
}

export interface Kind {
  readonly name: string;
  open(path: string): Promise<OpenedDatabase>;
}

const WAL = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL';

/** What runs under Node. */
export const KINDS: readonly Kind[] = [
  {
    name: 'better-sqlite3',
    open: async (path) => {
      const {default: Database} = await import('better-sqlite3');
      const {createBetterSqlite3Persister} = await import(
        '../../src/entry/persisters/persister-better-sqlite3.ts'
      );
      const db = new Database(path);
      db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createBetterSqlite3Persister(store, db, config, onSqlCommand),
        close: () => db.close(),
        tinyBase: {module: 'persister-better-sqlite3', create: 'createBetterSqlite3Persister', handles: [db]},
      };
    },
  },
  {
    name: 'node:sqlite',
    open: async (path) => {
      const {DatabaseSync} = await import('node:sqlite');
      const {createSqliteNodePersister} = await import('../../src/entry/persisters/persister-sqlite-node.ts');
      const db = new DatabaseSync(path);
      db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createSqliteNodePersister(store, db, config, onSqlCommand),
        close: () => db.close(),
        tinyBase: {module: 'persister-sqlite-node', create: 'createSqliteNodePersister', handles: [db]},
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
      const client = await openLibSql(`file:${path}`);
      await client.executeMultiple(WAL);
      return libSqlDatabase(client);
    },
  },
  {
    name: 'libsql, sqld over http',
    open: async (path) => {
      const folder = `${path}-sqld`;
      mkdirSync(folder, {recursive: true});
      const server = servers.get(folder) ?? {started: startSqld(folder), handleCount: 0};
      servers.set(folder, server);
      server.handleCount++;
      const {host, stop} = await server.started;
      const opened = libSqlDatabase(await openLibSql(`http://${host}`));
      return {
        ...opened,
        close: async () => {
          opened.close();
          if (--server.handleCount === 0) {
            servers.delete(folder);
            await stop();
          }
        },
      };
    },
  },
  {
    name: 'electric-sql over better-sqlite3',
    open: async (path) => {
      const folder = componentFolder('electric-sql');
      const dist = `${folder}node_modules/electric-sql/dist`;
      const Database = createRequire(`${folder}package.json`)('better-sqlite3');
      const {electrify} = await import(`${dist}/drivers/better-sqlite3/index.js`);
      const {DbSchema} = await import(`${dist}/client/model/index.js`);
      const db = new Database(path);
      db.exec(WAL);
      const client = await electrify(db, new DbSchema({}, [], []), {url: 'http://127.0.0.1:1', auth: {}});
      return {
        createPersister: (store, config, onSqlCommand) =>
          createElectricSqlPersister(store, client, config, onSqlCommand),
        close: async () => {
          await client.satellite.stop();
          db.close();
        },
      };
    },
  },
  {
    name: 'PowerSync, its package for Node',
    open: async (path) => {
      type Db = Parameters<typeof createPowerSyncPersister>[1] & {
        init(): Promise<void>;
        close(): Promise<void>;
      };
      const {PowerSyncDatabase, Schema} = await importComponent<{
        PowerSyncDatabase: new (options: object) => Db;
        Schema: new (tables: object) => object;
      }>('powersync', '@powersync/node');
      const db = new PowerSyncDatabase({
        schema: new Schema({}),
        database: {
          dbFilename: basename(path),
          dbLocation: dirname(path),
          implementation: {type: 'node:sqlite'},
          readWorkerCount: 1,
        },
      });
      await db.init();
      return {
        createPersister: (store, config, onSqlCommand) =>
          createPowerSyncPersister(store, db, config, onSqlCommand),
        close: () => db.close(),
        tinyBase: {module: 'persister-powersync', create: 'createPowerSyncPersister', handles: [db]},
      };
    },
  },
  {
    name: 'op-sqlite, its implementation for Node',
    open: async (path) => {
      const {NodeDatabase} = await import(
        `${componentFolder('op-sqlite')}node_modules/@op-engineering/op-sqlite/node/dist/database.js`
      );
      const db = new NodeDatabase(basename(path), dirname(path));
      db.db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createOpSqlitePersister(store, db, config, onSqlCommand),
        close: () => db.close(),
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
        tinyBase: {
          module: 'persister-sqlite-wasm',
          create: 'createSqliteWasmPersister',
          handles: [sqlite3, db],
        },
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
      const client = await pool.connect();
      return {
        createPersister: (store, config, onSqlCommand) =>
          createPgPersister(store, pool, config, onSqlCommand),
        close: async () => {
          client.release(true);
          await pool.end();
        },
        tinyBase: {module: 'persister-pg', create: 'createPgPersister', handles: [client]},
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
        tinyBase: {module: 'persister-postgres', create: 'createPostgresPersister', handles: [sql]},
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
        tinyBase: {module: 'persister-pglite', create: 'createPglitePersister', handles: [pglite]},
      };
    },
  },
  {
    name: 'cr-sqlite in WebAssembly, in memory',
    open: async (path) => {
      type Db = Parameters<typeof createCrSqliteWasmPersister>[1] & {close(): Promise<void>};
      crSqlite ??= loadCrSqlite();
      const sqlite3 = (await crSqlite) as {open(name: string): Promise<Db>};
      const db = await sqlite3.open(`file:${path}?vfs=memdb`);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createCrSqliteWasmPersister(store, db, config, onSqlCommand),
        close: () => db.close(),
      };
    },
  },
];

/** What runs under Bun. */
export const BUN_KINDS: readonly Kind[] = [
  {
    name: 'bun:sqlite',
    open: async (path) => {
      const bunSqlite: string = 'bun:sqlite';
      const {Database} = await import(bunSqlite);
      const {createSqliteBunPersister} = await import('../../src/entry/persisters/persister-sqlite-bun.ts');
      const db = new Database(path);
      db.exec(WAL);
      return {
        createPersister: (store, config, onSqlCommand) =>
          createSqliteBunPersister(store, db, config, onSqlCommand),
        close: () => db.close(),
        tinyBase: {module: 'persister-sqlite-bun', create: 'createSqliteBunPersister', handles: [db]},
      };
    },
  },
];

// A server a database, for as long as a handle on it is open.
const servers = new Map<string, {readonly started: ReturnType<typeof startSqld>; handleCount: number}>();

type LibSqlClient = Parameters<typeof createLibSqlPersister>[1] & {
  executeMultiple(sql: string): Promise<void>;
  close(): void;
};

const openLibSql = async (url: string): Promise<LibSqlClient> => {
  const {createClient} = await importComponent<{createClient: (options: {url: string}) => LibSqlClient}>(
    'libsql',
    '@libsql/client',
  );
  return createClient({url});
};

const libSqlDatabase = (client: LibSqlClient): OpenedDatabase => ({
  createPersister: (store, config, onSqlCommand) =>
    createLibSqlPersister(store, client, config, onSqlCommand),
  close: () => client.close(),
  tinyBase: {module: 'persister-libsql', create: 'createLibSqlPersister', handles: [client]},
});

// A module's memory is its file system: all handles share one module.
let wasm: Promise<object> | undefined;
let waSqlite: Promise<object> | undefined;
let crSqlite: Promise<object> | undefined;

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

const loadCrSqlite = async (): Promise<object> => {
  const name = '@vlcn.io/crsqlite-wasm';
  // The module asks for an IndexedDB when it starts; the databases here are in memory.
  await importComponent('cr-sqlite-wasm', 'fake-indexeddb/auto');
  const {default: init} = await importComponent<{default: (locate: () => string) => Promise<object>}>(
    'cr-sqlite-wasm',
    name,
  );
  const binary = readFileSync(`${componentFolder('cr-sqlite-wasm')}node_modules/${name}/dist/crsqlite.wasm`);
  return init(() => `data:application/wasm;base64,${binary.toString('base64')}`);
};
