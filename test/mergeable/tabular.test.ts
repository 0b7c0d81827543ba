// Mergeable stores in mode `tabular`: stamps beside tables that people query and edit by SQL.

import Database from 'better-sqlite3';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createMergeableStore, createStore, type MergeableStore} from '../../src/entry/index.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {awkwardCells, awkwardIds} from '../../src/testing/awkward.ts';
import {createFolder} from '../places/folder.ts';
import {mergeAll} from './stamped-replica.ts';

type Tabular = Extract<DatabasePersisterConfig, {mode: 'tabular'}>;
const CONFIG = {
  mode: 'tabular',
  tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
  values: {load: true, save: true},
} as const satisfies Tabular;

const openPlace = (sql = '') => {
  const path = createFolder()('pets.sqlite');
  const open = () => {
    const db = new Database(path);
    onTestFinished(() => {
      db.close();
    });
    return db;
  };
  const db = open();
  db.pragma('journal_mode = WAL');
  db.exec(sql);
  return {
    db,
    all: (query: string) => db.prepare(query).all(),
    /** A persister over a handle of its own. */
    persist: (
      store: MergeableStore,
      config: Tabular = CONFIG,
      onSql?: (sql: string) => void,
    ): AnyPersister => {
      const persister = createBetterSqlite3Persister(store, open(), config, onSql);
      onTestFinished(async () => {
        await persister.destroy();
      });
      return persister as AnyPersister;
    },
  };
};

const until = (store: MergeableStore, isSo: (store: MergeableStore) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo(store) && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

const load = async (place: ReturnType<typeof openPlace>, config: Tabular = CONFIG) => {
  const store = createMergeableStore();
  await place.persist(store, config).load();
  return store;
};

describe('a mergeable store beside tables', () => {
  test('[MS20] comes back with its content, stamps and hashes, whatever its ids and cells', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    store.transaction(() => {
      for (const [index, id] of awkwardIds.entries()) {
        store.setCell('pets', id, 'cell', awkwardCells[index % awkwardCells.length] as never);
        store.setCell('pets', 'cells', id, index).setValue(id, index);
      }
      for (const [index, cell] of awkwardCells.entries()) {
        store
          .setCell('pets', `row ${index}`, 'mixed', cell as never)
          .setValue(`value ${index}`, cell as never);
      }
    });
    store.delCell('pets', 'cells', 'A', true).delRow('pets', 'row 0').delValue('value 0').delRow('pets', '');
    await place.persist(store).save();
    const loaded = await load(place);
    expect(loaded.getMergeableContent()).toEqual(store.getMergeableContent());
    expect(loaded.getContent()).toEqual(store.getContent());
  });

  test('[MS20] leaves columns that hold plain values', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    store.setTables({pets: {fido: {species: 'dog', age: 3, sold: false}, felix: {species: 'cat'}}});
    const persister = place.persist(store);
    await persister.save();
    store.delCell('pets', 'fido', 'age', true).delRow('pets', 'felix');
    await persister.save();
    expect(place.all('SELECT * FROM pets')).toEqual([{_id: 'fido', species: 'dog', age: null, sold: 0}]);
    expect(place.all("SELECT row_id FROM holdfast_stamps WHERE table_id = 'pets' ORDER BY 1")).toEqual([
      {row_id: 'felix'},
      {row_id: 'fido'},
      {row_id: '\uFFFDknown'},
    ]);
  });

  test('[MS21] two that persist by themselves come to hold what merging in memory gives', async () => {
    const place = openPlace();
    const stores = [createMergeableStore('one'), createMergeableStore('other')];
    const [one, other] = stores as [MergeableStore, MergeableStore];
    const persisters = stores.map((store) => place.persist(store));
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    for (let age = 0; age < 20; age++) {
      one
        .setRow('pets', `one ${age}`, {age})
        .setCell('pets', 'both', 'age', age)
        .setValue('turn', `one ${age}`);
      other.setRow('pets', `other ${age}`, {age}).setCell('pets', 'both', 'age', -age);
      other.delRow('pets', `other ${age - 1}`).setCell('pets', 'both', 'turn', `other ${age}`);
      await persisters[age % 2]?.whenDurable();
    }
    one.delRow('pets', 'one 3');
    const merged = mergeAll(stores).getMergeableContentHashes().join();
    await Promise.all(
      stores.map((store) => until(store, () => store.getMergeableContentHashes().join() === merged)),
    );
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    expect((await load(place)).getContent()).toEqual(one.getContent());
    expect(other.getContent()).toEqual(one.getContent());
  });

  test.each([
    ['each other’s log', CONFIG],
    // Where nothing is logged, tables are read whole.
    ['no log', {...CONFIG, tables: {load: {pets: 'pets'}, save: {}}} as const],
  ])('[MS21] deletions of what was never stored reach the others, by %s', async (_, listenersConfig) => {
    const place = openPlace();
    const [one, other] = [createMergeableStore(), createMergeableStore()];
    one.setCell('pets', 'rex', 'age', 1);
    const writing = place.persist(one);
    await writing.startAutoPersisting();
    const listening = place.persist(other, listenersConfig);
    await listening.startAutoLoad();
    one.setCell('pets', 'fido', 'age', 1).delRow('pets', 'fido').setCell('pets', 'rex', 'sold', true);
    one.delCell('pets', 'rex', 'sold', true);
    await writing.whenDurable();
    await until(
      other,
      () => other.getMergeableContentHashes().join() === one.getMergeableContentHashes().join(),
    );
    expect(other.getTables()).toEqual({pets: {rex: {age: 1}}});
  });

  test('[MS21] an older edit that is saved later gives way, and who saved it hears of it', async () => {
    const place = openPlace();
    let now = Date.now() - 60_000;
    const late = createMergeableStore('late', () => now);
    const persister = place.persist(late);
    await persister.startAutoPersisting();
    late.setCell('pets', 'fido', 'age', 1);
    await persister.whenDurable();
    await persister.stopAutoPersisting();
    const early = createMergeableStore('early');
    const earlyPersister = place.persist(early);
    await earlyPersister.load();
    early.setCell('pets', 'fido', 'age', 2).delCell('pets', 'fido', 'name', true);
    await earlyPersister.save();
    now += 1_000;
    late.setCell('pets', 'fido', 'age', 3);
    await persister.save();
    expect((await load(place)).getTables()).toEqual({pets: {fido: {age: 2}}});
    await persister.startAutoPersisting();
    expect(late.getTables()).toEqual({pets: {fido: {age: 2}}});
    late.setCell('pets', 'fido', 'age', 4);
    await persister.whenDurable();
    expect((await load(place)).getTables()).toEqual({pets: {fido: {age: 4}}});
  });
});

