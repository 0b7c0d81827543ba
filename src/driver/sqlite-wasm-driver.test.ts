import {expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import {type DatabaseKind, NO_DATABASE} from '../../test/contract/databases.ts';
import {createSqliteWasmPersister} from '../entry/persisters/persister-sqlite-wasm.ts';
import {createStore} from '../entry/store.ts';
import {type SqliteWasmDatabase, type SqliteWasmModule, sqliteWasmDriver} from './sqlite-wasm-driver.ts';

type Db = SqliteWasmDatabase & {exec(sql: string): unknown; close(): void};
type Module = SqliteWasmModule & {
  readonly oo1: {readonly DB: new (path: string, flags: 'c' | 'r', vfs?: string) => Db};
  readonly capi: {sqlite3_js_posix_create_file(path: string, bytes: Uint8Array): void};
  readonly config: {warn: unknown};
};

const {default: init} = await importComponent<{default: () => Promise<Module>}>(
  'sqlite-wasm',
  '@sqlite.org/sqlite-wasm',
);
const sqlite3 = await init();
// It warns of every statement that fails, which is what some tests are about.
sqlite3.config.warn = () => undefined;

// The files lie in the module's own memory, where the VFS `unix` has locks as on a disk.
const nameOf = (path: string) => path.replaceAll('/', '_');

const sqliteWasm: DatabaseKind = {
  name: 'sqlite-wasm',
  open: (path, mode) => {
    const db = new sqlite3.oo1.DB(nameOf(path), mode === 'read-only' ? 'r' : 'c', 'unix');
    return {
      driver: sqliteWasmDriver(sqlite3, db),
      createPersister: (store, config, onIgnoredError) =>
        createSqliteWasmPersister(store, sqlite3, db, config, undefined, onIgnoredError),
      close: () => db.close(),
    };
  },
  damage: (path) =>
    sqlite3.capi.sqlite3_js_posix_create_file(nameOf(path), new TextEncoder().encode(NO_DATABASE)),
};

certifyDriver(sqliteWasm, {isTold: true});

test('all persisters of one handle hear of what the application changes through it', async () => {
  const db = new sqlite3.oo1.DB(':memory:', 'c');
  db.exec("CREATE TABLE pets (_id PRIMARY KEY, species); INSERT INTO pets VALUES ('fido', 'dog')");
  const config = {mode: 'tabular', tables: {load: {pets: 'pets'}}, autoLoadIntervalSeconds: 3_600} as const;
  const stores = [createStore(), createStore()];
  const persisters = stores.map((store) => createSqliteWasmPersister(store, sqlite3, db, config));
  for (const persister of persisters) {
    await persister.startAutoLoad();
  }
  const heard = stores.map(
    (store) => new Promise((resolve) => store.addCellListener('pets', 'fido', 'species', resolve)),
  );
  db.exec("UPDATE pets SET species = 'fox'");
  await Promise.all(heard);
  await persisters[0]?.destroy();
  const heardAlone = new Promise((resolve) => stores[1]?.addRowListener('pets', 'felix', resolve));
  db.exec("INSERT INTO pets VALUES ('felix', 'cat')");
  await heardAlone;
  expect(stores.map((store) => store.getRowIds('pets'))).toEqual([['fido'], ['fido', 'felix']]);
  await persisters[1]?.destroy();
  db.close();
});

test('[CN7] what is no module or no database of sqlite-wasm is refused at once', () => {
  const db = new sqlite3.oo1.DB(':memory:', 'c');
  const expected = expect.objectContaining({code: 'argument/wrong-handle'});
  expect(() => createSqliteWasmPersister(createStore(), {} as never, db)).toThrow(expected);
  expect(() => createSqliteWasmPersister(createStore(), sqlite3, {} as never)).toThrow(expected);
  db.close();
});
