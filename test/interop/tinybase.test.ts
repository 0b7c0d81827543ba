// Holdfast beside the real tinybase: what one of them wrote the other reads, byte for byte where it is JSON, and a store
// made by tinybase is kept by Holdfast's persisters.

import {readFileSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import {createStore as createTinyBaseStore} from 'tinybase';
import {createBetterSqlite3Persister as createTinyBaseBetterSqlite3Persister} from 'tinybase/persisters/persister-better-sqlite3';
import {createFilePersister as createTinyBaseFilePersister} from 'tinybase/persisters/persister-file';
import {createSqliteNodePersister as createTinyBaseSqliteNodePersister} from 'tinybase/persisters/persister-sqlite-node';
import {expect, onTestFinished, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createStore} from '../../src/entry/store.ts';
import {configOf, LAYOUTS} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {takeSeed} from '../places/random.ts';

const CONTENT: Content = [
  {
    pets: {
      fido: {
        species: 'dog',
        age: 3,
        weight: 1e21,
        sold: true,
        owner: null,
        tags: ['old', {deep: [null, false]}],
      },
      félix: {species: 'chat "noir"\n', age: -0.5, sold: false, owner: {name: 'Ann', since: 2020}, tags: []},
      '': {'': ''},
    },
    'no "plain" name': {row: {cell: '\u0000\u2028'}},
  },
  {open: true, hours: [9, 17], closedAt: null, name: 'Pet shop', rate: 0.1},
];

/** A place for JSON, as each of the two opens it. */
interface JsonPlace {
  readonly name: string;
  readonly open: (path: string) => {
    readonly ours: (content?: Content) => Promise<Content>;
    readonly theirs: (content?: Content) => Promise<Content>;
    readonly readBytes: () => string;
  };
}

/** Loads what is stored, and puts this content in its place if there is any. */
const use = async (
  store: {setContent(content: Content): unknown; getContent(): unknown},
  persister: {save(): Promise<unknown>; load(): Promise<unknown>; destroy(): Promise<unknown>},
  content: Content | undefined,
): Promise<Content> => {
  await persister.load();
  if (content !== undefined) {
    store.setContent(content);
    await persister.save();
  }
  await persister.destroy();
  return JSON.parse(JSON.stringify(store.getContent()));
};

const readRow = (all: (sql: string) => unknown[]): string => JSON.stringify(all('SELECT * FROM tinybase'));

const JSON_PLACES: readonly JsonPlace[] = [
  {
    name: 'better-sqlite3',
    open: (path) => {
      const db = new Database(path);
      onTestFinished(() => {
        db.close();
      });
      return {
        ours: (content, store = createStore()) =>
          use(store, createBetterSqlite3Persister(store, db), content),
        theirs: (content, store = createTinyBaseStore()) =>
          use(store as never, createTinyBaseBetterSqlite3Persister(store, db), content),
        readBytes: () => readRow((sql) => db.prepare(sql).all()),
      };
    },
  },
  {
    name: 'node:sqlite',
    open: (path) => {
      const db = new DatabaseSync(path);
      onTestFinished(() => db.close());
      return {
        ours: (content, store = createStore()) => use(store, createSqliteNodePersister(store, db), content),
        theirs: (content, store = createTinyBaseStore()) =>
          use(store as never, createTinyBaseSqliteNodePersister(store, db), content),
        readBytes: () => readRow((sql) => db.prepare(sql).all()),
      };
    },
  },
  {
    name: 'file',
    open: (path) => ({
      ours: (content, store = createStore()) => use(store, createFilePersister(store, path), content),
      theirs: (content, store = createTinyBaseStore()) =>
        use(store as never, createTinyBaseFilePersister(store, path), content),
      readBytes: () => readFileSync(path, 'utf8'),
    }),
  },
];

test.each(JSON_PLACES)(
  '[JS1] JSON that either wrote is read by the other, and its bytes are equal ($name)',
  async ({open}) => {
    const folder = createFolder();
    const written = open(folder('ours'));
    expect(await written.ours(CONTENT)).toEqual(CONTENT);
    expect(await written.theirs()).toEqual(CONTENT);

    const read = open(folder('theirs'));
    expect(await read.theirs(CONTENT)).toEqual(CONTENT);
    expect(await read.ours()).toEqual(CONTENT);
    expect(written.readBytes()).toBe(read.readBytes());

    // And back again: what the other wrote is edited, and read where it came from.
    const edited: Content = [{pets: {rex: {species: 'dog'}}}, {open: false}];
    await read.ours(edited);
    await written.theirs(edited);
    expect(await read.theirs()).toEqual(edited);
    expect(await written.ours()).toEqual(edited);
    expect(written.readBytes()).toBe(read.readBytes());
  },
);

test('[JS1] any content is written to the same bytes, and read back from them', async () => {
  const folder = createFolder();
  const [ours, theirs] = [folder('ours.json'), folder('theirs.json')];
  const id = fc.string({unit: 'grapheme', maxLength: 5}).filter((text) => text !== '__proto__');
  const scalar = fc.oneof(
    fc.string({unit: 'grapheme'}).filter((text) => !text.startsWith('\uFFFD')),
    fc.double({noNaN: true, noDefaultInfinity: true}).map((number) => (number === 0 ? 0 : number)),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const cell = fc.oneof(scalar, fc.array(scalar), fc.dictionary(id, scalar));
  const row = fc.dictionary(id, cell, {minKeys: 1, maxKeys: 4});
  const tables = fc.dictionary(id, fc.dictionary(id, row, {minKeys: 1, maxKeys: 3}), {maxKeys: 3});
  await fc.assert(
    fc.asyncProperty(tables, fc.dictionary(id, cell, {maxKeys: 3}), async (someTables, someValues) => {
      const content = JSON.parse(JSON.stringify([someTables, someValues])) as Content;
      const store = createStore();
      const tinyBaseStore = createTinyBaseStore();
      await use(store, createFilePersister(store, ours), content);
      await use(tinyBaseStore as never, createTinyBaseFilePersister(tinyBaseStore, theirs), content);
      expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
      const [read, tinyBaseRead] = [createStore(), createTinyBaseStore()];
      await use(read, createFilePersister(read, theirs), undefined);
      await use(tinyBaseRead as never, createTinyBaseFilePersister(tinyBaseRead, ours), undefined);
      expect(read.getJson()).toBe(store.getJson());
      expect(tinyBaseRead.getJson()).toBe(store.getJson());
    }),
    {seed: takeSeed('random content'), numRuns: 60},
  );
});

test('[TB2] tables that tinybase made are opened, edited, and read by tinybase again', async () => {
  const db = new Database(createFolder()('tabular.sqlite'));
  onTestFinished(() => {
    db.close();
  });
  const config = configOf('tabular', ['pets']) as never;
  const tables = {
    pets: {
      fido: {species: 'dog', age: 3, tags: ['a']},
      felix: {species: 'cat', age: 0.5},
      '7': {species: '8', age: 1},
    },
  };
  const tinyBaseStore = createTinyBaseStore().setTables(tables).setValues({name: 'shop', rate: 0.5});
  const tinyBasePersister = createTinyBaseBetterSqlite3Persister(tinyBaseStore, db, config);
  await tinyBasePersister.save();

  const store = createStore();
  const persister = createBetterSqlite3Persister(store, db, config);
  await persister.load();
  // A cell that a row does not have is NULL in tinybase's tables, and there is no telling it from null.
  expect(store.getTables()).toEqual({
    pets: {...tables.pets, felix: {...tables.pets.felix, tags: null}, '7': {...tables.pets['7'], tags: null}},
  });
  expect(store.getValues()).toEqual({name: 'shop', rate: 0.5});

  await persister.startAutoSave();
  store.setCell('pets', 'fido', 'age', 4).setCell('pets', 'rex', 'species', 'dog').delRow('pets', '7');
  store
    .setCell('pets', 'fido', 'tags', ['b', {c: 1}])
    .setValue('rate', 0.75)
    .setCell('pets', 'felix', 'colour', 'black');
  await persister.whenDurable();
  await persister.destroy();
  const again = createTinyBaseStore();
  await createTinyBaseBetterSqlite3Persister(again, db, config).load();
  expect(again.getCell('pets', 'fido', 'age')).toBe(4);
  expect(again.getCell('pets', 'fido', 'tags')).toEqual(['b', {c: 1}]);
  expect(again.getCell('pets', 'rex', 'species')).toBe('dog');
  expect(again.getCell('pets', 'felix', 'colour')).toBe('black');
  expect(again.hasRow('pets', '7')).toBe(false);
  expect(again.getValues()).toEqual({name: 'shop', rate: 0.75});
});

test.each(LAYOUTS)('[PE10] a store made by tinybase is kept, like one of our own (%s)', async (layout) => {
  const folder = createFolder();
  const db = new Database(folder('kept.sqlite'));
  const other = new Database(folder('kept.sqlite'));
  onTestFinished(() => {
    db.close();
    other.close();
  });
  const config = configOf(layout, ['pets']);
  const tinyBaseStore = createTinyBaseStore();
  const persister = createBetterSqlite3Persister(tinyBaseStore as never, db, config);
  const store = createStore();
  const otherPersister = createBetterSqlite3Persister(store, other, config);

  await persister.startAutoPersisting([
    {pets: {fido: {species: 'dog', tags: ['a'], sold: null}}},
    {open: true},
  ]);
  await otherPersister.startAutoPersisting();
  const expectEqual = async () => {
    await persister.whenDurable();
    await otherPersister.load();
    expect(JSON.parse(tinyBaseStore.getJson())).toEqual(JSON.parse(store.getJson()));
  };
  await expectEqual();

  tinyBaseStore.transaction(() => {
    tinyBaseStore.setCell('pets', 'fido', 'sold', true).setCell('pets', 'fido', 'owner', {name: 'Ann'});
    tinyBaseStore.delCell('pets', 'fido', 'tags').setRow('pets', 'felix', {species: 'cat', sold: false});
    tinyBaseStore.delValue('open').setValue('hours', [9, 17]);
  });
  await expectEqual();
  tinyBaseStore
    .delTable('pets')
    .setTable('pets', {felix: {species: 'tiger'}})
    .delValues();
  await expectEqual();
  expect(store.getContent()).toEqual([{pets: {felix: {species: 'tiger'}}}, {}]);

  // And the other way: tinybase's listeners hear of what the other store changed.
  const heard = new Promise((resolve) => {
    tinyBaseStore.addCellListener('pets', 'felix', 'species', (...args) => resolve(args[4]));
  });
  store.setCell('pets', 'felix', 'species', 'lion');
  expect(await heard).toBe('lion');
  await persister.destroy();
  await otherPersister.destroy();
});
