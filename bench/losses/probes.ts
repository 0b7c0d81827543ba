// What an application may do, and what is left of its data afterwards: a function each, run on either of the two in the
// same way, as their common documentation says. Each answers in plain words.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readFileSync, truncateSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import type {Content} from '../../src/base/content.ts';
import type {DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import type {Contestant} from './contestants.ts';

export interface Probe {
  readonly title: string;
  /** Works in a new folder, and says what became of the data. */
  readonly run: (contestant: Contestant, folder: string) => Promise<string>;
}

/** Longer than anything that saves, loads or polls by itself takes; TinyBase asks a database every second. */
const SETTLE_MS = 2_500;

const TABULAR: DatabasePersisterConfig = {
  mode: 'tabular',
  tables: {load: {pets: 'pets', owners: 'owners'}, save: {pets: 'pets', owners: 'owners'}},
  values: {load: true, save: true},
};

const count = (number: number): string => number.toLocaleString('en');

/** Whether a promise resolved, in words. */
const settle = async (work: Promise<unknown>): Promise<'acknowledged' | 'refused with an error'> => {
  try {
    await work;
    return 'acknowledged';
  } catch {
    return 'refused with an error';
  }
};

const openDatabase = (path: string): Database.Database => {
  // Without the driver's own waiting for a lock, which would hold up the whole process.
  const db = new Database(path, {timeout: 0});
  db.pragma('journal_mode = WAL');
  return db;
};

/** What a new store loads from a database. */
const loadAgain = async (
  {createStore, createBetterSqlite3Persister}: Contestant,
  path: string,
  config?: DatabasePersisterConfig,
): Promise<Store> => {
  const db = openDatabase(path);
  const store = createStore();
  const persister = createBetterSqlite3Persister(store, db, config);
  await persister.load();
  await persister.destroy();
  db.close();
  return store;
};

/** A persister on a new database, and how to end both. */
const openNew = (contestant: Contestant, folder: string, config?: DatabasePersisterConfig) => {
  const path = join(folder, 'store.sqlite');
  const db = openDatabase(path);
  const store = contestant.createStore();
  const persister = contestant.createBetterSqlite3Persister(store, db, config);
  const close = async () => {
    await persister.destroy();
    db.close();
  };
  return {path, db, store, persister, close};
};

/** Saves content in tabular mode, and returns what is loaded again. */
const goRound = async (contestant: Contestant, folder: string, content: Content): Promise<Store> => {
  const {path, store, persister, close} = openNew(contestant, folder, TABULAR);
  store.setContent(content);
  await persister.save();
  await close();
  return loadAgain(contestant, path, TABULAR);
};

const saveManyRows: Probe = {
  title: '7,000 rows of 4 cells saved in tabular mode',
  run: async (contestant, folder) => {
    const {path, store, persister, close} = openNew(contestant, folder, TABULAR);
    store.transaction(() => {
      for (let row = 0; row < 7_000; row++) {
        store.setRow('pets', `pet${row}`, {name: 'Rex', species: 'dog', age: row, weight: row / 2});
      }
    });
    const outcome = await settle(persister.save());
    await close();
    const rowCount = (await loadAgain(contestant, path, TABULAR)).getRowCount('pets');
    return `${outcome}; ${count(rowCount)} of 7,000 rows stored`;
  },
};

const persistManyRows: Probe = {
  title: 'a store of 10,000 rows auto-persisted, and one row more (tabular)',
  run: async (contestant, folder) => {
    const {path, store, persister, close} = openNew(contestant, folder, TABULAR);
    store.transaction(() => {
      for (let row = 0; row < 10_000; row++) {
        store.setRow('pets', `pet${row}`, {name: 'Rex', species: 'dog', age: row, weight: row / 2});
      }
    });
    await persister.startAutoPersisting();
    store.setRow('pets', 'new', {name: 'Rex'});
    await wait(SETTLE_MS);
    const inStore = store.getRowCount('pets');
    await close();
    const stored = (await loadAgain(contestant, path, TABULAR)).getRowCount('pets');
    return `${count(inStore)} in the store, ${count(stored)} stored`;
  },
};

const fillDisk: Probe = {
  title: '50 saves into a database that becomes full',
  run: async (contestant, folder) => {
    const {path, db, store, persister, close} = openNew(contestant, folder);
    await persister.save();
    db.pragma('max_page_count = 8');
    let acknowledged = 0;
    for (let save = 0; save < 50; save++) {
      store.setRow('pets', `pet${save}`, {text: 'x'.repeat(1_000)});
      acknowledged += (await settle(persister.save())) === 'acknowledged' ? 1 : 0;
    }
    db.close();
    await settle(close());
    const stored = (await loadAgain(contestant, path)).getRowCount('pets');
    return `${acknowledged} acknowledged, ${50 - acknowledged} refused; ${Math.max(0, acknowledged - stored)} acknowledged ones lost`;
  },
};

const keepBooleans: Probe = {
  title: 'true and false in tabular mode',
  run: async (contestant, folder) => {
    const store = await goRound(contestant, folder, [{pets: {fido: {sold: true, alive: false}}}, {}]);
    return `come back as ${store.getCell('pets', 'fido', 'sold')} and ${store.getCell('pets', 'fido', 'alive')}`;
  },
};

const keepNulls: Probe = {
  title: 'a null, and a cell that is not there (tabular)',
  run: async (contestant, folder) => {
    const content: Content = [{pets: {fido: {owner: null, age: 1}, felix: {age: 2}}}, {}];
    const store = await goRound(contestant, folder, content);
    const show = (rowId: string) =>
      store.hasCell('pets', rowId, 'owner') ? String(store.getCell('pets', rowId, 'owner')) : 'absent';
    return `come back as ${show('fido')} and ${show('felix')}`;
  },
};

const keepNegativeZero: Probe = {
  title: '-0, in a file',
  run: async ({createStore, createFilePersister}, folder) => {
    const path = join(folder, 'store.json');
    const saved = createFilePersister(createStore().setValues({zero: -0}), path);
    await saved.save();
    await saved.destroy();
    const store = createStore();
    const loaded = createFilePersister(store, path);
    await loaded.load();
    await loaded.destroy();
    return `comes back as ${Object.is(store.getValue('zero'), -0) ? '-0' : '0'}`;
  },
};

const keepLoneSurrogates: Probe = {
  title: 'half of a surrogate pair, as in cut text (tabular)',
  run: async (contestant, folder) => {
    const store = await goRound(contestant, folder, [{pets: {fido: {name: 'a\ud83d'}}}, {}]);
    return store.getCell('pets', 'fido', 'name') === 'a\ud83d'
      ? 'comes back equal'
      : 'comes back as other text';
  },
};

const keepCellsThatDifferInCase: Probe = {
  title: 'cells named "name" and "Name" in one row (tabular)',
  run: async (contestant, folder) => {
    const {path, store, persister, close} = openNew(contestant, folder, TABULAR);
    store.setRow('pets', 'fido', {name: 'a', Name: 'b'}).setRow('owners', 'ann', {age: 30});
    const outcome = await settle(persister.save());
    await close();
    const [tables] = (await loadAgain(contestant, path, TABULAR)).getContent();
    return `${outcome}; ${Object.keys(tables.pets?.fido ?? {}).length} of 2 cells stored`;
  },
};

const writeFromTwoProcesses: Probe = {
  title: 'two processes that save 200 rows each to one database (json)',
  run: async (contestant, folder) => {
    const path = join(folder, 'store.sqlite');
    openDatabase(path).close();
    const script = fileURLToPath(new URL('./writer.ts', import.meta.url));
    const writers = ['a', 'b'].map((writer) =>
      spawn(process.execPath, ['--no-warnings', script, contestant.name, path, writer, '200'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const ends = writers.map((writer) => once(writer, 'close'));
    await Promise.all(writers.map((writer) => once(writer.stdout, 'data')));
    for (const writer of writers) {
      writer.stdin.write('go\n');
    }
    await Promise.all(ends);
    const stored = (await loadAgain(contestant, path)).getRowCount('rows');
    return `${400 - stored} of 400 saved rows lost`;
  },
};

const editOneRowFromTwoStores: Probe = {
  title: 'two stores that change different cells of one row (tabular)',
  run: async (contestant, folder) => {
    const first = openNew(contestant, folder, TABULAR);
    first.store.setRow('pets', 'fido', {name: 'Fido', age: 1});
    await first.persister.save();
    const db = openDatabase(first.path);
    const store = contestant.createStore();
    const second = contestant.createBetterSqlite3Persister(store, db, TABULAR);
    await second.load();
    first.store.setCell('pets', 'fido', 'name', 'Rex');
    await first.persister.save();
    store.setCell('pets', 'fido', 'age', 2);
    await second.save();
    await second.destroy();
    db.close();
    await first.close();
    const row = (await loadAgain(contestant, first.path, TABULAR)).getRow('pets', 'fido');
    return `${Number(row.name === 'Rex') + Number(row.age === 2)} of 2 changes stored`;
  },
};

const retryAfterLock: Probe = {
  title: 'a change while another program holds a lock for 100 ms (auto-saving)',
  run: async (contestant, folder) => {
    const {path, store, persister, close} = openNew(contestant, folder);
    store.setRow('pets', 'fido', {age: 1});
    await persister.startAutoSave();
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    store.setCell('pets', 'fido', 'age', 2);
    await wait(100);
    other.exec('COMMIT');
    other.close();
    await wait(SETTLE_MS);
    const isStored = (await loadAgain(contestant, path)).getCell('pets', 'fido', 'age') === 2;
    await close();
    return isStored ? 'stored' : `lost: not stored ${SETTLE_MS / 1_000} s after the lock was given up`;
  },
};

const saveOverDamage: Probe = {
  title: 'a file whose end is cut off, loaded and then saved',
  run: async ({createStore, createFilePersister}, folder) => {
    const path = join(folder, 'store.json');
    const saved = createFilePersister(
      createStore().setTables({pets: {fido: {name: 'Fido the Great'}}}),
      path,
    );
    await saved.save();
    await saved.destroy();
    truncateSync(path, readFileSync(path).length - 2);
    const store = createStore();
    const persister = createFilePersister(store, path);
    const loaded = await settle(persister.load());
    store.setValue('open', true);
    await settle(persister.save());
    await persister.destroy();
    const isKept = readdirSync(folder).some((name) =>
      readFileSync(join(folder, name), 'utf8').includes('Great'),
    );
    return `load ${loaded}; ${isKept ? 'the text is kept beside the file' : 'the text is gone'}`;
  },
};

const editDuringLoad: Probe = {
  title: 'a change made while a load is on its way (auto-saving, custom persister)',
  run: async ({createStore, createCustomPersister}) => {
    let stored: Content = [{pets: {fido: {age: 1}}}, {}];
    let answer: (() => void) | undefined;
    const store = createStore();
    const persister = createCustomPersister(
      store,
      () =>
        new Promise<Content>((resolve) => {
          answer = () => resolve(stored);
        }),
      async (getContent) => {
        stored = structuredClone(getContent());
      },
      () => 0,
      () => undefined,
    );
    const answerLoad = async (edit: () => void) => {
      const loaded = persister.load();
      await wait(10);
      edit();
      answer?.();
      await loaded;
    };
    await answerLoad(() => undefined);
    await persister.startAutoSave();
    await answerLoad(() => store.setRow('pets', 'felix', {age: 2}));
    await wait(100);
    await persister.destroy();
    const isStored = stored[0].pets?.felix !== undefined;
    return `${store.hasRow('pets', 'felix') ? 'still' : 'gone'} in the store, ${isStored ? 'stored' : 'never stored'}`;
  },
};

const failInTheMiddle: Probe = {
  title: 'one transaction over two tables, of which the second refuses its row',
  run: async (contestant, folder) => {
    const {path, db, store, persister, close} = openNew(contestant, folder, TABULAR);
    db.exec('CREATE TABLE pets (_id TEXT PRIMARY KEY, owner TEXT)');
    db.exec('CREATE TABLE owners (_id TEXT PRIMARY KEY, pets INTEGER CHECK (pets < 10))');
    store.transaction(() => {
      store.setRow('pets', 'fido', {owner: 'ann'}).setRow('owners', 'ann', {pets: 11});
    });
    const outcome = await settle(persister.save());
    await settle(close());
    const raw = new Database(path);
    const stored = raw
      .prepare('SELECT (SELECT count(*) FROM pets) + (SELECT count(*) FROM owners)')
      .pluck()
      .get();
    raw.close();
    return `${outcome}; ${stored === 1 ? 'half of it stored' : `${stored} of 2 rows stored`}`;
  },
};

const changeSchema: Probe = {
  title: 'text where a new schema wants a number, loaded and saved (json)',
  run: async (contestant, folder) => {
    const {path, store, persister, close} = openNew(contestant, folder);
    store.setTables({pets: {fido: {age: 'three'}, felix: {age: 'four'}}});
    await persister.save();
    await close();
    const db = openDatabase(path);
    const strict = contestant.createStore().setTablesSchema({pets: {age: {type: 'number'}}});
    const strictPersister = contestant.createBetterSqlite3Persister(strict, db);
    await strictPersister.load();
    strict.setRow('pets', 'rex', {age: 5});
    await strictPersister.save();
    await strictPersister.destroy();
    db.close();
    const rows = (await loadAgain(contestant, path)).getTable('pets');
    return `${Number(rows.fido !== undefined) + Number(rows.felix !== undefined)} of 2 old cells still stored`;
  },
};

export const PROBES: readonly Probe[] = [
  saveManyRows,
  persistManyRows,
  fillDisk,
  writeFromTwoProcesses,
  editOneRowFromTwoStores,
  retryAfterLock,
  saveOverDamage,
  editDuringLoad,
  failInTheMiddle,
  changeSchema,
  keepBooleans,
  keepNulls,
  keepCellsThatDifferInCase,
  keepLoneSurrogates,
  keepNegativeZero,
];
