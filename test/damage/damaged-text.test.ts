// Text that is not what a store wrote, in a row, a cell or a file: it is put aside or left where it is, the caller is told,
// everything else is read, and the application goes on.

import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {type HoldfastError, isHoldfastError} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {catchError} from '../places/catch-error.ts';
import {configOf, type LayoutName, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {createRandom, takeSeed} from '../places/random.ts';

const DAMAGES = Number(process.env.HOLDFAST_DAMAGES ?? 40);

const fill = (): Store =>
  createStore()
    .setTables({
      pets: {
        fido: {species: 'dog', tags: ['old', 'café'], sold: null},
        felix: {species: 'cat', owner: {name: 'Ann'}, age: 3},
      },
    })
    .setValues({open: true, hours: [9, 17]});

const save = async (path: string, layout: LayoutName): Promise<void> => {
  const {persister, close} = openDatabase(path, configOf(layout, ['pets']), {store: fill()});
  await persister.save();
  await close();
};

const openRaw = (path: string): Database.Database => {
  const db = new Database(path);
  onTestFinished(() => {
    db.close();
  });
  return db;
};

test.each([
  ['cut text', '[{"pets":{"fido"'],
  ['no content', '{"pets":{}}'],
  ['tables that are none', '[{"pets":{"fido":1}},{}]'],
  ['a damaged object', '[{"pets":{"fido":{"tags":"\uFFFD[1,"}}},{}]'],
  ['bytes that are no text', Buffer.from([0x5b, 0xff, 0xfe, 0x00, 0x5d])],
  ['nothing', ''],
])('[PR8] %s in the row of json is put aside, and the next save takes its place', async (_name, damage) => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'json');
  const raw = openRaw(path);
  raw.prepare(`UPDATE tinybase SET store = CAST(? AS TEXT) WHERE _id = '_'`).run(damage);
  const readHex = (where: string) =>
    raw.prepare(`SELECT hex(store) FROM tinybase WHERE ${where}`).pluck().all() as string[];
  const [damagedHex] = readHex(`_id = '_'`);

  const {store, persister, close} = openDatabase(path, {mode: 'json'});
  const error = await catchError(persister.load([{pets: {rex: {species: 'dog'}}}, {}]));
  expect(error).toMatchObject({code: 'storage/unreadable', message: expect.stringContaining('copy')});
  expect(store.getTables()).toEqual({pets: {rex: {species: 'dog'}}});
  expect(readHex(`_id LIKE '_quarantine%'`)).toEqual([damagedHex]);
  expect(readHex(`_id = '_'`)).toEqual([damagedHex]);

  // Read again, it is not copied again; and saving goes on.
  expect(await catchError(persister.load())).toMatchObject({code: 'storage/unreadable'});
  store.setCell('pets', 'rex', 'sold', true);
  await persister.save();
  await close();
  expect(readHex(`_id LIKE '_quarantine%'`)).toEqual([damagedHex]);
  const again = openDatabase(path, {mode: 'json'});
  await again.persister.load();
  await again.close();
  expect(again.store.getTables()).toEqual({pets: {rex: {species: 'dog', sold: true}}});
});

test('[PR8] auto-persisting over a damaged row of json stores what comes after, and keeps the copy', async () => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'json');
  const raw = openRaw(path);
  raw.exec(`UPDATE tinybase SET store = 'damaged'`);
  const faults: unknown[] = [];
  const {store, persister, close} = openDatabase(
    path,
    {mode: 'json'},
    {onIgnoredError: (error) => faults.push(error)},
  );
  await persister.startAutoPersisting([{pets: {}}, {open: false}]);
  expect(faults.map((fault) => (fault as HoldfastError).code)).toEqual(['storage/unreadable']);
  store.setValue('open', true);
  await persister.whenDurable();
  await close();
  const texts = raw.prepare('SELECT store FROM tinybase ORDER BY _id').pluck().all();
  expect(texts).toEqual(['[{},{"open":true}]', 'damaged']);
});

