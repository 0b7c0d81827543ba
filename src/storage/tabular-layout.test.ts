import {DatabaseSync} from 'node:sqlite';
import {afterEach, describe, expect, test} from 'vitest';
import {createSqliteNodePersister} from '../entry/persisters/persister-sqlite-node.ts';
import {createStore} from '../store/create-store.ts';
import type {Store} from '../store/store.ts';
import type {DatabasePersisterConfig, DpcTabular} from './database-config.ts';

const opened: {close(): void}[] = [];
afterEach(() => {
  for (const db of opened.splice(0)) {
    db.close();
  }
});

const openDatabase = (sql = '') => {
  const db = new DatabaseSync(':memory:');
  opened.push(db);
  db.exec(sql);
  return {
    db,
    all: (query: string) =>
      db
        .prepare(query)
        .all()
        .map((row) => ({...row})),
  };
};

const tables = (tables: DpcTabular['tables']): DatabasePersisterConfig => ({
  mode: 'tabular',
  ...(tables === undefined ? {} : {tables}),
});
const BOTH = tables({load: {pets: 'pets'}, save: {pets: 'pets'}});

const save = async (db: DatabaseSync, config: DatabasePersisterConfig, change: (store: Store) => void) => {
  const store = createStore();
  const persister = createSqliteNodePersister(store, db, config);
  await persister.load();
  change(store);
  await persister.save();
  await persister.destroy();
};

const load = async (db: DatabaseSync, config: DatabasePersisterConfig) => {
  const store = createStore();
  const persister = createSqliteNodePersister(store, db, config);
  await persister.load();
  await persister.destroy();
  return store;
};

describe('tables that Holdfast makes', () => {
  test('[TB1] have columns of the cells’ types, which SQL can query', async () => {
    const {db, all} = openDatabase();
    await save(db, BOTH, (store) => {
      store.setRow('pets', 'fido', {species: 'dog', price: 4.5, sold: false, tags: ['a']});
      store.setRow('pets', 'felix', {species: 'cat', price: 10, sold: true, mixed: 1});
      store.setRow('pets', 'rex', {price: 'unknown', mixed: 'two', none: null});
    });
    expect(all("SELECT name, type FROM pragma_table_info('pets')")).toEqual([
      {name: '_id', type: 'TEXT'},
      {name: 'species', type: 'TEXT'},
      {name: 'price', type: ''},
      {name: 'sold', type: 'BOOLEAN'},
      {name: 'tags', type: 'JSON'},
      {name: 'mixed', type: ''},
      {name: 'none', type: ''},
    ]);
    expect(all("SELECT _id FROM pets WHERE price > 5 AND typeof(price) = 'real' AND sold")).toEqual([
      {_id: 'felix'},
    ]);
    expect(all("SELECT tags ->> 0 AS tag FROM pets WHERE _id = 'fido'")).toEqual([{tag: 'a'}]);
  });

  test('[TB6] keep cell ids apart that SQL takes for one another', async () => {
    const {db} = openDatabase();
    const row = Object.fromEntries(
      [
        'name',
        'Name',
        'NAME',
        '_id',
        '_ID',
        '',
        'rowid',
        'oid',
        '_rowid_',
        'ä',
        'Ä',
        'a"b',
        '\0',
        '__proto__',
      ].map((id, index) => [id, index]),
    );
    await save(db, BOTH, (store) => store.setRow('pets', 'fido', row));
    await save(db, BOTH, (store) =>
      store.setCell('pets', 'fido', 'NAME', 'changed').delCell('pets', 'fido', 'Name'),
    );
    const {Name: _, ...rest} = row;
    expect((await load(db, BOTH)).getRow('pets', 'fido')).toEqual({...rest, NAME: 'changed'});
  });
});

