// Tables that others made, as they are found in databases: keys, types, schemas, constraints, names.

import {expect, test} from 'vitest';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPglitePersister, type PgliteDatabase} from '../../src/entry/persisters/persister-pglite.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {importComponent} from '../components/component.ts';
import {catchError} from '../places/catch-error.ts';
import {noPostgres, type Place, usePostgres} from './place.ts';

const createPlace = usePostgres();

interface Database {
  readonly name: string;
  exec(sql: string): Promise<readonly {[name: string]: unknown}[]>;
  open(store: Store, config: DatabasePersisterConfig): Promise<AnyPersister>;
}

const {PGlite} = await importComponent<{
  PGlite: {
    create(): Promise<
      PgliteDatabase & {exec(sql: string): Promise<{rows: never[]}[]>; close(): Promise<void>}
    >;
  };
}>('pglite', '@electric-sql/pglite');

// The three drivers, each with a database of its own for the test.
const openDatabases = async (place: Place): Promise<readonly (Database & {close(): Promise<void>})[]> => {
  const pglite = await PGlite.create();
  const schemaOf = async (name: string) => {
    await place.admin.query(`CREATE SCHEMA ${place.schema}_${name}`);
    return `${place.schema}_${name}`;
  };
  const pgPool = place.openPool({options: `-c search_path=${await schemaOf('pg')} -c TimeZone=Asia/Tokyo`});
  const sqlSchema = await schemaOf('postgres');
  const sql = place.openSql({connection: {search_path: sqlSchema, TimeZone: 'America/New_York'}});
  const run = async (query: (text: string) => Promise<unknown>, text: string) => {
    const result = (await query(text)) as {rows: []} | {rows: []}[];
    return (Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows) as [];
  };
  return [
    {
      name: 'pg',
      exec: (text) => run((each) => pgPool.query(each), text),
      open: (store, config) => createPgPersister(store, pgPool, config),
      close: async () => undefined,
    },
    {
      name: 'postgres',
      exec: async (text) => (await sql.unsafe(text)) as readonly {[name: string]: unknown}[],
      open: (store, config) => createPostgresPersister(store, sql, config),
      close: async () => undefined,
    },
    {
      name: 'pglite',
      exec: async (text) => (await pglite.exec(text)).at(-1)?.rows ?? [],
      open: (store, config) => createPglitePersister(store, pglite, config),
      close: () => pglite.close(),
    },
  ];
};

const configOf = (tables: {
  readonly [tableName: string]: {readonly key?: string; readonly condition?: string};
}): DatabasePersisterConfig => ({
  mode: 'tabular',
  tables: {
    load: Object.fromEntries(
      Object.entries(tables).map(([name, {key = 'id', condition = 'true'}]) => [
        name,
        {tableId: name, rowIdColumnName: key, condition: condition as 'true'},
      ]),
    ),
    save: Object.fromEntries(
      Object.entries(tables).map(([name, {key = 'id'}]) => [name, {tableName: name, rowIdColumnName: key}]),
    ),
  },
});

