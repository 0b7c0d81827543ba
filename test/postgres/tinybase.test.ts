// Holdfast beside the real tinybase in PostgreSQL: what one of them wrote the other reads, edits, and gives back.

import {createStore as createTinyBaseStore} from 'tinybase';
import {createPgPersister as createTinyBasePgPersister} from 'tinybase/persisters/persister-pg';
import {createPglitePersister as createTinyBasePglitePersister} from 'tinybase/persisters/persister-pglite';
import {createPostgresPersister as createTinyBasePostgresPersister} from 'tinybase/persisters/persister-postgres';
import {expect, test} from 'vitest';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPglitePersister, type PgliteDatabase} from '../../src/entry/persisters/persister-pglite.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {importComponent} from '../components/component.ts';
import {noPostgres, type Place, until, usePostgres} from './place.ts';

const createPlace = usePostgres();

type TinyBaseStore = ReturnType<typeof createTinyBaseStore>;
type TinyBasePersister = Awaited<ReturnType<typeof createTinyBasePgPersister>>;

interface Database {
  ours(store: Store, config: DatabasePersisterConfig): Promise<AnyPersister>;
  theirs(store: TinyBaseStore, config: DatabasePersisterConfig): Promise<TinyBasePersister>;
  exec(sql: string): Promise<readonly object[]>;
  close?(): Promise<void>;
}

const {PGlite} = await importComponent<{
  PGlite: {create(): Promise<PgliteDatabase & {close(): Promise<void>}>};
}>('pglite', '@electric-sql/pglite');

// TinyBase looks for tables in the schema `public` alone.
const OPENERS: {readonly [name: string]: (place: Place) => Promise<Database>} = {
  pg: async (place) => {
    const [ours, theirs] = [place.openPool({options: ''}), await place.openClient({options: ''})];
    return {
      ours: (store, config) => createPgPersister(store, ours, config),
      theirs: (store, config) => createTinyBasePgPersister(store, theirs as never, config as never),
      exec: async (sql) => (await place.admin.query(sql)).rows as object[],
    };
  },
  postgres: async (place) => {
    const [ours, theirs] = [place.openSql({connection: {}}), place.openSql({connection: {}})];
    return {
      ours: (store, config) => createPostgresPersister(store, ours, config),
      theirs: (store, config) =>
        createTinyBasePostgresPersister(store, theirs as never, config as never) as never,
      exec: async (sql) => (await place.admin.query(sql)).rows as object[],
    };
  },
  pglite: async () => {
    const pglite = await PGlite.create();
    return {
      ours: (store, config) => createPglitePersister(store, pglite, config),
      theirs: (store, config) =>
        createTinyBasePglitePersister(store, pglite as never, config as never) as never,
      exec: async (sql) => (await pglite.query(sql)).rows as object[],
      close: () => pglite.close(),
    };
  },
};

const TABLES = {
  pets: {
    fido: {species: 'dog', age: 3, sold: true, tags: ['a', {b: 1}], owner: null, note: 'a "quoted" \\ text'},
    felix: {species: 'cat', age: 0.5, sold: false, tags: {c: []}, owner: 'null', note: ''},
    '7': {species: '8', age: 1e21, sold: true, tags: [], owner: '3', note: 'true'},
  },
};
const VALUES = {open: true, rate: 0.5, name: 'shop', hours: [9, 17]};

const JSON_CONFIG = {mode: 'json', storeTableName: 'json_store'} as const;
const tabular = (tableName: string): DatabasePersisterConfig => ({
  mode: 'tabular',
  tables: {load: {[tableName]: 'pets'}, save: {pets: tableName}},
  values: {load: true, save: true, tableName: `${tableName}_values`},
});

