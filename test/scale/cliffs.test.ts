// Saves and loads of sizes at which limits of SQLite and its bindings lie: nothing breaks, and nothing is lost in silence.

import {isDeepStrictEqual} from 'node:util';
import Database from 'better-sqlite3';
import {expect, test} from 'vitest';
import type {Content, Row, Table, Values} from '../../src/base/content.ts';
import {
  type BetterSqlite3Database,
  createBetterSqlite3Persister,
} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import type {Progress} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {
  configOf,
  DRIVERS,
  type DriverName,
  LAYOUTS,
  type LayoutName,
  openDatabase,
} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

/** Around what one statement may have of parameters: 999 in old SQLite, 32,766 since 3.32, 65,535 in others. */
const CELL_COUNTS = [0, 1, 999, 32_766, 32_767, 65_535, 65_536];
/** What SQLite allows a table to have; https://sqlite.org/limits.html */
const MAX_COLUMNS = 2_000;

const tall = (cellCount: number, cellsARow: number, start = 0): Table => {
  const table: Table = {};
  for (let cell = 0; cell < cellCount; cell++) {
    const row = Math.floor(cell / cellsARow);
    table[`row${row}`] ??= {};
    (table[`row${row}`] as Row)[`cell${cell % cellsARow}`] = start + cell;
  }
  return table;
};

const wide = (cellCount: number): Row =>
  Object.fromEntries(Array.from({length: cellCount}, (_, cell) => [`cell${cell}`, cell]));

const plain = (content: Content): unknown => JSON.parse(JSON.stringify(content));

const expectSame = (store: Store, expected: Content): void => {
  // Told by one word: a difference of 65,536 cells helps nobody.
  expect(isDeepStrictEqual(plain(store.getContent()), plain(expected))).toBe(true);
};

const saveAll = async (path: string, layout: LayoutName, store: Store): Promise<void> => {
  const {persister, close} = openDatabase(path, configOf(layout, ['pets']), {store, journalMode: 'WAL'});
  await persister.save();
  await close();
};

// By the same driver as the one that is open: two SQLite libraries in one process undo each other's locks.
const loadAll = async (path: string, layout: LayoutName, driver?: DriverName): Promise<Store> => {
  const {store, persister, close} = openDatabase(path, configOf(layout, ['pets']), driver && {driver});
  await persister.load();
  await close();
  return store;
};

test.each(LAYOUTS)(
  '[PR4] tables of any number of cells are saved, edited, deleted and loaded (%s)',
  async (layout) => {
    const folder = createFolder();
    for (const [index, cellCount] of CELL_COUNTS.entries()) {
      const driver = DRIVERS[index % DRIVERS.length] as (typeof DRIVERS)[number];
      const path = folder(`${cellCount}.sqlite`);
      const {store, persister, close} = openDatabase(path, configOf(layout, ['pets']), {
        driver,
        journalMode: 'WAL',
      });
      store.setTables({pets: tall(cellCount, 3)});
      await persister.startAutoSave();
      expectSame(await loadAll(path, layout, driver), [
        cellCount === 0 ? {} : {pets: tall(cellCount, 3)},
        {},
      ]);

      store.setTables({pets: tall(cellCount, 3, 1)});
      await persister.whenDurable();
      expectSame(await loadAll(path, layout, driver), [
        cellCount === 0 ? {} : {pets: tall(cellCount, 3, 1)},
        {},
      ]);

      store.delTables();
      await persister.whenDurable();
      expectSame(await loadAll(path, layout, driver), [{}, {}]);
      await close();
    }
  },
);

test.each(LAYOUTS)('[PR4] as many rows as parameters are saved and deleted at once (%s)', async (layout) => {
  const path = createFolder()('rows.sqlite');
  const {store, persister, close} = openDatabase(path, configOf(layout, ['pets']), {journalMode: 'WAL'});
  await persister.startAutoSave();
  store.setTables({pets: {...tall(65_536, 1), kept: {cell0: 0}}});
  await persister.whenDurable();
  store.transaction(() => {
    for (let row = 0; row < 65_536; row++) {
      store.delRow('pets', `row${row}`);
    }
  });
  await persister.whenDurable();
  await close();
  expectSame(await loadAll(path, layout), [{pets: {kept: {cell0: 0}}}, {}]);
});

test.each(['rows', 'json'] as const)(
  '[PR4] one row and the values may have any number of cells (%s)',
  async (layout) => {
    const folder = createFolder();
    for (const cellCount of [1, 32_767, 65_536]) {
      const path = folder(`${cellCount}.sqlite`);
      const content: Content = [{pets: {fido: wide(cellCount)}}, wide(cellCount) as Values];
      await saveAll(path, layout, createStore().setContent(content));
      expectSame(await loadAll(path, layout), content);
    }
  },
);

