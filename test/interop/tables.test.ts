// Tables of a database that SQL and other programs use as well: their columns, keys and conditions, and what happens when
// others alter them.

import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import type {DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import {configOf, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const PETS = configOf('tabular', ['pets']);

const open = (config: DatabasePersisterConfig = PETS, sql = '') => {
  const path = createFolder()('tables.sqlite');
  const raw = new Database(path);
  raw.exec(sql);
  const opened = openDatabase(path, config);
  onTestFinished(async () => {
    await opened.close();
    raw.close();
  });
  const load = async (): Promise<Content> => {
    const {store, persister, close} = openDatabase(path, config);
    await persister.load();
    await close();
    return JSON.parse(JSON.stringify(store.getContent()));
  };
  return {raw, load, ...opened};
};

test('[TB1] columns that Holdfast makes are declared, and SQL can compare and sum up what they hold', async () => {
  const {raw, store, persister} = open();
  store.setTables({
    pets: {
      fido: {name: 'Fido', age: 3, sold: true, tags: ['a'], mixed: 1},
      felix: {name: 'Felix', age: 4.5, sold: false, mixed: 'one'},
    },
  });
  await persister.save();
  expect(raw.prepare('SELECT name, type FROM pragma_table_info(?)').raw().all('pets')).toEqual([
    ['_id', 'TEXT'],
    ['name', 'TEXT'],
    ['age', 'REAL'],
    ['sold', 'BOOLEAN'],
    ['tags', 'JSON'],
    ['mixed', ''],
  ]);
  expect(
    raw.prepare(`SELECT sum(age) AS age, min(name) AS name FROM pets WHERE sold OR age > 4`).get(),
  ).toEqual({
    age: 7.5,
    name: 'Felix',
  });
  expect(raw.prepare(`SELECT tags ->> 0 FROM pets WHERE _id = 'fido'`).pluck().get()).toBe('a');
});

test('[TB3] nothing is written that `save` does not name, and what is not loaded stays in the store', async () => {
  const {raw, store, persister} = open(
    {
      mode: 'tabular',
      tables: {load: {pets: 'pets', rates: 'rates'}, save: {pets: 'pets'}},
      values: {load: ['open'], save: ['open']},
    },
    `CREATE TABLE rates (_id TEXT PRIMARY KEY, rate REAL); INSERT INTO rates VALUES ('a', 1);
     CREATE TABLE tinybase_values (_id TEXT PRIMARY KEY, open INTEGER, secret TEXT);
     INSERT INTO tinybase_values VALUES ('_', 1, 'hidden');`,
  );
  store.setTables({local: {row: {cell: 1}}}).setValues({mine: 1});
  await persister.load();
  expect(store.getContent()).toEqual([
    {local: {row: {cell: 1}}, rates: {a: {rate: 1}}},
    {mine: 1, open: 1},
  ]);
  await persister.startAutoSave();
  store.setCell('rates', 'a', 'rate', 2).setCell('pets', 'fido', 'age', 1).setCell('local', 'row', 'cell', 2);
  store.setValues({open: 0, mine: 2, secret: 'overwritten?'});
  await persister.whenDurable();
  expect(raw.prepare('SELECT * FROM rates').all()).toEqual([{_id: 'a', rate: 1}]);
  expect(raw.prepare('SELECT * FROM tinybase_values').all()).toEqual([{_id: '_', open: 0, secret: 'hidden'}]);
  expect(raw.prepare('SELECT * FROM pets').all()).toEqual([{_id: 'fido', age: 1}]);
  expect(
    raw.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all(),
  ).toEqual(['pets', 'rates', 'tinybase_values']);
});

test('[TB4] keys may be whole numbers, and a condition limits what is loaded and deleted', async () => {
  const condition = '$tableName.sold = 0' as const;
  const {raw, store, persister} = open(
    {
      mode: 'tabular',
      tables: {
        load: {pets: {tableId: 'pets', rowIdColumnName: 'id', condition}},
        save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
      },
    },
    `CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sold INTEGER);
     INSERT INTO pets VALUES (1, 'Fido', 0), (2, 'Felix', 1), (3, 'Rex', 0);`,
  );
  await persister.startAutoPersisting();
  expect(store.getTables()).toEqual({pets: {1: {name: 'Fido', sold: 0}, 3: {name: 'Rex', sold: 0}}});
  store
    .setCell('pets', '1', 'name', 'Fido II')
    .delRow('pets', '3')
    .setRow('pets', '4', {name: 'Tom', sold: 0});
  await persister.whenDurable();
  expect(raw.prepare('SELECT * FROM pets').raw().all()).toEqual([
    [1, 'Fido II', 0],
    [2, 'Felix', 1],
    [4, 'Tom', 0],
  ]);
  store.delTables();
  await persister.whenDurable();
  expect(raw.prepare('SELECT id FROM pets').pluck().all()).toEqual([2]);
});

test('[TB5] empty columns and tables go when a save is asked for, and only where that is configured', async () => {
  const {raw, store, persister} = open({
    mode: 'tabular',
    tables: {
      load: {pets: 'pets', owners: 'owners', kept: 'kept'},
      save: {
        pets: {tableName: 'pets', deleteEmptyColumns: true},
        owners: {tableName: 'owners', deleteEmptyTable: true},
        kept: 'kept',
      },
    },
  });
  const row = {a: {x: 1, y: 2}};
  store.setTables({pets: {...row, b: {x: 2}}, owners: row, kept: row});
  await persister.save();
  await persister.startAutoSave();
  store.delCell('pets', 'a', 'y').delTable('owners').delTable('kept');
  await persister.whenDurable();
  const columns = (table: string) => raw.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  expect([columns('pets'), columns('owners')]).toEqual([
    ['_id', 'x', 'y'],
    ['_id', 'x', 'y'],
  ]);
  await persister.save();
  expect([columns('pets'), columns('owners'), columns('kept')]).toEqual([
    ['_id', 'x'],
    [],
    ['_id', 'x', 'y'],
  ]);
  store.setCell('pets', 'a', 'y', 3).setTable('owners', {c: {z: 1}});
  await persister.whenDurable();
  expect(raw.prepare('SELECT * FROM pets ORDER BY _id').all()).toEqual([
    {_id: 'a', x: 1, y: 3},
    {_id: 'b', x: 2, y: null},
  ]);
  expect(raw.prepare('SELECT * FROM owners').all()).toEqual([{_id: 'c', z: 1}]);
});

test('[TB6] [PR6] cells whose ids SQL would confuse or refuse come back under their own', async () => {
  const {load, store, persister} = open();
  const ids = [
    'name',
    'NAME',
    'Name',
    '_id',
    '_ID',
    '',
    'rowid',
    'oid',
    'a"b',
    "a'b",
    'a`b',
    'a\u0000b',
    '\ud83d',
    'constructor',
    'é',
    'É',
    'select',
    ' ',
  ];
  const row = Object.fromEntries(ids.map((id, index) => [id, index]));
  store.setTables({pets: {fido: row, 'a"\u0000': {name: 1}, '\udc00': {NAME: 2}}}).setValues(row);
  await persister.startAutoSave();
  expect(await load()).toEqual(store.getContent());
  store.transaction(() => {
    for (const id of ids) {
      store.setCell('pets', 'fido', id, `new ${ids.indexOf(id)}`);
    }
    store.delRow('pets', '\udc00').delValue('NAME');
  });
  await persister.whenDurable();
  expect(await load()).toEqual(store.getContent());
  const proto = JSON.parse('{"fido": {"__proto__": 1}}');
  store.setTable('pets', proto);
  await persister.whenDurable();
  expect(JSON.stringify((await load())[0])).toBe('{"pets":{"fido":{"__proto__":1}}}');
});

test.each([
  ['adds a column', 'ALTER TABLE pets ADD COLUMN colour TEXT', {colour: 'brown'}],
  ['drops a column', 'ALTER TABLE pets DROP COLUMN name', {name: 'Rex'}],
  ['renames a column', 'ALTER TABLE pets RENAME COLUMN name TO called', {called: 'Rex'}],
  ['drops the table', 'DROP TABLE pets', {name: 'Rex'}],
  ['drops the table and the log', 'DROP TABLE pets; DROP TABLE IF EXISTS holdfast_log', {name: 'Rex'}],
])('[TB7] a save goes through after another connection %s', async (_name, sql, cells) => {
  const {raw, load, store, persister} = open();
  store
    .setTables({pets: {fido: {name: 'Fido', age: 1}, felix: {name: 'Felix', age: 2}}})
    .setValues({open: true});
  await persister.startAutoSave();
  raw.exec(sql);
  store.setPartialRow('pets', 'fido', {age: 3, ...cells}).setRow('pets', 'new', {age: 9, ...cells});
  await persister.whenDurable();
  const [tables, values] = await load();
  expect(tables.pets?.fido).toMatchObject({age: 3, ...cells});
  expect(tables.pets?.new).toMatchObject({age: 9, ...cells});
  expect(tables.pets?.felix).toMatchObject({age: 2});
  expect(values).toEqual({open: true});
});

test('[TB7] [WA1] a column that another connection adds and fills is heard of', async () => {
  const {raw, store, persister} = open();
  store.setTables({pets: {fido: {name: 'Fido'}, felix: {name: 'Felix'}}});
  await persister.startAutoPersisting();
  const heard = new Promise((resolve) => {
    store.addCellListener('pets', 'fido', 'colour', (_store, _tableId, _rowId, _cellId, cell) =>
      resolve(cell),
    );
  });
  raw.exec(
    `BEGIN; ALTER TABLE pets ADD COLUMN colour TEXT; UPDATE pets SET colour = 'brown' WHERE _id = 'fido'; COMMIT`,
  );
  expect(await heard).toBe('brown');
  store.setCell('pets', 'felix', 'colour', 'black');
  await persister.whenDurable();
  expect(raw.prepare('SELECT colour FROM pets ORDER BY _id').pluck().all()).toEqual(['black', 'brown']);
});

test.each(['rows', 'tabular', 'json'] as const)(
  '[WA1] a database that is only read is loaded as it changes (%s)',
  async (layout) => {
    const path = createFolder()('read-only.sqlite');
    const config = configOf(layout, ['pets']);
    const writer = openDatabase(path, config, {
      store: createStore().setTables({pets: {fido: {age: 1}}}),
      journalMode: 'WAL',
    });
    await writer.persister.startAutoSave();
    const {store, persister, exec, close} = openDatabase(path, config);
    exec('PRAGMA query_only = ON');
    await persister.startAutoLoad();
    const heard = new Promise((resolve) => {
      store.addCellListener('pets', 'fido', 'age', (_store, _tableId, _rowId, _cellId, cell) =>
        resolve(cell),
      );
    });
    writer.store.setCell('pets', 'fido', 'age', 2);
    expect(await heard).toBe(2);
    await close();
    await writer.close();
  },
);
