import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {componentFolder, importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createCrSqliteWasmPersister} from '../entry/persisters/persister-cr-sqlite-wasm.ts';
import {createStore} from '../entry/store.ts';
import {type CrSqliteWasmDatabase, crSqliteWasmDriver} from './cr-sqlite-wasm-driver.ts';

type Db = CrSqliteWasmDatabase & {close(): Promise<void>};
type Module = {open(name: string): Promise<Db>};

// The module asks for an IndexedDB when it starts; the databases here are in memory.
await importComponent('cr-sqlite-wasm', 'fake-indexeddb/auto');

const PACKAGE = '@vlcn.io/crsqlite-wasm';
const {default: init} = await importComponent<{default: (locate: () => string) => Promise<Module>}>(
  'cr-sqlite-wasm',
  PACKAGE,
);
const wasm = readFileSync(`${componentFolder('cr-sqlite-wasm')}node_modules/${PACKAGE}/dist/crsqlite.wasm`);
const sqlite3 = await init(() => `data:application/wasm;base64,${wasm.toString('base64')}`);

// It prints every statement that fails, which is what some tests are about.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

// Databases in memory by name, each for as long as a handle on it is open.
const nameOf = (path: string) => `file:${path}?vfs=memdb`;
const kept = new Map<string, Promise<Db>>();

const crSqliteWasm: DatabaseKind = {
  name: 'crsqlite-wasm in memory',
  open: async (path) => {
    kept.has(path) || kept.set(path, sqlite3.open(nameOf(path)));
    await kept.get(path);
    const db = await sqlite3.open(nameOf(path));
    let isOpen = true;
    return {
      driver: crSqliteWasmDriver(db),
      createPersister: (store, config, onIgnoredError) =>
        createCrSqliteWasmPersister(store, db, config, undefined, onIgnoredError),
      close: async () => {
        isOpen && (await db.close());
        isOpen = false;
      },
    };
  },
};
afterAll(async () => {
  for (const db of kept.values()) {
    await (await db).close();
  }
});

certifyDriver(crSqliteWasm, {
  driver: {
    CN3: 'its calls return promises',
    '[DR4] tells that the handle is read-only': 'it cannot be opened read-only',
    '[DR4] tells that the file is no database': 'it is in memory',
  },
});

const query = async (db: Db, sql: string, ...params: never[]) => (await db.execO(sql, params)) ?? [];

test('a table that the user made a CRR is saved, loaded, and merged with what another site changed', async () => {
  const config = {
    mode: 'tabular',
    tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
    autoLoadIntervalSeconds: 3_600,
  } as const;
  const open = async (name: string) => {
    const db = await sqlite3.open(nameOf(name));
    await query(db, 'CREATE TABLE pets (_id TEXT PRIMARY KEY NOT NULL, species TEXT, age REAL)');
    await query(db, "SELECT crsql_as_crr('pets')");
    const store = createStore();
    const persister = createCrSqliteWasmPersister(store, db, config);
    await persister.startAutoPersisting();
    return {db, store, persister};
  };
  const [here, there] = [await open('/here'), await open('/there')];
  here.store.setTable('pets', {fido: {species: 'dog'}, felix: {species: 'cat', age: 5}});
  here.store.delRow('pets', 'felix').setCell('pets', 'fido', 'age', 3);
  await here.persister.whenDurable();

  const merged = new Promise((resolve) => there.store.addRowListener('pets', 'fido', resolve));
  const columns = '"table", pk, cid, val, col_version, db_version, site_id, cl, seq';
  for (const change of await query(here.db, `SELECT ${columns} FROM crsql_changes`)) {
    const values = Object.values(change) as never[];
    await query(
      there.db,
      `INSERT INTO crsql_changes (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...values,
    );
  }
  await merged;
  await there.persister.load();
  expect(there.store.getTables()).toEqual({pets: {fido: {species: 'dog', age: 3}}});
  for (const {db, persister} of [here, there]) {
    await persister.destroy();
    await db.close();
  }
});

test('[CN7] what is no DB of crsqlite-wasm is refused at once', () => {
  const handle = {execO: () => undefined};
  expect(() => createCrSqliteWasmPersister(createStore(), handle as never)).toThrow(
    expect.objectContaining({
      code: 'argument/wrong-handle',
      details: {missing: ['imperativeTx', 'onUpdate']},
    }),
  );
});
