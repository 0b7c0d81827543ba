// The SQLite bindings that tests run over, each opened in the same words, and folders that leave nothing behind.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import BetterSqlite3 from 'better-sqlite3';
import {betterSqlite3Driver} from '../../src/driver/better-sqlite3-driver.ts';
import {customSqliteDriver} from '../../src/driver/custom-driver.ts';
import type {Driver} from '../../src/driver/driver.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {type Sqlite3Database, sqlite3Driver} from '../../src/driver/sqlite3-driver.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createSqlite3Persister} from '../../src/entry/persisters/persister-sqlite3.ts';
import {createCustomSqlitePersister} from '../../src/entry/persisters.ts';
import type {PersistableStore} from '../../src/persister/persistable-store.ts';
import {type AnyPersister, Persists} from '../../src/persister/persister.ts';
import type {DatabasePersisterConfig} from '../../src/storage/database-config.ts';
import type {DriverPlace} from '../../src/testing/driver.suite.ts';
import {componentFolder, importComponent} from '../components/component.ts';

export type Mode = 'read-write' | 'read-only';

/** A database that is open through one of the bindings. */
export interface OpenDatabase {
  readonly driver: Driver;
  createPersister(
    store: PersistableStore,
    config?: DatabasePersisterConfig | string,
    onIgnoredError?: (error: unknown) => void,
  ): AnyPersister | Promise<AnyPersister>;
  close(): void | Promise<void>;
}

export interface DatabaseKind {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skipReason?: string;
  open(path: string, mode?: Mode): OpenDatabase | Promise<OpenDatabase>;
  /** Makes what lies at the path something that is no database, where that is not a file. */
  damage?(path: string): void | Promise<void>;
}

const openBetterSqlite3: DatabaseKind['open'] = (path, mode) => {
  const db = new BetterSqlite3(path, {readonly: mode === 'read-only', timeout: 0});
  return {
    driver: betterSqlite3Driver(db),
    createPersister: (store, config, onIgnoredError) =>
      createBetterSqlite3Persister(store, db, config, undefined, onIgnoredError),
    close: () => {
      db.close();
    },
  };
};

const openSqliteNode: DatabaseKind['open'] = (path, mode) => {
  const db = new DatabaseSync(path, {readOnly: mode === 'read-only'});
  return {
    driver: sqliteNodeDriver(db),
    createPersister: (store, config, onIgnoredError) =>
      createSqliteNodePersister(store, db, config, undefined, onIgnoredError),
    close: () => {
      if (db.isOpen) {
        db.close();
      }
    },
  };
};

const openSqlite3: DatabaseKind['open'] = async (path, mode) => {
  type Database = Sqlite3Database & {close(callback: (error: Error | null) => void): void};
  const {default: sqlite3} = await importComponent<{
    default: {
      OPEN_READONLY: number;
      OPEN_READWRITE: number;
      OPEN_CREATE: number;
      Database: new (path: string, mode: number, callback: (error: Error | null) => void) => Database;
    };
  }>('sqlite3', 'sqlite3');
  const flags = mode === 'read-only' ? sqlite3.OPEN_READONLY : sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE;
  const db = await new Promise<Database>((resolve, reject) => {
    const opened: Database = new sqlite3.Database(path, flags, (error) =>
      error ? reject(error) : resolve(opened),
    );
  });
  let isOpen = true;
  return {
    driver: sqlite3Driver(db),
    createPersister: (store, config, onIgnoredError) =>
      createSqlite3Persister(store, db, config, undefined, onIgnoredError),
    close: () => {
      const wasOpen = isOpen;
      isOpen = false;
      return wasOpen
        ? new Promise((resolve, reject) => db.close((error) => (error ? reject(error) : resolve())))
        : undefined;
    },
  };
};

// An application's own functions, whose answers come some turns later, as a worker's or a server's would.
const openCustom: DatabaseKind['open'] = (path, mode) => {
  const db = new DatabaseSync(path, {readOnly: mode === 'read-only'});
  const executeCommand = async (
    sql: string,
    params: readonly (string | number | bigint | null | Uint8Array)[] = [],
  ) => {
    await undefined;
    await undefined;
    const rows = db.prepare(sql).all(...params);
    await undefined;
    return rows;
  };
  const addChangeListener = () => undefined;
  const delChangeListener = () => undefined;
  return {
    driver: customSqliteDriver({
      executeCommand,
      addChangeListener,
      delChangeListener,
      destroy: () => undefined,
    }),
    createPersister: (store, config, onIgnoredError) =>
      createCustomSqlitePersister(
        store,
        config,
        executeCommand,
        addChangeListener,
        delChangeListener,
        undefined,
        onIgnoredError,
        () => undefined,
        Persists.StoreOrMergeableStore,
        db,
      ),
    close: () => {
      if (db.isOpen) {
        db.close();
      }
    },
  };
};

const skipWhereNotInstalled = (component: string): {readonly skipReason?: string} => {
  try {
    componentFolder(component);
    return {};
  } catch (error) {
    return {skipReason: (error as Error).message};
  }
};

export const betterSqlite3: DatabaseKind = {name: 'better-sqlite3', open: openBetterSqlite3};
export const sqliteNode: DatabaseKind = {name: 'node:sqlite', open: openSqliteNode};
export const sqlite3: DatabaseKind = {
  name: 'sqlite3',
  ...skipWhereNotInstalled('sqlite3'),
  open: openSqlite3,
};
export const custom: DatabaseKind = {name: 'custom functions over node:sqlite', open: openCustom};

export const databaseKinds: readonly DatabaseKind[] = [betterSqlite3, sqliteNode, sqlite3, custom];

/** What no SQLite takes for a database. */
export const NO_DATABASE = 'this is no database, however long it may be. '.repeat(200);

/** A folder of its own for a test. */
export const createFolder = (): {readonly path: string; remove(): void} => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
  return {path, remove: () => rmSync(path, {recursive: true, force: true})};
};

/** A database file of its own for a test, opened as often as is asked for; all is closed and removed in the end. */
export const createDatabasePlace = (kind: DatabaseKind) => {
  const folder = createFolder();
  const path = join(folder.path, 'database.sqlite');
  const opened: OpenDatabase[] = [];
  return {
    path,
    open: async (mode?: Mode): Promise<OpenDatabase> => {
      const database = await kind.open(path, mode);
      opened.push(database);
      return database;
    },
    damage: () => (kind.damage === undefined ? writeFileSync(path, NO_DATABASE) : kind.damage(path)),
    remove: async () => {
      for (const database of opened) {
        await database.close();
      }
      folder.remove();
    },
  } satisfies DriverPlace & {readonly path: string};
};

/** Every rule of a suite skipped with one reason, where a binding cannot be tested. */
export const skipAll = (
  reason: string | undefined,
  ruleIds: readonly string[],
): {[ruleId: string]: string} =>
  reason === undefined ? {} : Object.fromEntries(ruleIds.map((ruleId) => [ruleId, reason]));
