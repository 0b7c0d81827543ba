// SQLite as its authors publish it, in memory, in a pool of files of OPFS, and in files of OPFS that several may open.

import {
  type SqliteWasmDatabase,
  type SqliteWasmModule,
  sqliteWasmDriver,
} from '../../../src/driver/sqlite-wasm-driver.ts';
import {createSqliteWasmPersister} from '../../../src/entry/persisters/persister-sqlite-wasm.ts';
import type {Mode, OpenDatabase} from '../../contract/databases.ts';
import {type BrowserKind, importFromServer, NO_DATABASE, opfsRoot, shareHandles} from './browser-kind.ts';

type Db = SqliteWasmDatabase & {exec(sql: string): unknown; close(): void};
type DbClass = new (path: string, flags: 'c' | 'r', vfs?: string) => Db;
type Module = SqliteWasmModule & {
  readonly oo1: {readonly DB: DbClass; readonly OpfsDb?: DbClass};
  readonly capi: {sqlite3_js_posix_create_file(path: string, bytes: Uint8Array): void};
  readonly config: {warn: unknown};
  installOpfsSAHPoolVfs(options: {name: string; initialCapacity: number}): Promise<{
    readonly OpfsSAHPoolDb: DbClass;
    unlink(name: string): boolean;
  }>;
};

const PATH = 'sqlite-wasm/@sqlite.org/sqlite-wasm/dist/index.mjs';

const loadModule = async (): Promise<Module> => {
  const {default: init} = await importFromServer<{default: () => Promise<Module>}>(PATH);
  const sqlite3 = await init();
  // It warns of every statement that fails, which is what some tests are about.
  sqlite3.config.warn = () => undefined;
  return sqlite3;
};

const opened = (sqlite3: Module, db: Db): OpenDatabase => ({
  driver: sqliteWasmDriver(sqlite3, db),
  createPersister: (store, config, onIgnoredError) =>
    createSqliteWasmPersister(store, sqlite3, db, config, undefined, onIgnoredError),
  close: () => db.close(),
});

const flagsOf = (mode: Mode) => (mode === 'read-only' ? 'r' : 'c');

/** Its files lie in the memory of the module. */
export const sqliteWasmInMemory = async (): Promise<BrowserKind> => {
  const sqlite3 = await loadModule();
  return {
    open: async (name, mode) => opened(sqlite3, new sqlite3.oo1.DB(name, flagsOf(mode), 'unix')),
    damage: async (name) =>
      sqlite3.capi.sqlite3_js_posix_create_file(name, new TextEncoder().encode(NO_DATABASE)),
    remove: async () => undefined,
  };
};

export const sqliteWasmInPool = async (): Promise<BrowserKind> => {
  const sqlite3 = await loadModule();
  const pool = await sqlite3.installOpfsSAHPoolVfs({name: 'holdfast-pool', initialCapacity: 8});
  return shareHandles({
    open: async (name, mode) => opened(sqlite3, new pool.OpfsSAHPoolDb(`/${name}`, flagsOf(mode))),
    remove: async (name) => {
      pool.unlink(`/${name}`);
    },
  });
};

export const sqliteWasmInOpfs = async (): Promise<BrowserKind> => {
  const sqlite3 = await loadModule();
  const {OpfsDb} = sqlite3.oo1;
  if (OpfsDb === undefined) {
    throw new Error(
      'the VFS opfs is not there: the page is served without COOP and COEP, or this is no worker',
    );
  }
  // A handle that finds the file locked stops its worker for seconds, and all that is done there.
  return shareHandles({
    open: async (name, mode) => opened(sqlite3, new OpfsDb(`/${name}`, flagsOf(mode))),
    damage: async (name) => {
      const file = await (await (await opfsRoot()).getFileHandle(name, {create: true})).createWritable();
      await file.write(NO_DATABASE);
      await file.close();
    },
    remove: async (name) => (await opfsRoot()).removeEntry(name),
  });
};