test.each([
  ['cut JSON', '{"species":'],
  ['an array', '[1,2]'],
  ['a null', 'null'],
  ['a text', '"dog"'],
  ['nothing', ''],
  ['two rows in one', '{"a":1},{"b":2}'],
  ['a damaged object', '{"tags":"\uFFFD[1,"}'],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])],
])(
  '[RW4] [PR8] a row of rows with %s is moved to quarantine, and all others are read',
  async (_name, damage) => {
    const path = createFolder()('damaged.sqlite');
    await save(path, 'rows');
    const raw = openRaw(path);
    raw.prepare(`UPDATE holdfast SET cells = CAST(? AS TEXT) WHERE row_id = 'fido'`).run(damage);
    const hex = raw.prepare(`SELECT hex(cells) FROM holdfast WHERE row_id = 'fido'`).pluck().get();

    const {store, persister, close} = openDatabase(path, {mode: 'rows'});
    const error = await catchError(persister.load());
    expect(error).toMatchObject({code: 'storage/unreadable', details: {rowCount: 1}});
    const [tables, values] = fill().getContent();
    expect(store.getContent()).toEqual([{pets: {felix: tables.pets?.felix}}, values]);
    expect(raw.prepare('SELECT table_id, row_id, hex(cells) AS hex FROM holdfast_quarantine').all()).toEqual([
      {table_id: 'pets', row_id: 'fido', hex},
    ]);

    await persister.startAutoSave();
    store.setRow('pets', 'fido', {species: 'dog again'});
    await persister.whenDurable();
    await close();
    const again = openDatabase(path, {mode: 'rows'});
    await again.persister.load();
    await again.close();
    expect(again.store.getContent()).toEqual(store.getContent());
    expect(raw.prepare('SELECT count(*) FROM holdfast_quarantine').pluck().get()).toBe(1);
  },
);

test('[RW4] [PR7] a row that another writer mends before it is put aside stays, and is read', async () => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'rows');
  const raw = openRaw(path);
  raw.exec(`UPDATE holdfast SET cells = '{"species":' WHERE row_id IN ('fido', 'felix')`);
  const {store, persister, close} = openDatabase(
    path,
    {mode: 'rows'},
    {
      onSqlCommand: (sql) => {
        if (sql === 'BEGIN IMMEDIATE') {
          raw.exec(`UPDATE holdfast SET cells = '{"species":"mended"}' WHERE row_id = 'fido'`);
        }
      },
    },
  );
  expect(await catchError(persister.load())).toMatchObject({
    code: 'storage/unreadable',
    details: {rowCount: 1},
  });
  await close();
  expect(store.getTables()).toEqual({pets: {fido: {species: 'mended'}}});
  expect(raw.prepare('SELECT row_id FROM holdfast_quarantine').pluck().all()).toEqual(['felix']);
});

test('[RW4] a row that another connection damages is left out of what is loaded, and told of', async () => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'rows');
  const {store, persister, close} = openDatabase(path, {mode: 'rows'});
  await persister.startAutoLoad();
  const raw = openRaw(path);
  const changed = new Promise<void>((resolve) => {
    store.addCellListener('pets', 'felix', 'age', () => resolve());
  });
  raw.exec(`
    BEGIN;
    UPDATE holdfast SET cells = '{"species":' WHERE row_id = 'fido';
    UPDATE holdfast SET cells = json_patch(cells, '{"age":4}') WHERE row_id = 'felix';
    INSERT INTO holdfast_log (table_id, row_id) VALUES ('pets', 'fido'), ('pets', 'felix');
    COMMIT`);
  await changed;
  await close();
  expect(store.getCell('pets', 'felix', 'age')).toBe(4);
  expect(store.getRow('pets', 'fido')).toEqual(fill().getRow('pets', 'fido'));
});

test('[PR8] a damaged cell of tabular is left out and told of, and stays in the database until it is overwritten', async () => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'tabular');
  const raw = openRaw(path);
  raw.prepare('UPDATE pets SET species = ?, owner = ?').run('\uFFFD{"cut', '{"name":"An');
  raw.prepare('UPDATE tinybase_values SET hours = ?').run('[9,');

  const {store, persister, close} = openDatabase(path, configOf('tabular', ['pets']));
  const error = await catchError(persister.load());
  expect(error).toMatchObject({code: 'storage/unreadable', details: {cellCount: 5}});
  expect(store.getContent()).toEqual([
    {pets: {fido: {tags: ['old', 'café'], sold: null}, felix: {age: 3}}},
    {open: true},
  ]);

  await persister.startAutoSave();
  store.setCell('pets', 'fido', 'age', 9);
  store.setValue('open', false);
  store.setCell('pets', 'felix', 'owner', {name: 'Bob'});
  await persister.whenDurable();
  await close();
  expect(raw.prepare('SELECT _id, species, owner, age FROM pets ORDER BY _id').all()).toEqual([
    {_id: 'felix', species: '\uFFFD{"cut', owner: '{"name":"Bob"}', age: 3},
    {_id: 'fido', species: '\uFFFD{"cut', owner: '{"name":"An', age: 9},
  ]);
  expect(raw.prepare('SELECT open, hours FROM tinybase_values').all()).toEqual([{open: 0, hours: '[9,'}]);
});

