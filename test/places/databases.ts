// Databases on disk that hold stores, one for each driver and layout: how tests open them. Knows nothing of what is tested.

import {DatabaseSync} from 'node:sqlite';
import Database from 'better-sqlite3';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import type {DatabasePersisterConfig, Persister, Persists} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';

export type DriverName = 'better-sqlite3' | 'node:sqlite';
export type LayoutName = 'rows' | 'tabular' | 'json';
export type JournalMode = 'WAL' | 'DELETE';

export const DRIVERS: readonly DriverName[] = ['better-sqlite3', 'node:sqlite'];
export const LAYOUTS: readonly LayoutName[] = ['rows', 'tabular', 'json'];

/** A store that is kept in a database, and how to let go of both. */
export interface Opened {
  readonly store: Store;
  readonly persister: Persister<Persists>;
  readonly exec: (sql: string) => void;
  /** Destroys the persister and closes the database. */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly driver?: DriverName;
  readonly store?: Store;
  readonly journalMode?: JournalMode;
  readonly onSqlCommand?: (sql: string, params?: unknown[]) => void;
  readonly onIgnoredError?: (error: unknown) => void;
}

/** The configuration of a layout; `tabular` loads and saves all values, and these tables under their own names. */
export const configOf = (layout: LayoutName, tableIds: readonly string[]): DatabasePersisterConfig => {
  switch (layout) {
    case 'rows':
    case 'json':
      return {mode: layout};
    case 'tabular': {
      const tables = Object.fromEntries(tableIds.map((tableId) => [tableId, tableId]));
      return {mode: 'tabular', tables: {load: tables, save: tables}, values: {load: true, save: true}};
    }
  }
};

export const openDatabase = (
  path: string,
  config: DatabasePersisterConfig,
  {
    driver = 'better-sqlite3',
    store = createStore(),
    journalMode,
    onSqlCommand,
    onIgnoredError,
  }: OpenOptions = {},
): Opened => {
  const {db, persister} =
    driver === 'better-sqlite3'
      ? withBetterSqlite3(new Database(path), store, config, {onSqlCommand, onIgnoredError})
      : withSqliteNode(new DatabaseSync(path), store, config, {onSqlCommand, onIgnoredError});
  if (journalMode !== undefined) {
    db.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = ${journalMode}; PRAGMA synchronous = NORMAL`);
  }
  return {
    store,
    persister,
    exec: (sql) => {
      db.exec(sql);
    },
    close: async () => {
      // What a test has seen fail is not told on the console, too.
      persister.addDurabilityListener(() => undefined);
      await persister.destroy();
      db.close();
    },
  };
};

interface Listeners {
  readonly onSqlCommand: OpenOptions['onSqlCommand'] | undefined;
  readonly onIgnoredError: OpenOptions['onIgnoredError'] | undefined;
}

const withBetterSqlite3 = (
  db: Database.Database,
  store: Store,
  config: DatabasePersisterConfig,
  {onSqlCommand, onIgnoredError}: Listeners,
) => ({db, persister: createBetterSqlite3Persister(store, db, config, onSqlCommand, onIgnoredError)});

const withSqliteNode = (
  db: DatabaseSync,
  store: Store,
  config: DatabasePersisterConfig,
  {onSqlCommand, onIgnoredError}: Listeners,
) => ({db, persister: createSqliteNodePersister(store, db, config, onSqlCommand, onIgnoredError)});
