// What seed 000 imports, until there is a persister for sqlite-wasm: the real module `@sqlite.org/sqlite-wasm`, and a
// `createSqliteWasmPersister` made of our createCustomSqlitePersister over it; or the same document over node:sqlite.
// When `persister-sqlite-wasm` exists, its function takes the place of the first, and the second can go.
import {DatabaseSync} from 'node:sqlite';
import {importComponent} from '../components/component.ts';
import {importFromDocument} from '../examples/package-under-test.ts';

const MODULE = '@sqlite.org/sqlite-wasm';
const PERSISTER = 'tinybase/persisters/persister-sqlite-wasm';
const STORE_OR_MERGEABLE_STORE = 3;

type ImportModule = (specifier: string) => Promise<object>;
type Row = {[column: string]: unknown};
type Listener = (tableName: string) => void;

/** The members of the module and of its databases that the persister needs. */
type Sqlite3 = {
  readonly capi: {
    sqlite3_update_hook(
      db: WasmDatabase,
      hook: ((context: number, operation: number, databaseName: string, tableName: string) => void) | 0,
      context: 0,
    ): unknown;
  };
};
type WasmDatabase = {exec(options: object): Row[]};

/** Imports for the document with the real sqlite-wasm. */
export const importSqliteWasm: ImportModule = async (specifier) => {
  switch (specifier) {
    case MODULE:
      return importComponent('sqlite-wasm', MODULE);
    case PERSISTER: {
      const {createCustomSqlitePersister} = (await importFromDocument('tinybase/persisters')) as {
        createCustomSqlitePersister: (...parameters: unknown[]) => unknown;
      };
      const createSqliteWasmPersister = (store: object, {capi}: Sqlite3, db: WasmDatabase, config?: object) =>
        createCustomSqlitePersister(
          store,
          config,
          async (sql: string, bind?: unknown[]) =>
            db.exec({sql, ...(bind?.length ? {bind} : {}), rowMode: 'object', returnValue: 'resultRows'}),
          (listener: Listener) =>
            capi.sqlite3_update_hook(
              db,
              (_context, _operation, _databaseName, tableName) => listener(tableName),
              0,
            ),
          () => capi.sqlite3_update_hook(db, 0, 0),
          undefined,
          undefined,
          () => {},
          STORE_OR_MERGEABLE_STORE,
          db,
        );
      return {createSqliteWasmPersister};
    }
    default:
      return importFromDocument(specifier);
  }
};

/** Imports for the document with node:sqlite, and our persister for it, in the place of sqlite-wasm. */
export const importSqliteNodeForWasm: ImportModule = async (specifier) => {
  switch (specifier) {
    case MODULE:
      return {default: async () => ({oo1: {DB: NodeDatabase}})};
    case PERSISTER: {
      const {createSqliteNodePersister} = (await importFromDocument(
        'tinybase/persisters/persister-sqlite-node',
      )) as {createSqliteNodePersister: (...parameters: unknown[]) => unknown};
      const createSqliteWasmPersister = (
        store: object,
        _sqlite3: object,
        db: NodeDatabase,
        config?: object,
      ) => createSqliteNodePersister(store, db.database, config);
      return {createSqliteWasmPersister};
    }
    default:
      return importFromDocument(specifier);
  }
};

/** A database of node:sqlite with the members that the document calls. */
class NodeDatabase {
  readonly database: DatabaseSync;

  constructor(filename: string) {
    this.database = new DatabaseSync(filename);
  }

  /** Runs SQL; with `{rowMode: 'object'}` it returns the rows. */
  exec(sql: string, options?: {readonly rowMode: 'object'}): unknown {
    if (options === undefined) {
      this.database.exec(sql);
      return this;
    }
    return this.database.prepare(sql).all();
  }
}