for (const name of ['pg', 'postgres', 'pglite'] as const) {
  test.skipIf(noPostgres)(
    `[JS1] what tinybase wrote in json is read, edited, and given back, live: ${name}`,
    async () => {
      const place = await createPlace();
      const database = await (OPENERS[name] as (place: Place) => Promise<Database>)(place);
      const theirs = createTinyBaseStore().setTables(TABLES).setValues(VALUES);
      const theirPersister = await database.theirs(theirs, JSON_CONFIG);
      await theirPersister.save();
      const ours = createStore();
      const persister = await database.ours(ours, JSON_CONFIG);
      await persister.startAutoPersisting();
      expect(JSON.parse(ours.getJson())).toEqual(JSON.parse(theirs.getJson()));
      await theirPersister.load();
      ours.setCell('pets', 'fido', 'age', 4).delRow('pets', '7').setValue('hours', {from: 9});
      await persister.whenDurable();
      await theirPersister.load();
      expect(JSON.parse(theirs.getJson())).toEqual(JSON.parse(ours.getJson()));
      theirs.setCell('pets', 'fido', 'species', 'fox');
      await theirPersister.save();
      await until(ours, () => ours.getCell('pets', 'fido', 'species') === 'fox');
      await theirPersister.destroy();
      await persister.destroy();
      await database.exec('DROP TABLE public.json_store');
      await database.close?.();
    },
  );

  test.skipIf(noPostgres)(
    `[PG13] tables that tinybase made are read, edited, and given back, live: ${name}`,
    async () => {
      const place = await createPlace();
      const database = await (OPENERS[name] as (place: Place) => Promise<Database>)(place);
      const tableName = `${name}_pets`;
      const config = tabular(tableName);
      const theirs = createTinyBaseStore().setTables(TABLES).setValues(VALUES);
      const theirPersister = await database.theirs(theirs, config);
      await theirPersister.save();
      const ours = createStore();
      const persister = await database.ours(ours, config);
      await persister.startAutoPersisting();
      expect(ours.getContent()).toEqual([TABLES, VALUES]);

      ours
        .setCell('pets', 'fido', 'age', 'four')
        .setCell('pets', 'fido', 'tags', {x: null})
        .delRow('pets', '7');
      ours
        .setRow('pets', 'rex', {species: 'dog', colour: 'brown'})
        .setValue('hours', [0, 24])
        .setValue('more', 1);
      await persister.whenDurable();
      await theirPersister.load();
      expect(theirs.getRow('pets', 'fido')).toEqual({
        ...TABLES.pets.fido,
        age: 'four',
        tags: {x: null},
        colour: null,
      });
      expect(theirs.getRow('pets', 'rex')).toMatchObject({species: 'dog', colour: 'brown'});
      expect(theirs.hasRow('pets', '7')).toBe(false);
      expect(theirs.getValues()).toEqual({...VALUES, hours: [0, 24], more: 1});

      theirs
        .setCell('pets', 'felix', 'age', false)
        .setCell('pets', 'felix', 'owner', {name: 'Ann'})
        .setValue('name', '7');
      await theirPersister.save();
      await until(
        ours,
        () => ours.getValue('name') === '7' && ours.getCell('pets', 'felix', 'age') === false,
      );
      expect(ours.getCell('pets', 'felix', 'owner')).toEqual({name: 'Ann'});
      await theirPersister.destroy();
      await persister.destroy();
      await database.exec(`DROP TABLE public.${tableName}, public.${tableName}_values`);
      await database.close?.();
    },
  );
}

test.skipIf(noPostgres)('[PG13] tables of text that others made are no tables of tinybase’s', async () => {
  const place = await createPlace();
  const {admin} = place;
  await admin.query(
    `CREATE TABLE codes (_id text PRIMARY KEY, code text); INSERT INTO codes VALUES (1, '12'), (2, '7');
     CREATE TABLE words (_id text PRIMARY KEY, word text); INSERT INTO words VALUES (1, '"quoted"'), (2, 'plain');
     CREATE TABLE strict (_id text PRIMARY KEY, word text NOT NULL); INSERT INTO strict VALUES (1, '"quoted"');
     CREATE TABLE empty (_id text PRIMARY KEY, word text)`,
  );
  const tables = {codes: 'codes', words: 'words', strict: 'strict', empty: 'empty'};
  const store = createStore();
  const persister = await createPgPersister(store, place.openPool(), {
    mode: 'tabular',
    tables: {load: tables, save: tables},
  });
  await persister.load();
  expect(store.getTables()).toEqual({
    codes: {1: {code: '12'}, 2: {code: '7'}},
    words: {1: {word: '"quoted"'}, 2: {word: 'plain'}},
    strict: {1: {word: '"quoted"'}},
  });
  store.setCell('codes', '1', 'code', '13').setRow('empty', '1', {word: 'new'});
  await persister.save();
  expect((await admin.query('SELECT code FROM codes ORDER BY 1')).rows).toEqual([{code: '13'}, {code: '7'}]);
  expect((await admin.query('SELECT word FROM empty')).rows).toEqual([{word: 'new'}]);
  await persister.destroy();
});
