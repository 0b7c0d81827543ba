// SQLite in a worker of the page, its file in a pool of the origin private file system: opens it, and lets the page use it.

import {sqliteWasmDriver} from '../../src/driver/sqlite-wasm-driver.ts';
import type {SqliteWasmDatabase, SqliteWasmModule} from '../../src/entry/persisters/persister-sqlite-wasm.ts';
import {exposeDriver} from '../../src/entry/persisters/persister-worker.ts';
import {importFromServer} from '../../test/browser/kinds/browser-kind.ts';

type Module = SqliteWasmModule & {
  installOpfsSAHPoolVfs(
    options: object,
  ): Promise<{readonly OpfsSAHPoolDb: new (path: string, flags: string) => SqliteWasmDatabase}>;
};

export const openPool = async (name: string): Promise<{sqlite3: Module; db: SqliteWasmDatabase}> => {
  const {default: init} = await importFromServer<{default: () => Promise<Module>}>(
    'sqlite-wasm/@sqlite.org/sqlite-wasm/dist/index.mjs',
  );
  const sqlite3 = await init();
  const pool = await sqlite3.installOpfsSAHPoolVfs({name: 'bench'});
  return {sqlite3, db: new pool.OpfsSAHPoolDb(`/${name}`, 'c')};
};

/** In the worker: lets the other end of the port use the database of this name. */
export const exposePool = async (name: string, port: MessagePort): Promise<void> => {
  const {sqlite3, db} = await openPool(name);
  exposeDriver(sqliteWasmDriver(sqlite3, db), port);
};
