// Saves a store, edits it under auto-save, and loads it into another store: `node persister.mjs <kind> [path of the package]`.
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {createStore} from 'holdfast';

const [kind, packagePath] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-consumer-'));
const path = join(folder, 'pets');
const config = {mode: 'rows'};

/** How to open the storage, make a persister on it, and close it again. */
const kinds = {
  file: async () => {
    const {createFilePersister} = await import('holdfast/persisters/persister-file');
    return {open: () => path, create: createFilePersister, close: () => {}};
  },
  'sqlite-node': async () => {
    const {DatabaseSync} = await import('node:sqlite');
    const {createSqliteNodePersister} = await import('holdfast/persisters/persister-sqlite-node');
    return {open: () => new DatabaseSync(path), create: createSqliteNodePersister, close: (db) => db.close()};
  },
  'better-sqlite3': async () => {
    const Database = createRequire(packagePath)('better-sqlite3');
    const {createBetterSqlite3Persister} = await import('holdfast/persisters/persister-better-sqlite3');
    return {open: () => new Database(path), create: createBetterSqlite3Persister, close: (db) => db.close()};
  },
  sqlite3: async () => {
    const {Database} = createRequire(packagePath)('sqlite3');
    const {createSqlite3Persister} = await import('holdfast/persisters/persister-sqlite3');
    const open = () =>
      new Promise((resolve, reject) => {
        const db = new Database(path, (error) => (error ? reject(error) : resolve(db)));
      });
    return {open, create: createSqlite3Persister, close: (db) => new Promise((resolve) => db.close(resolve))};
  },
  'sqlite-wasm': async () => {
    const modulePath = createRequire(packagePath).resolve('@sqlite.org/sqlite-wasm');
    const {default: init} = await import(pathToFileURL(modulePath).href);
    const sqlite3 = await init();
    const {createSqliteWasmPersister} = await import('holdfast/persisters/persister-sqlite-wasm');
    return {
      // The file lies in the module's memory.
      open: () => new sqlite3.oo1.DB('/pets.sqlite', 'c'),
      create: (store, db, ...others) => createSqliteWasmPersister(store, sqlite3, db, ...others),
      close: (db) => db.close(),
    };
  },
  libsql: async () => {
    const {createClient} = createRequire(packagePath)('@libsql/client');
    const {createLibSqlPersister} = await import('holdfast/persisters/persister-libsql');
    return {
      open: () => createClient({url: `file:${path}`}),
      create: createLibSqlPersister,
      close: (client) => client.close(),
    };
  },
};

const {open, create, close} = await kinds[kind]();
const withPersister = async (store, body) => {
  const handle = await open();
  const persister = kind === 'file' ? create(store, handle) : create(store, handle, config);
  await body(persister);
  await persister.destroy();
  await close(handle);
};

const saved = createStore()
  .setTables({pets: {fido: {species: 'dog', sold: false}}})
  .setValues({open: true});
await withPersister(saved, async (persister) => {
  await persister.save();
  await persister.startAutoSave();
  saved.setCell('pets', 'fido', 'sold', true);
  await persister.whenDurable();
});
const loaded = createStore();
await withPersister(loaded, (persister) => persister.load());
rmSync(folder, {recursive: true});
console.log(loaded.getJson());