test.skipIf(noPostgres)(
  '[PG12] columns of every type come as what they are, go back so, and nothing changes silently',
  async () => {
    const place = await createPlace();
    for (const database of await openDatabases(place)) {
      await database.exec(
        `CREATE TYPE size AS ENUM ('small', 'big');
       CREATE DOMAIN age AS int CHECK (value >= 0);
       CREATE TABLE things (id int PRIMARY KEY, small smallint, whole int, long bigint, exact numeric(40, 10), money numeric(10, 2), single real, double double precision,
         flag boolean, name varchar(10), code char(3), day date, moment timestamptz, local timestamp, clock time, span interval, uid uuid,
         doc json, docb jsonb, raw bytea, numbers int[], words text[], size size, age age, place point, reach int4range, address inet, bits bit(3))`,
      );
      const insert = (id: number, values: string) =>
        database.exec(`INSERT INTO things VALUES (${id}, ${values})`);
      await insert(
        1,
        `7, -7, 42, 1.5, 9.50, 0.5, 0.1, true, 'Fido', 'abc', '2020-02-29', '2020-02-29 12:00:00.123456+00', '2020-02-29 12:00:00.123456', '12:30', '1 day 02:00',
       'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null]}', '{"a": [1, null]}', '\\x00ff', '{1,2}', '{"a b","c"}', 'big', 3, '(1,2)', '[1,5)', '10.0.0.1', '101'`,
      );
      await insert(
        2,
        `NULL, 2147483647, 9007199254740993, 123456789012345678.123, NULL, 'NaN', 'Infinity', NULL, '', NULL, 'infinity', '-infinity', 'infinity', NULL, NULL,
       NULL, 'null', '"text"', '', '{}', '{NULL}', NULL, NULL, NULL, NULL, NULL, NULL`,
      );
      const config = configOf({things: {}});
      const store = createStore();
      const persister = await database.open(store, config);
      await persister.load();
      const first = {
        small: 7,
        whole: -7,
        long: 42,
        exact: 1.5,
        money: 9.5,
        single: 0.5,
        double: 0.1,
        flag: true,
        name: 'Fido',
        code: 'abc',
        day: '2020-02-29',
        moment: '2020-02-29T12:00:00.123456Z',
        local: '2020-02-29 12:00:00.123456',
        clock: '12:30:00',
        span: '1 day 02:00:00',
        uid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        doc: {a: [1, null]},
        docb: {a: [1, null]},
        raw: '\\x00ff',
        numbers: '{1,2}',
        words: '{"a b",c}',
        size: 'big',
        age: 3,
        place: '(1,2)',
        reach: '[1,5)',
        address: '10.0.0.1',
        bits: '101',
      };
      const second = store.getRow('things', '2');
      expect([database.name, store.getRow('things', '1')]).toEqual([
        database.name,
        {...first, address: expect.stringMatching(/^10\.0\.0\.1/)},
      ]);
      expect(second).toMatchObject({
        whole: 2147483647,
        long: '9007199254740993',
        exact: '123456789012345678.1230000000',
        single: 'NaN',
        double: 'Infinity',
        name: '',
        day: 'infinity',
        moment: '-infinity',
        local: 'infinity',
        doc: null,
        docb: 'text',
        raw: '\\x',
        numbers: '{}',
        words: '{NULL}',
        age: null,
      });
      // All of it goes back as it came, into rows of other keys.
      const before = await database.exec("SELECT to_jsonb(t) - 'id' AS row FROM things t ORDER BY id");
      store.setRow('things', '3', store.getRow('things', '1')).setRow('things', '4', second);
      store.setCell('things', '1', 'long', '-9007199254740993').setCell('things', '2', 'exact', 0.25);
      store.setCell('things', '1', 'numbers', '{3}').setCell('things', '1', 'moment', '2021-01-01T00:00:00Z');
      await persister.save();
      expect(
        await database.exec("SELECT to_jsonb(t) - 'id' AS row FROM things t WHERE id > 2 ORDER BY id"),
      ).toEqual(before.map(({row}, index) => ({row: index === 1 ? {...(row as object), doc: null} : row})));
      expect(
        await database.exec(
          "SELECT long::text, exact::float8, numbers::text, (moment AT TIME ZONE 'UTC')::text AS moment FROM things WHERE id < 3 ORDER BY id",
        ),
      ).toEqual([
        {long: '-9007199254740993', exact: 1.5, numbers: '{3}', moment: '2021-01-01 00:00:00'},
        {long: '9007199254740993', exact: 0.25, numbers: '{}', moment: '-infinity'},
      ]);
      await persister.destroy();
      await database.close();
    }
  },
);