test('[PR8] a row of tabular whose key is damaged is left out and told of', async () => {
  const path = createFolder()('damaged.sqlite');
  await save(path, 'tabular');
  const raw = openRaw(path);
  raw.prepare(`UPDATE pets SET _id = ? WHERE _id = 'fido'`).run('\uFFFDido');
  const {store, persister, close} = openDatabase(path, configOf('tabular', ['pets']));
  expect(await catchError(persister.load())).toMatchObject({
    code: 'storage/unreadable',
    details: {cellCount: 1},
  });
  expect(store.getRowIds('pets')).toEqual(['felix']);
  await persister.save();
  await close();
  expect(raw.prepare('SELECT count(*) FROM pets').pluck().get()).toBe(2);
});

test.each(['rows', 'tabular'] as const)(
  '[PR8] rows that are out of order in the file are an error, not left out (%s)',
  async (layout) => {
    const path = createFolder()('damaged.sqlite');
    const pets = Object.fromEntries(
      Array.from({length: 60}, (_, row) => [`pet${row}`, {name: `name ${row}`}]),
    );
    const saved = openDatabase(path, configOf(layout, ['pets']), {store: createStore().setTables({pets})});
    await saved.persister.save();
    await saved.close();
    // The number of the third row becomes 115: rows of a leaf lie from the end of its page to the front, each as its length,
    // its number and its values.
    const bytes = readFileSync(path);
    const at = bytes.indexOf('pet2', 0, 'latin1');
    const number = bytes.lastIndexOf(3, at);
    bytes[number] = 115;
    writeFileSync(path, bytes);

    const {persister, close} = openDatabase(path, configOf(layout, ['pets']));
    expect(await catchError(persister.load())).toMatchObject({code: 'driver/corrupt'});
    await close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  },
);

test('[PR8] JSON files that were cut or in which bits turned over are read, or put aside byte for byte', async () => {
  const random = createRandom(takeSeed('damaged files'));
  const folder = createFolder();
  const path = folder('store.json');
  await createFilePersister(fill(), path).save();
  const intact = readFileSync(path);
  let unreadable = 0;
  for (let damage = 0; damage < DAMAGES * 2; damage++) {
    const isCut = damage % 2 === 0;
    const at = Math.floor(random() * intact.length);
    const bytes = isCut ? intact.subarray(0, at) : Buffer.from(intact);
    if (!isCut) {
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
    }
    const damagedPath = folder(`damaged${damage}.json`);
    writeFileSync(damagedPath, bytes);
    const store = createStore();
    const persister = createFilePersister(store, damagedPath);
    const error = await catchError(persister.load());
    const copies = readdirSync(dirname(damagedPath)).filter((name) =>
      name.startsWith(`${basename(damagedPath)}.unreadable-`),
    );
    if (error === undefined) {
      expect(copies).toEqual([]);
      await persister.save();
      expect(JSON.parse(readFileSync(damagedPath, 'utf8'))).toEqual(JSON.parse(bytes.toString()));
      continue;
    }
    unreadable++;
    expect(isHoldfastError(error, 'storage/unreadable')).toBe(true);
    expect(copies.length).toBe(1);
    expect(readFileSync(folder(copies[0] as string)).equals(bytes)).toBe(true);
    expect(readFileSync(damagedPath).equals(bytes)).toBe(true);
    store.setValue('open', true);
    await persister.save();
    expect(readFileSync(damagedPath, 'utf8')).toBe('[{},{"open":true}]');
    expect(readFileSync(folder(copies[0] as string)).equals(bytes)).toBe(true);
  }
  console.log(`${unreadable} of ${DAMAGES * 2} damaged files were unreadable`);
  expect(unreadable).toBeGreaterThan(DAMAGES);
});
