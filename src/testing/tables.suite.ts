// What must hold, on every driver, for tables that somebody else made: `tabular` reads and writes them as their owner means
// them. Knows no platform: the caller opens the databases.

import type {Cell, Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {createConnection} from '../driver/connection.ts';
import type {Driver} from '../driver/driver.ts';
import type {PersistableStore} from '../persister/persistable-store.ts';
import type {AnyPersister} from '../persister/persister.ts';
import {dialects} from '../sql/dialects.ts';
import {type SqlRow, statement} from '../sql/statement.ts';
import type {DatabasePersisterConfig, DpcTabular} from '../storage/database-config.ts';
import {createStore} from '../store/create-store.ts';
import type {Store} from '../store/store.ts';
import {awkwardCells} from './awkward.ts';
import {exactText} from './exact-text.ts';
import {catchError, createRuleTest, type SuiteOptions, type SuitePlace} from './test-runner.ts';
import {until} from './until.ts';

/** A handle on a database, and how the application makes persisters of it. */
export interface OpenTables {
  readonly driver: Driver;
  createPersister(
    store: PersistableStore,
    config?: DatabasePersisterConfig | string,
    onIgnoredError?: (error: unknown) => void,
  ): AnyPersister | Promise<AnyPersister>;
  /** Closes the handle, as the application would. */
  close(): void | Promise<void>;
}

/** A database that a test has to itself. */
export interface TablesPlace extends SuitePlace {
  /** Opens one more handle on the database. */
  open(mode: 'read-write' | 'read-only'): OpenTables | Promise<OpenTables>;
}

const PETS = `CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DOUBLE PRECISION, sold BOOLEAN, notes TEXT);
  INSERT INTO pets VALUES (1, 'Fido', 4.5, FALSE, NULL);
  INSERT INTO pets VALUES (2, 'Felix', 10, TRUE, 'asleep');
  INSERT INTO pets VALUES (3, 'Rex', 3, FALSE, NULL)`;
const SHOW_PETS = `SELECT id, name, price, CASE WHEN sold THEN 'yes' WHEN NOT sold THEN 'no' END AS "sold", notes FROM pets ORDER BY id`;

const onPets = (more: object = {}): DpcTabular => ({
  mode: 'tabular',
  tables: {
    load: {pets: {tableId: 'pets', rowIdColumnName: 'id', ...more}},
    save: {pets: {tableName: 'pets', rowIdColumnName: 'id', ...more}},
  },
  autoLoadIntervalSeconds: 0.05,
});

/** Certifies a driver on tables of others: `tablesSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const tablesSuite = (options: SuiteOptions<TablesPlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  // Text with several statements, which none of these has a semicolon inside of.
  const run = async ({driver}: OpenTables, sql: string): Promise<readonly SqlRow[]> => {
    // Persisters read meanwhile, and lock their databases for that.
    const connection = createConnection(driver);
    let rows: readonly SqlRow[] = [];
    for (const each of sql.split(';')) {
      rows = await connection.query(statement(each.trim()));
    }
    return rows.map((row) => ({...row}));
  };

  const start = async (
    place: TablesPlace,
    sql: string,
    config: DpcTabular,
  ): Promise<{database: OpenTables; store: Store; persister: AnyPersister}> => {
    const database = await place.open('read-write');
    await run(database, sql);
    const store = createStore();
    return {database, store, persister: await database.createPersister(store, config)};
  };

  const load = async (database: OpenTables, config: DpcTabular): Promise<Store> => {
    const store = createStore();
    const persister = await database.createPersister(store, config);
    await persister.load();
    await persister.destroy();
    return store;
  };

  runner.describe(`tables ${name}`, () => {
    rule(
      '[TB2] [TB4] reads them as their owner means them, under keys that are whole numbers',
      async (place) => {
        const {database, store, persister} = await start(place, PETS, onPets());
        await persister.load();
        expect(store.getTables()).toEqual({
          pets: {
            1: {name: 'Fido', price: 4.5, sold: false, notes: null},
            2: {name: 'Felix', price: 10, sold: true, notes: 'asleep'},
            3: {name: 'Rex', price: 3, sold: false, notes: null},
          },
        });
        await persister.destroy();
        await database.close();
      },
    );

    rule('[TB2] [TB4] writes them natively, and leaves what was not changed as it is', async (place) => {
      const {database, store, persister} = await start(place, PETS, onPets());
      await persister.startAutoPersisting();
      store.setCell('pets', '1', 'sold', true).setCell('pets', '2', 'price', null).delRow('pets', '3');
      store.setRow('pets', '4', {name: 'Polly', price: 1.25, sold: false});
      await persister.whenDurable();
      expect((await run(database, SHOW_PETS)).map(numbered)).toEqual([
        {id: 1, name: 'Fido', price: 4.5, sold: 'yes', notes: null},
        {id: 2, name: 'Felix', price: null, sold: 'yes', notes: 'asleep'},
        {id: 4, name: 'Polly', price: 1.25, sold: 'no', notes: null},
      ]);
      await persister.destroy();
    });

    rule('[TB4] loads through a view, and hears of what changes below it', async (place) => {
      const config = {
        mode: 'tabular',
        tables: {load: {cheap: {tableId: 'cheap', rowIdColumnName: 'id'}}},
        autoLoadIntervalSeconds: 0.05,
      } as const;
      const view = 'CREATE VIEW cheap AS SELECT id, name FROM pets WHERE price < 5';
      const {database, store, persister} = await start(place, `${PETS}; ${view}`, config);
      await persister.startAutoLoad();
      expect(store.getTables()).toEqual({cheap: {1: {name: 'Fido'}, 3: {name: 'Rex'}}});
      const other = await place.open('read-write');
      await run(other, 'UPDATE pets SET price = 2 WHERE id = 2; DELETE FROM pets WHERE id = 3');
      await until(store, () => store.hasRow('cheap', '2') && !store.hasRow('cheap', '3'));
      expect(store.getTables()).toEqual({cheap: {1: {name: 'Fido'}, 2: {name: 'Felix'}}});
      await persister.destroy();
      expect((await run(database, 'SELECT count(*) AS "count" FROM pets')).map(numbered)).toEqual([
        {count: 2},
      ]);
    });

    rule('[TB4] keeps to a condition when it loads, saves and hears of changes', async (place) => {
      const {database, store, persister} = await start(
        place,
        PETS,
        onPets({condition: '$tableName.price < 5'}),
      );
      await persister.startAutoPersisting();
      expect(store.getRowIds('pets')).toEqual(['1', '3']);
      const other = await place.open('read-write');
      await run(
        other,
        "UPDATE pets SET price = 50 WHERE id = 3; INSERT INTO pets VALUES (7, 'Dear', 99, FALSE, NULL); " +
          "INSERT INTO pets VALUES (8, 'Tom', 1, FALSE, NULL)",
      );
      await until(store, () => store.hasRow('pets', '8') && !store.hasRow('pets', '3'));
      expect(store.getRowIds('pets')).toEqual(['1', '8']);
      store.setCell('pets', '8', 'name', 'Tom II').delTable('pets');
      await persister.whenDurable();
      expect((await run(database, 'SELECT id FROM pets ORDER BY id')).map(numbered)).toEqual([
        {id: 2},
        {id: 3},
        {id: 7},
      ]);
      await persister.destroy();
    });

    rule('[TB8] writes rows that refer to one another, in whatever order they are named', async (place) => {
      const tables = {
        load: {
          toys: {tableId: 'toys', rowIdColumnName: 'id'},
          owners: {tableId: 'owners', rowIdColumnName: 'id'},
        },
        save: {
          toys: {tableName: 'toys', rowIdColumnName: 'id'},
          owners: {tableName: 'owners', rowIdColumnName: 'id'},
        },
      };
      const {database, store, persister} = await start(
        place,
        'CREATE TABLE owners (id TEXT PRIMARY KEY, name TEXT NOT NULL); ' +
          'CREATE TABLE toys (id TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES owners (id), kind TEXT NOT NULL)',
        {mode: 'tabular', tables},
      );
      database.driver.dialect === 'sqlite' && (await run(database, 'PRAGMA foreign_keys = ON'));
      await persister.startAutoPersisting();
      store.transaction(() =>
        store
          .setRow('toys', 'ball', {owner: 'ann', kind: 'round'})
          .setRow('owners', 'ann', {name: 'Ann'})
          .setRow('toys', 'bone', {owner: 'bob', kind: 'hard'})
          .setRow('owners', 'bob', {name: 'Bob'}),
      );
      await persister.whenDurable();
      store.transaction(() =>
        store
          .setCell('toys', 'ball', 'owner', 'cleo')
          .delRow('owners', 'ann')
          .setRow('owners', 'cleo', {name: 'Cleo'})
          .delRow('owners', 'bob')
          .delRow('toys', 'bone'),
      );
      await persister.whenDurable();
      expect(await run(database, 'SELECT id, owner, kind FROM toys')).toEqual([
        {id: 'ball', owner: 'cleo', kind: 'round'},
      ]);
      expect(await run(database, 'SELECT id, name FROM owners')).toEqual([{id: 'cleo', name: 'Cleo'}]);
      await persister.destroy();
    });

    rule('[TB8] writes rows of one table that refer to one another', async (place) => {
      const config = {
        mode: 'tabular',
        tables: {
          load: {people: {tableId: 'people', rowIdColumnName: 'id'}},
          save: {people: {tableName: 'people', rowIdColumnName: 'id'}},
        },
      } as const;
      const {database, store, persister} = await start(
        place,
        'CREATE TABLE people (id TEXT PRIMARY KEY, boss TEXT REFERENCES people (id) DEFERRABLE, age INTEGER, name TEXT UNIQUE)',
        config,
      );
      database.driver.dialect === 'sqlite' && (await run(database, 'PRAGMA foreign_keys = ON'));
      await persister.startAutoPersisting();
      store.setTable('people', {ann: {boss: 'bob', name: 'Ann'}, bob: {age: 50}, cleo: {boss: 'ann'}});
      await persister.whenDurable();
      // A name is free again in the same transaction.
      store.transaction(() =>
        store
          .setRow('people', 'dan', {boss: 'bob', name: 'Ann'})
          .delRow('people', 'ann')
          .setCell('people', 'cleo', 'boss', 'dan'),
      );
      await persister.whenDurable();
      expect(await run(database, 'SELECT id, boss, name FROM people ORDER BY id')).toEqual([
        {id: 'bob', boss: null, name: null},
        {id: 'cleo', boss: 'dan', name: null},
        {id: 'dan', boss: 'bob', name: 'Ann'},
      ]);
      await persister.destroy();
    });

    rule(
      '[PR3] [TB8] stores nothing where one row is refused, says which, and keeps it pending',
      async (place) => {
        const {database, store, persister} = await start(place, PETS, onPets());
        await persister.load();
        store.transaction(() => {
          for (let id = 10; id < 40; id++) {
            store.setRow('pets', `${id}`, {name: 'Rabbit', price: id});
          }
          store.setCell('pets', '1', 'price', 5).setRow('pets', '25', {price: 1});
        });
        const error = await catchError(() => persister.save());
        expect(error instanceof HoldfastError && error.code).toBe('driver/constraint');
        const {details, message} = error as HoldfastError;
        expect([details.table, details.rowIds]).toEqual(['pets', ['25']]);
        expect(/name/.test(String(details.constraint))).toBe(true);
        expect(message.includes('"25"') && message.includes('"pets"')).toBe(true);
        expect(
          (await run(database, 'SELECT count(*) AS "count" FROM pets WHERE price = 5')).map(numbered),
        ).toEqual([{count: 0}]);
        expect(persister.getDurability().state).toBe('failing');
        store.setCell('pets', '25', 'name', 'Hare');
        await persister.save();
        expect(persister.getDurability().state).toBe('durable');
        expect((await load(database, onPets())).getRowCount('pets')).toBe(33);
        expect((await load(database, onPets())).getCell('pets', '25', 'name')).toBe('Hare');
        await persister.destroy();
      },
    );

    rule(
      '[TB9] brings whole numbers beyond 2^53 back, as text, and leaves their keys alone',
      async (place) => {
        const big = 'CREATE TABLE pets (id BIGINT PRIMARY KEY, chip BIGINT, name TEXT)';
        const rows = `INSERT INTO pets VALUES (9007199254740993, 9223372036854775807, 'Fido');
        INSERT INTO pets VALUES (9007199254740992, -9007199254740993, 'Felix');
        INSERT INTO pets VALUES (1, 9007199254740991, 'Rex')`;
        const {database, store, persister} = await start(place, `${big}; ${rows}`, onPets());
        await persister.startAutoPersisting();
        // Ids of text: as numbers in source code they would be one.
        const found = store.getTable('pets');
        expect(
          Object.keys(found)
            .sort()
            .map((rowId) => [rowId, found[rowId]]),
        ).toEqual([
          ['1', {chip: Number.MAX_SAFE_INTEGER, name: 'Rex'}],
          ['9007199254740992', {chip: '-9007199254740993', name: 'Felix'}],
          ['9007199254740993', {chip: '9223372036854775807', name: 'Fido'}],
        ]);
        store.setCell('pets', '9007199254740993', 'name', 'Fido II');
        store.setCell('pets', '1', 'chip', '9223372036854775806');
        await persister.whenDurable();
        const stored = await run(
          database,
          'SELECT CAST(id AS TEXT) AS "id", CAST(chip AS TEXT) AS "chip", name FROM pets ORDER BY name',
        );
        expect(stored).toEqual([
          {id: '9007199254740992', chip: '-9007199254740993', name: 'Felix'},
          {id: '9007199254740993', chip: '9223372036854775807', name: 'Fido II'},
          {id: '1', chip: '9223372036854775806', name: 'Rex'},
        ]);
        await persister.destroy();
      },
    );

    rule('[TB2] leaves bytes in the database, where a store has no cell for them', async (place) => {
      const database = await place.open('read-write');
      const bytes = database.driver.dialect === 'sqlite' ? ['BLOB', "x'00ff'"] : ['bytea', "'\\x00ff'"];
      await run(
        database,
        `CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, photo ${bytes[0]}); INSERT INTO pets VALUES (1, 'Fido', ${bytes[1]})`,
      );
      const store = createStore();
      const persister = await database.createPersister(store, onPets());
      await persister.startAutoPersisting();
      // SQLite's have no cell; PostgreSQL spells bytes itself.
      const photo = database.driver.dialect === 'sqlite' ? {} : {photo: '\\x00ff'};
      expect(store.getTables()).toEqual({pets: {1: {name: 'Fido', ...photo}}});
      store.setCell('pets', '1', 'name', 'Rex');
      await persister.whenDurable();
      expect(
        (await run(database, `SELECT id, name FROM pets WHERE photo = ${bytes[1]}`)).map(numbered),
      ).toEqual([{id: 1, name: 'Rex'}]);
      await persister.destroy();
    });

    rule(
      '[TB2] [PR6] brings a cell of any type back from a column of any type, or refuses to store it',
      async (place) => {
        const types = ['TEXT', 'INTEGER', 'DOUBLE PRECISION', 'BOOLEAN', 'NUMERIC'];
        const database = await place.open('read-write');
        const isStrict = dialects[database.driver.dialect].hasStrictColumns;
        const columns = types.map((type, index) => `c${index} ${type}`);
        await run(database, `CREATE TABLE pets (id TEXT PRIMARY KEY, ${columns.join(', ')})`);
        const expected: {rowId: Id; cellId: Id; cell: Cell}[] = [];
        const wronglyRefused: string[] = [];
        for (const [index, cell] of awkwardCells.entries()) {
          for (const [column, type] of types.entries()) {
            const [rowId, cellId] = [`${column} ${index}`, `c${column}`];
            const persister = await database.createPersister(
              createStore().setCell('pets', rowId, cellId, cell),
              onPets(),
            );
            const error = await catchError(() => persister.save());
            if (error === undefined) {
              expected.push({rowId, cellId, cell});
            } else if (!isStrict || !(error instanceof HoldfastError)) {
              wronglyRefused.push(`${exactText(cell)} in ${type}: ${error}`);
            }
            // What was refused is pending still, and is let go of.
            persister.addDurabilityListener(() => undefined);
            await catchError(() => persister.destroy());
          }
        }
        expect(wronglyRefused).toEqual([]);
        const stored = await load(database, onPets());
        const changed = expected.filter(
          ({rowId, cellId, cell}) => exactText(stored.getCell('pets', rowId, cellId)) !== exactText(cell),
        );
        expect(changed).toEqual([]);
      },
    );
  });
};

// Drivers may give whole numbers as text or bigint.
const numbered = (row: SqlRow): SqlRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value))
        ? Number(value)
        : value,
    ]),
  ) as SqlRow;