test.skipIf(noPostgres)(
  '[PG12] keys of whole numbers, big ones, uuids and dates, and tables of other schemas',
  async () => {
    const place = await createPlace();
    for (const database of await openDatabases(place)) {
      const other = `shop_${place.schema}_${database.name}`;
      await database.exec(
        `CREATE SCHEMA ${other}; CREATE SCHEMA "${other}.x";
       CREATE TABLE ${other}.whole (pet_id serial PRIMARY KEY, name text NOT NULL);
       CREATE TABLE ${other}.big ("The Key" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
       CREATE TABLE "${other}.x"."with.dot" (id uuid PRIMARY KEY, name text NOT NULL);
       CREATE TABLE days (day date PRIMARY KEY, name text NOT NULL);
       CREATE TABLE "a ""quoted"" 😀 name" (id text PRIMARY KEY, name text NOT NULL);
       CREATE TABLE "v1.dotted" (id int PRIMARY KEY, name text NOT NULL)`,
      );
      const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
      const keys: readonly (readonly [string, string, string, string])[] = [
        [`${other}.whole`, 'pet_id', '7', `INSERT INTO ${other}.whole VALUES (7, 'Fido')`],
        [
          `${other}.big`,
          'The Key',
          '9007199254740993',
          `INSERT INTO ${other}.big OVERRIDING SYSTEM VALUE VALUES (9007199254740993, 'Fido')`,
        ],
        [
          `"${other}.x"."with.dot"`,
          'id',
          uuid,
          `INSERT INTO "${other}.x"."with.dot" VALUES ('${uuid}', 'Fido')`,
        ],
        ['days', 'day', '2020-02-29', `INSERT INTO days VALUES ('2020-02-29', 'Fido')`],
        ['a "quoted" 😀 name', 'id', 'fido', `INSERT INTO "a ""quoted"" 😀 name" VALUES ('fido', 'Fido')`],
        ['"v1.dotted"', 'id', '1', `INSERT INTO "v1.dotted" VALUES (1, 'Fido')`],
      ];
      for (const [, , , sql] of keys) {
        await database.exec(sql);
      }
      const config = configOf(
        Object.fromEntries(
          keys.map(([name, key]) => [name, {key, condition: "$tableName.name <> 'hidden'"}]),
        ),
      );
      const store = createStore();
      const persister = await database.open(store, config);
      await persister.load();
      expect(store.getTables()).toEqual(
        Object.fromEntries(keys.map(([name, , id]) => [name, {[id]: {name: 'Fido'}}])),
      );
      for (const [name, , id] of keys) {
        store
          .setCell(name, id, 'name', 'Rex')
          .setRow(name, id.replace(/.$/, '2').replace('-22', '-28'), {name: 'Tom'});
      }
      await persister.save();
      const loaded = createStore();
      const reader = await database.open(loaded, config);
      await reader.load();
      expect(loaded.getTables()).toEqual(store.getTables());
      store.delTables();
      await persister.save();
      await reader.load();
      expect(loaded.getTables()).toEqual({});
      // What no key can be was never stored, and is deleted without a word.
      const wrong = await catchError(
        store.setRow(`${other}.whole`, 'seven', {name: 'Seven'}) && persister.save(),
      );
      expect([wrong?.code, wrong?.details]).toMatchObject([
        'driver/constraint',
        {table: `${other}.whole`, rowIds: ['seven']},
      ]);
      store.delRow(`${other}.whole`, 'seven');
      await persister.save();
      // A table that is made in another schema.
      const made = await database.open(createStore().setRow('t', '1', {a: 1}), {
        mode: 'tabular',
        tables: {save: {t: `${other}.made`}},
      });
      await made.save();
      expect(await database.exec(`SELECT * FROM ${other}.made`)).toEqual([{_id: '1', a: 1}]);
      for (const mode of ['json', 'rows'] as const) {
        const kept = await database.open(createStore().setRow('t', '1', {a: 1}), {
          mode,
          storeTableName: `${other}.${mode}`,
        });
        await kept.save();
        expect(await database.exec(`SELECT count(*)::int AS n FROM ${other}.${mode}`)).toEqual([{n: 1}]);
        await kept.destroy();
      }
      const lost = await database.open(createStore().setRow('t', '1', {a: 1}), {
        mode: 'rows',
        storeTableName: 'nowhere.rows',
      });
      expect((await catchError(lost.save()))?.message).toContain('schema "nowhere" does not exist');
      lost.addDurabilityListener(() => undefined);
      for (const each of [persister, reader, made]) {
        await each.destroy();
      }
      await database.close();
    }
  },
);

test.skipIf(noPostgres)(
  '[PG12] a row that is refused fails the whole save with its table, row and constraint, and stays pending',
  async () => {
    const place = await createPlace();
    for (const database of await openDatabases(place)) {
      await database.exec(
        `CREATE TABLE species (id text PRIMARY KEY, legs int CONSTRAINT some_legs CHECK (legs >= 0));
       CREATE TABLE pets (id int PRIMARY KEY, name varchar(5) NOT NULL CONSTRAINT one_name UNIQUE, species text CONSTRAINT known_species REFERENCES species)`,
      );
      const config = configOf({species: {}, pets: {}});
      const store = createStore().setTables({
        species: {dog: {legs: 4}, cat: {legs: 4}},
        pets: {1: {name: 'Fido', species: 'dog'}, 2: {name: 'Felix', species: 'cat'}},
      });
      const persister = await database.open(store, config);
      await persister.save();
      const stored = () =>
        database.exec(
          'SELECT pets.id, name, species, legs FROM pets LEFT JOIN species ON species.id = species ORDER BY pets.id',
        );
      const before = await stored();
      const cases: readonly (readonly [() => unknown, object, string | undefined])[] = [
        [() => store.setRow('pets', '4', {name: 'Fido'}), {table: 'pets', rowIds: ['4']}, 'one_name'],
        [
          () => store.setRow('pets', '4', {name: 'Tom', species: 'fox'}),
          {table: 'pets', rowIds: ['4']},
          'known_species',
        ],
        [() => store.setRow('pets', '4', {species: 'dog'}), {table: 'pets', rowIds: ['4']}, undefined],
        [() => store.setRow('pets', '4', {name: 'too long'}), {table: 'pets', rowIds: ['4']}, undefined],
        [() => store.setCell('species', 'cat', 'legs', -1), {table: 'species', rowIds: ['cat']}, 'some_legs'],
        [
          () => store.setCell('species', 'cat', 'legs', 'many'),
          {table: 'species', rowIds: ['cat']},
          undefined,
        ],
        [() => store.delRow('species', 'cat'), {table: 'species', rowIds: ['cat']}, 'known_species'],
      ];
      for (const [spoil, details, constraint] of cases) {
        const good = store.getContent();
        store
          .setRow('pets', '3', {name: 'Rex', species: 'dog'})
          .setRow('pets', '5', {name: 'Kim', species: 'dog'});
        spoil();
        const error = await catchError(persister.save());
        expect([database.name, error?.code]).toEqual([database.name, 'driver/constraint']);
        expect(error?.details).toMatchObject({...details, ...(constraint === undefined ? {} : {constraint})});
        expect(error?.message).toMatch(/^The database refused row "\w+" of table "\w+"/);
        expect(persister.getDurability().state).toBe('failing');
        expect(persister.getDurability().pendingCount).toBeGreaterThan(1);
        expect(await stored()).toEqual(before);
        store.setContent(good);
        await persister.save();
        expect(await stored()).toEqual(before);
      }
      // One row takes another's place, and rows go together with those that they refer to.
      store.delRow('pets', '1').setRow('pets', '9', {name: 'Fido', species: 'dog'});
      await persister.save();
      store
        .delRow('species', 'cat')
        .delRow('pets', '2')
        .setRow('species', 'fox', {legs: 4})
        .setRow('pets', '8', {name: 'Foxy', species: 'fox'});
      await persister.save();
      store.setCell('pets', '9', 'species', 'fox').delRow('species', 'dog');
      await persister.save();
      expect(await stored()).toEqual([
        {id: 8, name: 'Foxy', species: 'fox', legs: 4},
        {id: 9, name: 'Fido', species: 'fox', legs: 4},
      ]);
      await persister.destroy();
      await database.close();
    }
  },
);

