// Changes that others make to a database: they are noticed, listeners hear of them, and only what changed is read. The
// delay is printed; what is asserted is that it ends.

import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, type JournalMode, LAYOUTS, type LayoutName, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const ROWS = 2_000;
const LIMIT_MS = 5_000;
const PLACES = LAYOUTS.flatMap((layout) =>
  (['WAL', 'DELETE'] as const).map((mode) => [layout, mode] as const),
);

const fill = (): Store => {
  const store = createStore().setValues({open: true});
  store.transaction(() => {
    for (let row = 0; row < ROWS; row++) {
      store.setRow('pets', `pet${row}`, {name: `name ${row}`, age: row});
    }
  });
  return store;
};

/** A database with a store in it, an auto-loading persister on it that counts what it sends, and how others change it. */
const open = async (layout: LayoutName, journalMode: JournalMode) => {
  const path = createFolder()('outside.sqlite');
  const config = configOf(layout, ['pets']);
  const first = openDatabase(path, config, {store: fill(), journalMode});
  await first.persister.save();
  await first.close();

  const sent: string[] = [];
  const {store, persister, close} = openDatabase(path, config, {
    journalMode,
    onSqlCommand: (sql) => sent.push(sql),
  });
  await persister.startAutoPersisting();
  const raw = new Database(path);
  raw.exec(`PRAGMA journal_mode = ${journalMode}`);
  onTestFinished(async () => {
    await close();
    raw.close();
  });
  return {path, config, store, persister, raw, take: () => sent.splice(0)};
};