describe('tables that somebody else made', () => {
  const SHOP =
    'CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, sold BOOLEAN, notes, big INTEGER);' +
    "INSERT INTO pets VALUES (1, 'Fido', 4.5, 0, NULL, 9007199254740993), (2, 'Felix', 10, 1, x'00ff', 1)";
  const config = tables({
    load: {pets: {tableId: 'pets', rowIdColumnName: 'id'}},
    save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
  });

  test('[TB2] [TB4] are read as their owner means them, under keys that are whole numbers', async () => {
    const {db} = openDatabase(SHOP);
    expect((await load(db, config)).getTables()).toEqual({
      pets: {
        1: {name: 'Fido', price: 4.5, sold: false, notes: null, big: '9007199254740993'},
        2: {name: 'Felix', price: 10, sold: true, big: 1},
      },
    });
  });

  test('[TB2] [TB4] are written natively, and what was not changed stays as it is', async () => {
    const {db, all} = openDatabase(SHOP);
    await save(db, config, (store) => {
      store.setCell('pets', '1', 'sold', true).setCell('pets', '2', 'price', null);
      store.setRow('pets', '3', {name: 'Rex', price: 1});
    });
    expect(
      all(
        'SELECT id, typeof(id) AS t, name, price, sold, hex(notes) AS notes, big > 9007199254740992 AS big FROM pets',
      ),
    ).toEqual([
      {id: 1, t: 'integer', name: 'Fido', price: 4.5, sold: 1, notes: '', big: 1},
      {id: 2, t: 'integer', name: 'Felix', price: null, sold: 1, notes: '00FF', big: 0},
      {id: 3, t: 'integer', name: 'Rex', price: 1, sold: null, notes: '', big: null},
    ]);
  });

  test('[TB4] keys without a type stay numbers where they are numbers, and text where they are text', async () => {
    const keyed = (key: string) => `CREATE TABLE pets (id ${key}, name TEXT); INSERT INTO pets VALUES`;
    for (const [sql, stored] of [
      [`${keyed('PRIMARY KEY')} (1, 'Fido'), (2, 'Felix')`, 'integer'],
      [`${keyed('PRIMARY KEY')} ('1', 'Fido'), ('2', 'Felix')`, 'text'],
      [`${keyed('BLOB PRIMARY KEY')} (1, 'Fido'), (2, 'Felix')`, 'integer'],
    ] as const) {
      const {db, all} = openDatabase(sql);
      await save(db, config, (store) =>
        store.setCell('pets', '1', 'name', 'Rex').delRow('pets', '2').setRow('pets', '3', {name: 'Tom'}),
      );
      expect(all('SELECT typeof(id) AS t, CAST(id AS TEXT) AS id, name FROM pets')).toEqual([
        {t: stored, id: '1', name: 'Rex'},
        {t: stored, id: '3', name: 'Tom'},
      ]);
    }
  });

  test('[TB3] nothing is written to what `save` does not name, and nothing of it is dropped', async () => {
    const {db, all} = openDatabase(
      `${SHOP}; CREATE TABLE shops (_id TEXT PRIMARY KEY, city TEXT); INSERT INTO shops VALUES ('north', 'Oslo')`,
    );
    const before = all('SELECT sql FROM sqlite_schema');
    await save(db, tables({load: {shops: 'shops'}}), (store) => {
      store.setCell('shops', 'north', 'city', 'Rome').setRow('pets', '9', {name: 'x'}).setValue('open', true);
    });
    expect(all('SELECT * FROM shops')).toEqual([{_id: 'north', city: 'Oslo'}]);
    expect(all('SELECT sql FROM sqlite_schema')).toEqual(before);
  });

  test('[TB4] a condition limits what is loaded, and what is deleted', async () => {
    const {db, all} = openDatabase(SHOP);
    const condition = '$tableName.price < 5';
    const limited = tables({
      load: {pets: {tableId: 'pets', rowIdColumnName: 'id', condition}},
      save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
    });
    expect((await load(db, limited)).getRowIds('pets')).toEqual(['1']);
    await save(db, limited, (store) =>
      store.setRow('pets', '2', {name: 'mine'}).delRow('pets', '2').delRow('pets', '1'),
    );
    expect(all('SELECT id FROM pets')).toEqual([{id: 2}]);
  });
});