test.skipIf(noPostgres)(
  '[PG12] conditions bound what is loaded and deleted, and generated columns are the database’s',
  async () => {
    const place = await createPlace();
    for (const database of await openDatabases(place)) {
      await database.exec(
        `CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL, shop int NOT NULL DEFAULT 7, shout text GENERATED ALWAYS AS (upper(name)) STORED,
         n int GENERATED ALWAYS AS IDENTITY);
       INSERT INTO pets (id, name, shop) VALUES (1, 'Fido', 1), (2, 'Felix', 2), (3, 'Rex', 1)`,
      );
      const store = createStore();
      const persister = await database.open(store, configOf({pets: {condition: '$tableName.shop = 1'}}));
      await persister.load();
      expect(store.getRowIds('pets')).toEqual(['1', '3']);
      expect(store.getRow('pets', '1')).toEqual({name: 'Fido', shop: 1, shout: 'FIDO', n: 1});
      store.delTable('pets').setRow('pets', '4', {name: 'Tom', shop: 1, shout: 'mine', n: 99});
      await persister.save();
      expect(await database.exec('SELECT id, name, shop, shout, n FROM pets ORDER BY id')).toEqual([
        {id: 2, name: 'Felix', shop: 2, shout: 'FELIX', n: 2},
        {id: 4, name: 'Tom', shop: 1, shout: 'TOM', n: 4},
      ]);
      await persister.load();
      expect(store.getRow('pets', '4')).toEqual({name: 'Tom', shop: 1, shout: 'TOM', n: 4});
      await persister.destroy();
      await database.close();
    }
  },
);

test.skipIf(noPostgres)(
  '[PG12] names that PostgreSQL would cut are refused, and columns of such names are kept apart',
  async () => {
    const place = await createPlace();
    const pool = place.openPool();
    const long = 'n'.repeat(64);
    const configs: readonly DatabasePersisterConfig[] = [
      {mode: 'json', storeTableName: long},
      {mode: 'json', storeIdColumnName: long},
      {mode: 'rows', storeTableName: 'n'.repeat(53)},
      {mode: 'tabular', tables: {load: {[long]: 'pets'}}},
      {mode: 'tabular', tables: {load: {[`other.${'😀'.repeat(16)}`]: 'pets'}}},
      {mode: 'tabular', tables: {save: {pets: {tableName: 'pets', rowIdColumnName: long}}}},
      {mode: 'tabular', values: {load: true, tableName: long}},
    ];
    for (const config of configs) {
      const error = await catchError(createPgPersister(createStore(), pool, config));
      expect([error?.code, error?.message]).toEqual(['argument/invalid', expect.stringContaining('bytes')]);
    }
    const cells = {['x'.repeat(70)]: 1, [`${'x'.repeat(69)}y`]: 2};
    const store = createStore().setRow('pets', '1', cells);
    const config = {mode: 'tabular', tables: {load: {pets: 'pets'}, save: {pets: 'pets'}}} as const;
    const persister = await createPgPersister(store, pool, config);
    await persister.save();
    const loaded = createStore();
    const reader = await createPgPersister(loaded, pool, config);
    await reader.load();
    expect(loaded.getRow('pets', '1')).toEqual(cells);
    await persister.destroy();
    await reader.destroy();
  },
);
