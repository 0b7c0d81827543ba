// Capacitor's SQLite on the web: jeep-sqlite over sql.js. The page that loads it serves `bundleCapacitorSqlite`.

import {
  type CapacitorSqliteDatabase,
  capacitorSqliteDriver,
} from '../../../src/driver/capacitor-sqlite-driver.ts';
import {createCapacitorSqlitePersister} from '../../../src/entry/persisters/persister-capacitor-sqlite.ts';
import type {Mode} from '../../contract/databases.ts';
import {type BrowserKind, importFromOrigin, shareHandles} from './browser-kind.ts';

type Db = CapacitorSqliteDatabase & {open(): Promise<void>; delete(): Promise<void>};
interface Connections {
  initWebStore(): Promise<void>;
  createConnection(
    name: string,
    isEncrypted: false,
    mode: 'no-encryption',
    version: 1,
    isReadOnly: boolean,
  ): Promise<Db>;
  closeConnection(name: string, isReadOnly: boolean): Promise<void>;
}
interface Module {
  defineCustomElement(): void;
  readonly CapacitorSQLite: object;
  readonly SQLiteConnection: new (plugin: object) => Connections;
}
interface Document {
  createElement(name: string): {setAttribute(name: string, value: string): void};
  readonly body: {append(element: unknown): void};
}

let loading: Promise<Connections> | undefined;

const load = (): Promise<Connections> => {
  loading ??= (async () => {
    const {defineCustomElement, CapacitorSQLite, SQLiteConnection} =
      await importFromOrigin<Module>('/capacitor-sqlite.js');
    const {document} = globalThis as unknown as {document: Document};
    defineCustomElement();
    const element = document.createElement('jeep-sqlite');
    element.setAttribute('wasmpath', '/assets');
    document.body.append(element);
    const connections = new SQLiteConnection(CapacitorSQLite);
    await connections.initWebStore();
    return connections;
  })();
  return loading;
};

export const openCapacitorSqlite = async (name: string, mode: Mode = 'read-write'): Promise<Db> => {
  const connections = await load();
  const db = await connections.createConnection(name, false, 'no-encryption', 1, mode === 'read-only');
  await db.open();
  return db;
};

export const capacitorSqlite = async (): Promise<BrowserKind> => {
  const connections = await load();
  return shareHandles({
    open: async (name, mode) => {
      const db = await openCapacitorSqlite(name, mode);
      return {
        driver: capacitorSqliteDriver(db),
        createPersister: (store, config, onIgnoredError) =>
          createCapacitorSqlitePersister(store, db, config, undefined, onIgnoredError),
        close: () => connections.closeConnection(name, mode === 'read-only'),
      };
    },
    remove: async (name) => {
      await (await openCapacitorSqlite(name)).delete();
      await connections.closeConnection(name, false);
    },
  });
};