describe('what is empty', () => {
  const config = (options: object) =>
    tables({load: {pets: 'pets'}, save: {pets: {tableName: 'pets', ...options}}});
  const fill = (store: Store) =>
    store.setTable('pets', {fido: {species: 'dog', age: 3}, felix: {species: 'cat'}});

  test('[TB5] stays unless it is asked for', async () => {
    const {db, all} = openDatabase();
    await save(db, BOTH, fill);
    await save(db, BOTH, (store) => store.delCell('pets', 'fido', 'age'));
    expect(all("SELECT name FROM pragma_table_info('pets')").length).toBe(3);
    await save(db, BOTH, (store) => store.delTables());
    expect(all('SELECT count(*) AS count FROM pets')).toEqual([{count: 0}]);
  });

  test('[TB5] columns and tables are dropped when a save is asked for, if they are empty in the database', async () => {
    const {db, all} = openDatabase();
    const dropping = config({deleteEmptyColumns: true, deleteEmptyTable: true});
    await save(db, dropping, fill);
    await save(db, dropping, (store) => store.delCell('pets', 'fido', 'age'));
    expect(all("SELECT name FROM pragma_table_info('pets')")).toEqual([{name: '_id'}, {name: 'species'}]);
    // A row of somebody else's keeps the table.
    db.exec("INSERT INTO pets VALUES ('theirs', 'fish')");
    const store = createStore();
    const persister = createSqliteNodePersister(store, db, config({deleteEmptyTable: true}));
    await persister.load();
    db.exec("INSERT INTO pets VALUES ('later', 'fish')");
    store.delTables();
    await persister.save();
    expect(all('SELECT _id FROM pets')).toEqual([{_id: 'later'}]);
    db.exec('DELETE FROM pets');
    await persister.save();
    expect(all("SELECT name FROM sqlite_schema WHERE name = 'pets'")).toEqual([]);
    store.setRow('pets', 'rex', {species: 'dog'});
    await persister.save();
    expect(all('SELECT * FROM pets')).toEqual([{_id: 'rex', species: 'dog'}]);
    await persister.destroy();
  });
});

describe('what others alter', () => {
  const start = async () => {
    const {db, all} = openDatabase();
    const store = createStore();
    const persister = createSqliteNodePersister(store, db, BOTH);
    store.setTable('pets', {fido: {species: 'dog', age: 3}, felix: {species: 'cat'}});
    await persister.startAutoPersisting(undefined, true);
    await persister.whenDurable();
    return {db, all, store, persister};
  };

  test('[TB7] a column that others added takes its cells, and one that they dropped is made again', async () => {
    const {db, all, store, persister} = await start();
    db.exec('ALTER TABLE pets ADD COLUMN colour TEXT; ALTER TABLE pets DROP COLUMN age');
    store.setCell('pets', 'fido', 'colour', 'brown').setCell('pets', 'felix', 'age', 5);
    await persister.whenDurable();
    expect(all('SELECT _id, species, colour, age FROM pets')).toMatchObject([
      {_id: 'fido', species: 'dog', colour: 'brown'},
      {_id: 'felix', species: 'cat', colour: null, age: 5},
    ]);
    await persister.destroy();
  });

  test('[TB7] a table that others dropped is written anew, as a whole', async () => {
    const {db, all, store, persister} = await start();
    db.exec('DROP TABLE pets');
    store.setCell('pets', 'fido', 'age', 4);
    await persister.whenDurable();
    expect(all('SELECT _id, species, age FROM pets')).toEqual([
      {_id: 'fido', species: 'dog', age: 4},
      {_id: 'felix', species: 'cat', age: null},
    ]);
    await persister.destroy();
  });
});
