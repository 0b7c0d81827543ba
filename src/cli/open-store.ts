// Where a server keeps its rooms: opens the database once, and makes a persister of it for each path.

import {type BetterSqlite3Database, betterSqlite3Driver} from '../driver/better-sqlite3-driver.ts';
import type {Driver} from '../driver/driver.ts';
import {type PostgresSql, postgresDriver} from '../driver/postgres-driver.ts';
import {type SqliteNodeDatabase, sqliteNodeDriver} from '../driver/sqlite-node-driver.ts';
import {createDatabasePersister} from '../persister/database-persister.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import type {PathPersister} from '../sync/room-keeper.ts';
import type {StoreLocation} from './arguments.ts';
import {CliError} from './cli-error.ts';
import {importPackage} from './import-package.ts';
import {tableOfPath} from './path-table.ts';

export interface OpenStore {
  /** What it is, for people: `sqlite:holdfast.db (node:sqlite)`. */
  readonly description: string;
  createPersisterForPath(pathId: string): PathPersister;
  close(): Promise<void>;
}

/** Rejects with a `CliError` where it cannot be opened. */
export const openStore = async (location: StoreLocation): Promise<OpenStore> => {
  switch (location.kind) {
    case 'sqlite':
      return openSqlite(location.path);
    case 'postgres':
      return openPostgres(location.url);
    case 'memory':
      return openMemory();
  }
};

const persisterOf = (driver: Driver, pathId: string): PathPersister =>
  createDatabasePersister(createMergeableStore(), driver, {
    configOrStoreTableName: {mode: 'rows', storeTableName: tableOfPath(pathId)},
  }) as unknown as PathPersister;

// A process that is killed loses nothing of it.
const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;';

const openSqlite = async (path: string): Promise<OpenStore> => {
  const library = await loadSqlite();
  try {
    const {db, driver} = library.open(path);
    db.exec(PRAGMAS);
    return {
      description: `sqlite:${path}, through ${library.name}`,
      createPersisterForPath: (pathId) => persisterOf(driver(), pathId),
      close: async () => {
        db.close();
      },
    };
  } catch (error) {
    throw new CliError(`The database ${path} cannot be opened: ${messageOf(error)}`, 1, error);
  }
};

interface SqliteHandle {
  exec(sql: string): unknown;
  close(): unknown;
}

interface SqliteLibrary {
  readonly name: string;
  open(path: string): {readonly db: SqliteHandle; driver(): Driver};
}

const loadSqlite = async (): Promise<SqliteLibrary> => {
  const builtIn = await loadNodeSqlite();
  if (builtIn !== undefined) {
    return {
      name: 'node:sqlite',
      open: (path) => {
        const db = new builtIn.DatabaseSync(path);
        return {db, driver: () => sqliteNodeDriver(db)};
      },
    };
  }
  const {default: Database} = (await importPackage(
    'better-sqlite3',
    `--store sqlite:… on Node ${process.versions.node}, which has no SQLite of its own,`,
  )) as {default: new (path: string) => BetterSqlite3Database & SqliteHandle};
  return {
    name: 'better-sqlite3',
    open: (path) => {
      const db = new Database(path);
      return {db, driver: () => betterSqlite3Driver(db)};
    },
  };
};

const loadNodeSqlite = async (): Promise<
  {readonly DatabaseSync: new (path: string) => SqliteNodeDatabase & SqliteHandle} | undefined
> => {
  // Some versions of Node warn that it is new.
  const {emitWarning} = process;
  process.emitWarning = () => undefined;
  try {
    return (await import('node:sqlite')) as never;
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
};

const openPostgres = async (url: string): Promise<OpenStore> => {
  // Of the two libraries, the one that listens to all tables over one connection.
  const {default: connect} = (await importPackage('postgres', '--store postgres:…')) as {
    default: (url: string, options: object) => PostgresSql & {end(options: object): Promise<void>};
  };
  const sql = connect(url, {onnotice: () => undefined});
  const {host, pathname} = new URL(url);
  try {
    await sql.unsafe('SELECT 1', []);
  } catch (error) {
    await sql.end({timeout: 1});
    throw new CliError(`The database ${host}${pathname} cannot be reached: ${messageOf(error)}`, 1, error);
  }
  return {
    description: `postgres, ${host}${pathname}`,
    createPersisterForPath: (pathId) => persisterOf(postgresDriver(sql), pathId),
    close: () => sql.end({timeout: 5}),
  };
};

const openMemory = (): OpenStore => {
  const stores = new Map<string, MergeableStore>();
  return {
    description: 'memory: nothing is left when the server ends',
    createPersisterForPath: (pathId) => {
      const store = stores.get(pathId) ?? createMergeableStore();
      stores.set(pathId, store);
      const persister = {
        startAutoPersisting: async () => persister,
        destroy: async () => persister,
        getStore: () => store,
      };
      return persister as unknown as PathPersister;
    },
    close: async () => undefined,
  };
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message || String((error as {code?: unknown}).code) : String(error);
