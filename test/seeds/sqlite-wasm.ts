// Stands in for `@sqlite.org/sqlite-wasm` and its persister in seed 000 until that persister is built:
// the document's `db` is a real SQLite database of node:sqlite with the two members that the document calls,
// and `createSqliteWasmPersister` hands it to the persister for node:sqlite.
// When `persister-sqlite-wasm` exists, this file goes, and the document gets the real module.
import {DatabaseSync} from 'node:sqlite';
import {importFromDocument} from '../examples/package-under-test.ts';

class DB {
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

type CreatePersister = (store: unknown, database: DatabaseSync, ...more: unknown[]) => unknown;

/** The stand-in where a document imports the module or its persister, otherwise `undefined`. */
export const importSqliteWasm = (specifier: string): Promise<object> | undefined => {
  switch (specifier) {
    case '@sqlite.org/sqlite-wasm':
      return Promise.resolve({default: async () => ({oo1: {DB}})});
    case 'tinybase/persisters/persister-sqlite-wasm':
      return importPersister();
    default:
      return undefined;
  }
};

const importPersister = async (): Promise<object> => {
  const {createSqliteNodePersister} = (await importFromDocument(
    'tinybase/persisters/persister-sqlite-node',
  )) as {createSqliteNodePersister: CreatePersister};
  return {
    createSqliteWasmPersister: (store: unknown, _sqlite3: unknown, {database}: DB, ...more: unknown[]) =>
      createSqliteNodePersister(store, database, ...more),
  };
};