/** Resolves with the milliseconds until a check holds; it is asked whenever the store has changed. */
const whenTrue = async (store: Store, check: () => boolean): Promise<number> => {
  const startMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing was heard within ${LIMIT_MS} ms`)), LIMIT_MS);
    const look = () => {
      if (check()) {
        clearTimeout(timer);
        store.delListener(listenerId);
        resolve();
      }
    };
    const listenerId = store.addDidFinishTransactionListener(look);
    look();
  });
  return performance.now() - startMs;
};

/** Statements that read the whole of a table. */
const fullReads = (sent: readonly string[]): string[] =>
  sent.filter((sql) => /FROM "(pets|holdfast)"/.test(sql) && !/ IN \(/.test(sql));

test.each(PLACES)(
  '[WA1] [SG5] what another persister changes is heard of, deletions included (%s, %s)',
  async (layout, mode) => {
    const {path, config, store, take} = await open(layout, mode);
    const other = openDatabase(path, config, {journalMode: mode});
    await other.persister.startAutoPersisting();
    take();
    const heard: unknown[] = [];
    store.addCellListener('pets', null, null, (_store, _tableId, rowId, cellId, cell) =>
      heard.push([rowId, cellId, cell]),
    );
    store.addValueListener(null, (_store, valueId, value) => heard.push([valueId, value]));
    other.store.transaction(() => {
      other.store
        .setCell('pets', 'pet7', 'age', -1)
        .setRow('pets', 'new', {name: 'new'})
        .delRow('pets', 'pet8');
      other.store.delCell('pets', 'pet9', 'age').setValue('open', false);
    });
    const delayMs = await whenTrue(store, () => store.getValue('open') === false);
    console.log(`${layout}, ${mode}: noticed after ${delayMs.toFixed(1)} ms`);
    expect(heard.sort()).toEqual([
      ['new', 'name', 'new'],
      ['open', false],
      ['pet7', 'age', -1],
      ['pet8', 'age', undefined],
      ['pet8', 'name', undefined],
      ['pet9', 'age', undefined],
    ]);
    expect(JSON.parse(store.getJson())).toEqual(JSON.parse(other.store.getJson()));
    if (layout !== 'json') {
      const sent = take();
      expect(fullReads(sent)).toEqual([]);
      expect(sent.length).toBeLessThan(20);
    }
    await other.close();
  },
);

test.each(['WAL', 'DELETE'] as const)(
  '[WA1] [RW3] SQL of another connection on tables is heard of, by the rows that changed (%s)',
  async (mode) => {
    const {store, raw, take} = await open('tabular', mode);
    take();
    raw.exec(`
    BEGIN;
    UPDATE pets SET name = 'Rex' WHERE _id = 'pet3';
    INSERT INTO pets (_id, name, age) VALUES ('new', 'Newt', 1);
    DELETE FROM pets WHERE _id IN ('pet4', 'pet5');
    UPDATE pets SET _id = 'moved' WHERE _id = 'pet6';
    UPDATE tinybase_values SET open = 0;
    COMMIT`);
    await whenTrue(store, () => store.getCell('pets', 'pet3', 'name') === 'Rex');
    expect(store.getRow('pets', 'new')).toEqual({name: 'Newt', age: 1});
    expect(['pet4', 'pet5', 'pet6'].filter((rowId) => store.hasRow('pets', rowId))).toEqual([]);
    expect(store.getRow('pets', 'moved')).toEqual({name: 'name 6', age: 6});
    expect(store.getValue('open')).toBe(false);
    expect(store.getRowCount('pets')).toBe(ROWS - 1);
    expect(fullReads(take())).toEqual([]);
  },
);

test('[WA1] SQL of another connection on the row of json is heard of, as the difference', async () => {
  const {store, raw} = await open('json', 'WAL');
  const heard: string[] = [];
  store.addRowListener('pets', null, (_store, _tableId, rowId) => heard.push(rowId));
  raw.exec(`UPDATE tinybase SET store = json_set(store, '$[0].pets.pet3.name', 'Rex')`);
  await whenTrue(store, () => store.getCell('pets', 'pet3', 'name') === 'Rex');
  expect(heard).toEqual(['pet3']);
});

test.each(['rows', 'tabular'] as const)(
  '[RW3] a change of very many rows is loaded in full, and what follows by rows again (%s)',
  async (layout) => {
    const {path, config, store, take} = await open(layout, 'WAL');
    const other = openDatabase(path, config, {journalMode: 'WAL'});
    await other.persister.startAutoPersisting();
    take();
    other.store.transaction(() => {
      for (let row = 0; row < ROWS; row++) {
        other.store.setCell('pets', `pet${row}`, 'age', -row - 1);
      }
      other.store.delRow('pets', 'pet0');
    });
    await whenTrue(store, () => store.getCell('pets', `pet${ROWS - 1}`, 'age') === -ROWS);
    expect(JSON.parse(store.getJson())).toEqual(JSON.parse(other.store.getJson()));
    if (layout === 'rows') {
      expect(fullReads(take()).length).toBeGreaterThan(0);
    }
    take();
    other.store.setCell('pets', 'pet1', 'age', 1_000);
    await whenTrue(store, () => store.getCell('pets', 'pet1', 'age') === 1_000);
    expect(fullReads(take())).toEqual([]);
    await other.close();
  },
);

test.each(['rows', 'tabular'] as const)(
  '[RW3] who fell behind the pruned log loads in full (%s)',
  async (layout) => {
    const {store, raw, take} = await open(layout, 'WAL');
    take();
    // As if many thousand entries had been added and pruned meanwhile.
    const change =
      layout === 'rows'
        ? `UPDATE holdfast SET cells = json_patch(cells, '{"age":-5}') WHERE row_id = 'pet5'`
        : `UPDATE pets SET age = -5 WHERE _id = 'pet5'`;
    raw.exec(`
    BEGIN;
    ${change};
    DELETE FROM holdfast_log;
    INSERT INTO holdfast_log (seq, table_id, row_id) VALUES (100000, 'pets', 'pet1');
    COMMIT`);
    await whenTrue(store, () => store.getCell('pets', 'pet5', 'age') === -5);
    expect(fullReads(take()).length).toBeGreaterThan(0);
  },
);

test.each(LAYOUTS)(
  '[PE11] [WA1] what others change does not go over what is not stored yet (%s)',
  async (layout) => {
    const {path, config, store, persister} = await open(layout, 'WAL');
    const other = openDatabase(path, config, {journalMode: 'WAL'});
    await other.persister.load();
    // Both edit the same cell at once: the one whose save comes later stands, in both stores and in the database.
    store.setCell('pets', 'pet1', 'name', 'ours').setCell('pets', 'pet2', 'name', 'ours');
    other.store.setCell('pets', 'pet1', 'name', 'theirs').setCell('pets', 'pet3', 'name', 'theirs');
    const saved = other.persister.save();
    await persister.whenDurable();
    await saved;
    await whenTrue(store, () => store.getCell('pets', 'pet3', 'name') === 'theirs');
    await other.persister.load();
    expect(other.store.getCell('pets', 'pet1', 'name')).toBe(store.getCell('pets', 'pet1', 'name'));
    expect(other.store.getCell('pets', 'pet2', 'name')).toBe('ours');
    await other.close();
  },
);