describe('edits by SQL', () => {
  test('[MS22] arrive, win, and reach another mergeable store', async () => {
    const place = openPlace();
    const [one, other] = [createMergeableStore('one'), createMergeableStore('other')];
    const persister = place.persist(one);
    await persister.startAutoPersisting([
      {pets: {fido: {age: 1, species: 'dog'}, felix: {age: 2}, rex: {age: 3}}},
      {open: true, motto: 'all'},
    ]);
    await persister.whenDurable();
    other.merge(one);
    const before = one.getMergeableContent()[0][0].pets?.[0].fido?.[0].species;
    place.db.exec(`
      UPDATE pets SET age = 10 WHERE _id = 'fido';
      DELETE FROM pets WHERE _id = 'felix';
      INSERT INTO pets (_id, age) VALUES ('polly', 5);
      UPDATE pets SET species = 'wolf' WHERE _id = 'rex';
      UPDATE tinybase_values SET open = 0, motto = NULL`);
    await until(one, (store) => store.hasRow('pets', 'polly') && !store.hasValue('motto'));
    const expected = [
      {pets: {fido: {age: 10, species: 'dog'}, rex: {age: 3, species: 'wolf'}, polly: {age: 5}}},
      {open: false},
    ];
    expect(one.getContent()).toEqual(expected);
    expect(one.getMergeableContent()[0][0].pets?.[0].fido?.[0].species).toEqual(before);
    other.merge(one);
    expect(other.getContent()).toEqual(expected);
    await persister.whenDurable();
    expect((await load(place)).getMergeableContent()).toEqual(one.getMergeableContent());
  });

  test('[MS22] stay where nobody has loaded them yet, whatever an older edit of a store says', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    const persister = place.persist(store);
    store.setRow('pets', 'fido', {age: 1, species: 'dog'});
    await persister.save();
    store.setCell('pets', 'fido', 'age', 2).setCell('pets', 'fido', 'name', 'Fido');
    place.db.exec("UPDATE pets SET age = 10 WHERE _id = 'fido'");
    await persister.save();
    expect(place.all('SELECT * FROM pets')).toEqual([{_id: 'fido', age: 10, species: 'dog', name: 'Fido'}]);
    await persister.load();
    expect(store.getTables()).toEqual({pets: {fido: {age: 10, species: 'dog', name: 'Fido'}}});
    store.setCell('pets', 'fido', 'age', 11);
    await persister.save();
    expect(place.all('SELECT age FROM pets')).toEqual([{age: 11}]);
  });

  test('[MS22] what was there before anything was stamped is earlier than whatever anybody sets', async () => {
    const place = openPlace(`
      CREATE TABLE pets (_id TEXT PRIMARY KEY, species TEXT, age INTEGER);
      INSERT INTO pets VALUES ('fido', 'dog', 1), ('felix', 'cat', NULL)`);
    const old = createMergeableStore('old', () => 1_000);
    old.setCell('pets', 'fido', 'age', 2);
    const persister = place.persist(old);
    await persister.startAutoPersisting();
    expect(old.getTables()).toEqual({
      pets: {fido: {species: 'dog', age: 2}, felix: {species: 'cat', age: null}},
    });
    await persister.whenDurable();
    expect(place.all('SELECT * FROM pets')).toEqual([
      {_id: 'fido', species: 'dog', age: 2},
      {_id: 'felix', species: 'cat', age: null},
    ]);
    expect(old.getMergeableContent()[0][0].pets?.[0].felix?.[0].species?.slice(0, 2)).toEqual(['cat', '']);
  });

  test('[MS22] what a plain store saves there is such an edit', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    const persister = place.persist(store);
    await persister.startAutoPersisting([{pets: {fido: {age: 1}}}, {}]);
    const plain = createStore();
    const plainPersister = place.persist(plain as never);
    await plainPersister.load();
    plain.setCell('pets', 'fido', 'age', 2).setCell('pets', 'felix', 'age', 3);
    await plainPersister.save();
    await until(store, () => store.hasRow('pets', 'felix'));
    expect(store.getTables()).toEqual({pets: {fido: {age: 2}, felix: {age: 3}}});
  });
});

