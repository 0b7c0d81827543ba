import {DatabaseSync} from 'node:sqlite';
import {expect, onTestFinished, test} from 'vitest';
import {certifyDriver} from '../../test/contract/certify.ts';
import {createFolder, type DatabaseKind} from '../../test/contract/databases.ts';
import {
  countConnections,
  type FakeTauriDatabase,
  loadTauriDatabase,
} from '../../test/places/tauri-sql.fake.ts';
import {createTauriSqlPersister} from '../entry/persisters/persister-tauri-sql.ts';
import {createStore} from '../entry/store.ts';
import {tauriSqlDriver} from './tauri-sql-driver.ts';

// As many calls at once as there are to be connections.
const openConnections = (db: FakeTauriDatabase, count: number) =>
  Promise.all(Array.from({length: count}, () => db.select('SELECT 1')));

for (const connectionCount of [1, 3]) {
  const tauriSql: DatabaseKind = {
    name: `@tauri-apps/plugin-sql over a stand-in for its pool, of ${connectionCount} to begin with, not run on a device`,
    open: async (path, mode) => {
      const db = await loadTauriDatabase(path, {isReadOnly: mode === 'read-only'});
      // What is no database is opened all the same, there as here.
      await openConnections(db, connectionCount).catch(() => undefined);
      return {
        driver: tauriSqlDriver(db),
        createPersister: (store, config, onIgnoredError) =>
          createTauriSqlPersister(store, db, config, undefined, onIgnoredError),
        close: async () => {
          await db.close(db.path);
        },
      };
    },
  };

  certifyDriver(tauriSql, {
    persisterLayouts: connectionCount === 1 ? ['json', 'tabular', 'rows'] : ['rows'],
    driver: {
      CN3: 'its calls return promises',
      '[DR2] brings text, numbers, null and bytes back as they went in': 'bytes do not pass the plugin',
      ...(connectionCount === 1
        ? {}
        : {'[DR4] tells that the database is full': 'a PRAGMA reaches one connection of several'}),
    },
  });
}

const STAND_IN = 'over a stand-in, not run on a device';

const setUp = async (connectionCount: number, late = 0) => {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const path = `${folder.path}/database.sqlite`;
  const db = await loadTauriDatabase(path, {late});
  onTestFinished(async () => {
    await db.close(db.path);
  });
  await openConnections(db, connectionCount);
  // Nobody holds a lock: another process can write at once.
  const writeElsewhere = (sql: string) => {
    const other = new DatabaseSync(path, {timeout: 0});
    try {
      other.exec(sql);
    } finally {
      other.close();
    }
  };
  return {path, db, writeElsewhere};
};

test.each([1, 2, 5])(
  `[PR3] saves while the application reads and writes through the same Database, of %i connections to begin with, ${STAND_IN}`,
  async (connectionCount) => {
    const {db, writeElsewhere} = await setUp(connectionCount);
    await db.execute('CREATE TABLE visits (n INTEGER)');
    const store = createStore();
    const persister = createTauriSqlPersister(store, db, {mode: 'rows'});
    await persister.startAutoSave();

    let isOver = false;
    let visitCount = 0;
    const visit = async () => {
      while (!isOver) {
        await Promise.all([db.select('SELECT * FROM visits LIMIT 9'), db.select('SELECT 1')]);
        try {
          await db.execute('INSERT INTO visits VALUES (?)', [visitCount + 1]);
          visitCount++;
        } catch (error) {
          // As every application that writes while another transaction does.
          expect(String(error)).toContain('database is locked');
        }
      }
    };
    const visiting = [visit(), visit()];
    for (let edit = 0; edit < 40; edit++) {
      store.transaction(() => {
        for (let row = 0; row < 5; row++) {
          store.setRow(`table ${row}`, `row ${edit % 7}`, {edit, row});
        }
        store.delRow('table 1', `row ${(edit + 1) % 7}`).setValue('edit', edit);
      });
      await persister.whenDurable();
    }
    isOver = true;
    await Promise.all(visiting);
    await persister.destroy();

    expect(countConnections(db)).toBeGreaterThan(1);
    writeElsewhere('BEGIN IMMEDIATE; CREATE TABLE elsewhere (n); COMMIT');
    const reopened = createStore();
    const reopening = createTauriSqlPersister(reopened, db, {mode: 'rows'});
    await reopening.load();
    await reopening.destroy();
    expect(reopened.getContent()).toEqual(store.getContent());
    expect(await db.select('SELECT count(*) AS count FROM visits')).toEqual([{count: visitCount}]);
  },
);

test(`[PR3] saves over connections that come back late, so that the next call gets another one, ${STAND_IN}`, async () => {
  const {db, writeElsewhere} = await setUp(1, 1.5);
  const store = createStore();
  const tabular = {
    mode: 'tabular',
    tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
  } as const;
  for (const config of [{mode: 'json'}, {mode: 'rows'}, tabular] as const) {
    const persister = createTauriSqlPersister(store, db, config);
    await persister.startAutoSave();
    for (let edit = 0; edit < 10; edit++) {
      // A column, and so a change of the schema, with each edit.
      store.setRow('pets', `pet ${edit % 4}`, {[`cell ${edit}`]: edit, edit});
      await persister.whenDurable();
    }
    await persister.destroy();
    const reopened = createStore();
    const reopening = createTauriSqlPersister(reopened, db, config);
    await reopening.load();
    await reopening.destroy();
    expect(reopened.getTables()).toEqual(store.getTables());
  }
  expect(countConnections(db)).toBeGreaterThan(1);
  writeElsewhere('BEGIN IMMEDIATE; CREATE TABLE elsewhere (n); COMMIT');
});