test('[PR4] a row and values as wide as SQLite allows are kept in tabular', async () => {
  const path = createFolder()('wide.sqlite');
  const content: Content = [{pets: {fido: wide(MAX_COLUMNS - 1)}}, wide(999) as Values];
  await saveAll(path, 'tabular', createStore().setContent(content));
  expectSame(await loadAll(path, 'tabular'), content);
});

test('[PR4] [PR2] a row wider than SQLite allows is refused in tabular, stays pending, and costs nothing stored', async () => {
  const path = createFolder()('wide.sqlite');
  const config = configOf('tabular', ['pets', 'owners']);
  const {store, persister, close} = openDatabase(path, config);
  const load = async () => {
    const stored = openDatabase(path, config);
    await stored.persister.load();
    await stored.close();
    return stored.store;
  };
  store.setTables({owners: {ann: {age: 30}}}).setValues({open: true});
  await persister.save();

  store
    .setRow('pets', 'felix', wide(MAX_COLUMNS))
    .setCell('owners', 'ann', 'age', 31)
    .setValue('open', false);
  await expect(persister.save()).rejects.toMatchObject({
    code: 'driver/statement-failed',
    message: expect.stringContaining('too many columns'),
  });
  expect(persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 3});
  expectSame(await load(), [{owners: {ann: {age: 30}}}, {open: true}]);

  store.setRow('pets', 'felix', {species: 'cat'});
  await persister.save();
  expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
  await close();
  expectSame(await load(), [{pets: {felix: {species: 'cat'}}, owners: {ann: {age: 31}}}, {open: false}]);
});

test.each(LAYOUTS)('[PR4] cells of 2 MB are saved, edited and loaded (%s)', async (layout) => {
  const path = createFolder()('large.sqlite');
  const large = (letter: string) => letter.repeat(2_000_000);
  const {store, persister, close} = openDatabase(path, configOf(layout, ['pets']), {journalMode: 'WAL'});
  store.setTables({
    pets: {fido: {text: large('a'), object: {inside: large('é')}}, felix: {text: large('b')}},
  });
  store.setValues({text: large('"')});
  await persister.startAutoSave();
  store.setCell('pets', 'fido', 'text', large('c'));
  await persister.whenDurable();
  await close();
  expectSame(await loadAll(path, layout), store.getContent());
});

test.each([
  ['tabular', 7_000, 4],
  ['tabular', 100_000, 2],
  ['rows', 100_000, 2],
] as const)(
  '[PR4] [PE7] %s keeps %d rows of %d cells, and tells how far it has come',
  async (layout, rowCount, cellsARow) => {
    const path = createFolder()('rows.sqlite');
    const config = configOf(layout, ['pets']);
    const tables = {pets: tall(rowCount * cellsARow, cellsARow)};
    const saving: Progress[] = [];
    const saved = openDatabase(path, config, {store: createStore().setTables(tables), journalMode: 'WAL'});
    saved.persister.onProgress((progress) => saving.push(progress));
    await saved.persister.save();
    await saved.close();
    const loading: Progress[] = [];
    const loaded = openDatabase(path, config);
    loaded.persister.onProgress((progress) => loading.push(progress));
    await loaded.persister.load();
    await loaded.close();

    expectSame(loaded.store, [tables, {}]);
    for (const [phase, told] of [
      ['saving', saving],
      ['loading', loading],
    ] as const) {
      const doneRows = told.map((progress) => progress.doneRows);
      expect(told.every((progress) => progress.phase === phase)).toBe(true);
      expect(doneRows).toEqual([...doneRows].sort((one, other) => one - other));
      expect(doneRows.at(-1)).toBe(rowCount);
    }
    expect(saving.length).toBeGreaterThan(rowCount / 2_000);
  },
);

test('[PR4] rows that together are longer than a text may be are loaded', async () => {
  const path = createFolder()('long.sqlite');
  const store = createStore();
  store.transaction(() => {
    for (let row = 0; row < 100; row++) {
      store.setRow('pets', `short${row}`, {text: 'short'});
    }
    for (let row = 0; row < 12; row++) {
      store.setRow('pets', `long${row}`, {text: String(row).repeat(1_000_000)});
    }
  });
  await saveAll(path, 'rows', store);

  // SQLite and JavaScript stop at about 500 MB; this handle does at 5.
  const db = new Database(path);
  const tooLong = (row: unknown) =>
    Object.values(row as object).some((value) => String(value).length > 5_000_000);
  const handle: BetterSqlite3Database = {
    name: db.name,
    memory: db.memory,
    prepare: (sql) => {
      const prepared = db.prepare(sql);
      return {
        reader: prepared.reader,
        run: (...params) => prepared.run(...params),
        all: (...params) => {
          const rows = prepared.all(...params);
          if (rows.some(tooLong)) {
            throw new RangeError('string or blob too big');
          }
          return rows;
        },
      };
    },
  };
  const loaded = createStore();
  const persister = createBetterSqlite3Persister(loaded, handle, {mode: 'rows'});
  await persister.load();
  await persister.destroy();
  db.close();
  expectSame(loaded, store.getContent());
});