describe('tables of others', () => {
  test('[MS25] have defaults, types and triggers, and the store hears of what they made', async () => {
    const place = openPlace(`
      CREATE TABLE pets (_id TEXT PRIMARY KEY, name TEXT NOT NULL, legs INTEGER DEFAULT 4);
      CREATE TRIGGER shorten AFTER UPDATE OF name ON pets WHEN length(new.name) > 5
        BEGIN UPDATE pets SET name = substr(new.name, 1, 5) WHERE _id = new._id; END`);
    const store = createMergeableStore();
    const persister = place.persist(store);
    await persister.startAutoPersisting();
    store.setCell('pets', 'rex', 'name', 'Rex');
    await until(store, () => store.hasCell('pets', 'rex', 'legs'));
    expect(store.getRow('pets', 'rex')).toEqual({name: 'Rex', legs: 4});
    store.setCell('pets', 'rex', 'name', 'Rexington').setCell('pets', 'rex', 'legs', 3);
    await until(store, () => store.getCell('pets', 'rex', 'name') === 'Rexin');
    expect(store.getRow('pets', 'rex')).toEqual({name: 'Rexin', legs: 3});
    await persister.whenDurable();
    expect((await load(place)).getMergeableContent()).toEqual(store.getMergeableContent());
    store.delRow('pets', 'rex');
    await persister.whenDurable();
    expect(place.all('SELECT * FROM pets')).toEqual([]);
    expect((await load(place)).getTables()).toEqual({});
  });

  test('[MS25] a row that no longer meets the condition was not deleted', async () => {
    const place = openPlace();
    const config: Tabular = {
      mode: 'tabular',
      tables: {
        load: {animals: {tableId: 'pets', rowIdColumnName: 'animal_id', condition: '$tableName.sold = 0'}},
        save: {pets: {tableName: 'animals', rowIdColumnName: 'animal_id'}},
      },
    };
    place.db.exec(`
      CREATE TABLE animals (animal_id INTEGER PRIMARY KEY, sold INTEGER, name TEXT);
      INSERT INTO animals VALUES (1, 0, 'Fido'), (2, 1, 'Felix'), (3, 0, 'Rex')`);
    const store = createMergeableStore();
    const persister = place.persist(store, config);
    await persister.load();
    expect(store.getTables()).toEqual({pets: {1: {sold: 0, name: 'Fido'}, 3: {sold: 0, name: 'Rex'}}});
    place.db.exec("UPDATE animals SET sold = 1 WHERE name = 'Fido'; DELETE FROM animals WHERE name = 'Rex'");
    await persister.load();
    expect(store.getTables()).toEqual({pets: {1: {sold: 0, name: 'Fido'}}});
    store.delRow('pets', '1');
    await persister.save();
    // The condition says what may be deleted.
    expect(place.all('SELECT * FROM animals')).toEqual([
      {animal_id: 1, sold: 1, name: 'Fido'},
      {animal_id: 2, sold: 1, name: 'Felix'},
    ]);
    await persister.load();
    expect(store.getTables()).toEqual({});
    place.db.exec('UPDATE animals SET sold = 0');
    await persister.load();
    expect(store.getTables()).toEqual({
      pets: {1: {sold: 0, name: 'Fido'}, 2: {sold: 0, name: 'Felix'}},
    });
  });

  test('[MS25] what is only loaded is not written, and what is only saved is not loaded', async () => {
    const place = openPlace(`
      CREATE TABLE seen (_id TEXT PRIMARY KEY, age INTEGER);
      CREATE VIEW pets AS SELECT _id, age FROM seen;
      INSERT INTO seen VALUES ('fido', 1)`);
    const config: Tabular = {mode: 'tabular', tables: {load: {pets: 'pets'}, save: {shops: 'shops'}}};
    const store = createMergeableStore();
    const persister = place.persist(store, config);
    await persister.startAutoPersisting();
    store.setCell('pets', 'fido', 'age', 2).setCell('shops', 'north', 'city', 'Oslo');
    await persister.whenDurable();
    expect(place.all('SELECT * FROM seen')).toEqual([{_id: 'fido', age: 1}]);
    place.db.exec("UPDATE seen SET age = 3; UPDATE shops SET city = 'Rome'");
    await until(store, () => store.getCell('pets', 'fido', 'age') === 3);
    expect(store.getTables()).toEqual({pets: {fido: {age: 3}}, shops: {north: {city: 'Oslo'}}});
    store.setCell('shops', 'north', 'city', 'Bergen');
    await persister.whenDurable();
    expect(place.all('SELECT * FROM shops')).toEqual([{_id: 'north', city: 'Bergen'}]);
  });

  test('[MS25] a database that may only be read is loaded, edits by SQL too', async () => {
    const place = openPlace(
      "CREATE TABLE pets (_id TEXT PRIMARY KEY, age INTEGER); INSERT INTO pets VALUES ('fido', 1)",
    );
    const db = new Database(place.db.name, {readonly: true});
    onTestFinished(() => {
      db.close();
    });
    const store = createMergeableStore();
    const persister = createBetterSqlite3Persister(store, db, CONFIG);
    await persister.load();
    expect(store.getTables()).toEqual({pets: {fido: {age: 1}}});
    await persister.destroy();
  });

  test('[MS25] a table that somebody drops is made anew, with the whole store', async () => {
    const place = openPlace();
    const store = createMergeableStore();
    const persister = place.persist(store);
    await persister.startAutoPersisting([{pets: {fido: {age: 1}, felix: {age: 2}}}, {}]);
    store.delRow('pets', 'felix');
    await persister.whenDurable();
    place.db.exec('DROP TABLE pets');
    store.setCell('pets', 'rex', 'age', 3);
    await persister.whenDurable();
    expect(place.all('SELECT * FROM pets ORDER BY _id')).toEqual([
      {_id: 'fido', age: 1},
      {_id: 'rex', age: 3},
    ]);
    expect((await load(place)).getMergeableContent()).toEqual(store.getMergeableContent());
  });
});

test('[MS24] a save of one cell sends as many statements in a table of any number of rows', async () => {
  const sent: string[][] = [];
  for (const rowCount of [100, 10_000]) {
    const place = openPlace();
    const store = createMergeableStore();
    const statements: string[] = [];
    const persister = place.persist(store, CONFIG, (sql) => statements.push(sql));
    store.transaction(() => {
      for (let row = 0; row < rowCount; row++) {
        store.setRow('pets', `row ${row}`, {age: row, species: 'dog'});
      }
    });
    await persister.startAutoSave();
    store.setCell('pets', 'row 1', 'age', -1);
    await persister.whenDurable();
    statements.length = 0;
    store.setCell('pets', 'row 7', 'age', -2);
    await persister.whenDurable();
    sent.push([...statements]);
  }
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[0]).toHaveLength(7);
});