test(`[PR3] a save that fails leaves neither a part of it nor a lock behind, ${STAND_IN}`, async () => {
  const {db, writeElsewhere} = await setUp(3);
  await db.execute('CREATE TABLE pets (_id TEXT PRIMARY KEY, age NUMERIC CHECK (age < 9))');
  const store = createStore().setTable('pets', {fido: {age: 1}});
  const persister = createTauriSqlPersister(store, db, {
    mode: 'tabular',
    tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
  });
  await persister.save();
  store.setTable('pets', {fido: {age: 2}, felix: {age: 10}});
  await expect(persister.save()).rejects.toThrow(expect.objectContaining({code: 'driver/constraint'}));
  writeElsewhere('BEGIN IMMEDIATE; COMMIT');
  expect(await db.select('SELECT * FROM pets')).toEqual([{_id: 'fido', age: 1}]);
  store.setCell('pets', 'felix', 'age', 3);
  await persister.save();
  expect(await db.select('SELECT * FROM pets ORDER BY _id')).toEqual([
    {_id: 'felix', age: 3},
    {_id: 'fido', age: 2},
  ]);
  await persister.destroy();
});

test.each([1, 3])(
  `[PR2] a save that SQLite itself rolls back stays pending, of %i connections to begin with, ${STAND_IN}`,
  async (count) => {
    const {db, writeElsewhere} = await setUp(count);
    await db.execute('CREATE TABLE pets (_id TEXT PRIMARY KEY, age NUMERIC)');
    await db.execute(
      "CREATE TRIGGER no BEFORE INSERT ON pets WHEN NEW.age > 9 BEGIN SELECT RAISE(ROLLBACK, 'too old'); END",
    );
    const config = {
      mode: 'tabular',
      tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
    } as const;
    const store = createStore().setTable('pets', {fido: {age: 1}});
    const persister = createTauriSqlPersister(store, db, config);
    await persister.save();
    store.setTable('pets', {fido: {age: 2}, felix: {age: 10}});
    await expect(persister.save()).rejects.toThrow('too old');
    writeElsewhere('BEGIN IMMEDIATE; COMMIT');
    store.setCell('pets', 'felix', 'age', 3);
    await persister.save();
    await persister.destroy();
    expect(await db.select('SELECT * FROM pets ORDER BY _id')).toEqual([
      {_id: 'felix', age: 3},
      {_id: 'fido', age: 2},
    ]);
  },
);

test.each([1, 3])(
  `[MG1] what a migration wrote it reads, of %i connections to begin with, ${STAND_IN}`,
  async (count) => {
    const {db} = await setUp(count);
    const old = createTauriSqlPersister(createStore().setCell('pets', 'fido', 'age', 1), db, {mode: 'rows'});
    await old.save();
    await old.destroy();
    const store = createStore();
    const seen: unknown[] = [];
    const persister = createTauriSqlPersister(store, db, {
      mode: 'rows',
      schemaVersion: 3,
      migrate: {
        2: (tx) => tx.setContent([{pets: {fido: {age: 2}}}, {}]),
        3: async (tx) => {
          // The application's own queries change which connection is next.
          await Promise.all([db.select('SELECT 1'), db.select('SELECT 1')]);
          seen.push(
            await tx.getContent(),
            await tx.query('SELECT count(*) AS count FROM holdfast ORDER BY 1;'),
          );
          await tx.setContent([{pets: {fido: {age: 3}}}, {}]);
        },
      },
    });
    await persister.load();
    expect(seen).toEqual([[{pets: {fido: {age: 2}}}, {}], [{count: 1}]]);
    expect(store.getTables()).toEqual({pets: {fido: {age: 3}}});
    expect(await db.select("SELECT name FROM sqlite_schema WHERE name = 'holdfast_mark'")).toEqual([]);
    await persister.destroy();
  },
);

test(`loads from a database that cannot be written, ${STAND_IN}`, async () => {
  const {path, db} = await setUp(2);
  const persister = createTauriSqlPersister(createStore().setValue('open', true), db, {mode: 'rows'});
  expect(persister.getDatabase()).toBe(db);
  await persister.save();
  await persister.destroy();
  const readOnly = await loadTauriDatabase(path, {isReadOnly: true});
  const store = createStore();
  const reading = createTauriSqlPersister(store, readOnly, {mode: 'rows'});
  await reading.load();
  await reading.destroy();
  await readOnly.close(readOnly.path);
  expect(store.getValues()).toEqual({open: true});
});

test('[CN7] what is no Database of the plugin is refused at once', () => {
  for (const given of [undefined, {}, {select: () => undefined}]) {
    expect(() => createTauriSqlPersister(createStore(), given as never)).toThrow(
      expect.objectContaining({code: 'argument/wrong-handle'}),
    );
  }
});
