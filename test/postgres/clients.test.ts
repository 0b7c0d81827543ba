// What several clients of one PostgreSQL do to one another: nothing is lost, and each hears of the others at once.

import {expect, test} from 'vitest';
import {createConnection} from '../../src/driver/connection.ts';
import {pgDriver} from '../../src/driver/pg-driver.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import type {DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import {statement} from '../../src/sql/statement.ts';
import {NEVER_S, noPostgres, until, usePostgres} from './place.ts';

const createPlace = usePostgres();

const TABULAR = {
  mode: 'tabular',
  tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
  values: {load: true, save: true},
} as const satisfies DatabasePersisterConfig;

const CONFIGS: readonly DatabasePersisterConfig[] = [{mode: 'json'}, {mode: 'rows'}, TABULAR];

test.skipIf(noPostgres)('[PG1] entries of the log are numbered in the order of their commits', async () => {
  const {admin, openPool} = await createPlace();
  const store = createStore().setRow('pets', 'fido', {age: 1});
  const persister = await createPgPersister(store, openPool(), {mode: 'rows'});
  await persister.save();
  const slow = await openPool().connect();
  await slow.query('BEGIN');
  await slow.query("SELECT pg_advisory_xact_lock(1751477095, hashtext('holdfast_log'))");
  await slow.query("INSERT INTO holdfast_log (table_id, row_id) VALUES ('pets', 'slow')");
  store.setCell('pets', 'fido', 'age', 2);
  const saved = persister.save();
  const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  while ((await admin.query(waiting)).rows.length === 0) {
    // The save is on its way to the lock.
  }
  await slow.query('COMMIT');
  slow.release();
  await saved;
  const {rows} = await admin.query('SELECT row_id FROM holdfast_log ORDER BY seq DESC LIMIT 2');
  expect(rows).toEqual([{row_id: 'fido'}, {row_id: 'slow'}]);
  await persister.destroy();
});

test.skipIf(noPostgres)('[PG2] what SQL of somebody else’s changes is told at once', async () => {
  const {admin, openPool, openSql, schema} = await createPlace();
  for (const each of CONFIGS) {
    const {mode} = each;
    const config = {...each, autoLoadIntervalSeconds: NEVER_S};
    const saved = createStore().setRow('pets', 'fido', {age: 4}).setValue('open', true);
    const writer = await createPgPersister(saved, openPool(), config);
    await writer.save();
    const stores = [createStore(), createStore()] as const;
    const persisters = [
      await createPgPersister(stores[0], openPool(), config),
      await createPostgresPersister(stores[1], openSql(), config),
    ];
    for (const persister of persisters) {
      await persister.startAutoLoad();
    }
    if (mode === 'json') {
      await admin.query(`UPDATE tinybase SET store = '[{"pets":{"fido":{"age":5}}},{}]'`);
    } else if (mode === 'tabular') {
      // The schema is not on its search path.
      await openPool({options: ''}).query(`UPDATE ${schema}.pets SET age = 5`);
    } else {
      await admin.query(
        `WITH pet AS (INSERT INTO holdfast (table_id, row_id, cells) VALUES ('pets', 'rex', '{"age":5}')) ` +
          "INSERT INTO holdfast_log (table_id, row_id) VALUES ('pets', 'rex')",
      );
    }
    for (const store of stores) {
      await until(store, () => store.getCell('pets', mode === 'rows' ? 'rex' : 'fido', 'age') === 5);
    }
    for (const persister of [...persisters, writer]) {
      await persister.destroy();
    }
  }
});

for (const driverName of ['pg', 'postgres'] as const) {
  test.skipIf(noPostgres)(
    `[PG3] a connection that listened and was lost is made anew, and what it missed is read: ${driverName}`,
    async () => {
      const {admin, openPool, openSql, schema} = await createPlace();
      const config = {mode: 'rows', autoLoadIntervalSeconds: NEVER_S} as const;
      const saved = createStore().setValue('count', 0);
      const writer = await createPgPersister(saved, openPool(), config);
      await writer.startAutoSave();
      const store = createStore();
      const persister =
        driverName === 'pg'
          ? await createPgPersister(store, openPool({application_name: schema}), config)
          : await createPostgresPersister(store, openSql(), config);
      await persister.startAutoLoad();
      for (let count = 1; count <= 3; count++) {
        const {rows} = await admin.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %'",
        );
        expect(rows.length).toBeGreaterThan(0);
        saved.setValue('count', count);
        await writer.whenDurable();
        await until(store, () => store.getValue('count') === count);
      }
      await persister.destroy();
      await writer.destroy();
    },
  );
}

test.skipIf(noPostgres)('[PG4] clients that make the same tables at once all succeed', async () => {
  const {openPool} = await createPlace();
  for (const config of CONFIGS) {
    const persisters = await Promise.all(
      Array.from({length: 8}, (_, index) =>
        createPgPersister(createStore().setRow('pets', `${index}`, {index}), openPool({max: 2}), config),
      ),
    );
    await Promise.all(persisters.map((persister) => persister.save()));
    const loaded = createStore();
    const reader = await createPgPersister(loaded, openPool(), config);
    await reader.load();
    expect(loaded.getRowIds('pets').sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    await Promise.all([reader, ...persisters].map((persister) => persister.destroy()));
  }
});

test.skipIf(noPostgres)('[PG4] clients that migrate at once run each step once', async () => {
  const {openPool} = await createPlace();
  const first = await createPgPersister(createStore().setValue('version', 1), openPool(), {mode: 'rows'});
  await first.save();
  await first.destroy();
  const stores = Array.from({length: 4}, () => createStore());
  let stepCount = 0;
  const persisters = await Promise.all(
    stores.map((store) =>
      createPgPersister(store, openPool(), {
        mode: 'rows',
        schemaVersion: 2,
        migrate: {
          2: async (tx) => {
            stepCount++;
            const [tables, values] = await tx.getContent();
            await tx.setContent([tables, {...values, version: Number(values.version) + 1}]);
          },
        },
      }),
    ),
  );
  await Promise.all(persisters.map((persister) => persister.load()));
  expect([stepCount, ...stores.map((store) => store.getValue('version'))]).toEqual([1, 2, 2, 2, 2]);
  await Promise.all(persisters.map((persister) => persister.destroy()));
});

test.skipIf(noPostgres)(
  '[PG5] a connection that is lost in a transaction does not go back to the pool',
  async () => {
    const {openPool} = await createPlace();
    const connection = createConnection(pgDriver(openPool({max: 1})));
    await connection.query(statement('CREATE TABLE pets (id text)'));
    const lost = connection.transaction('write', function* () {
      yield statement("INSERT INTO pets VALUES ('fido')");
      yield statement('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await expect(lost).rejects.toMatchObject({code: 'driver/closed'});
    expect(await connection.query(statement('SELECT * FROM pets'))).toEqual([]);
    await connection.close();
  },
);

test.skipIf(noPostgres)('[PG6] columns that are made have types that SQL can query', async () => {
  const {admin, openPool} = await createPlace();
  const longName = 'a long name '.repeat(20);
  const store = createStore().setTable('pets', {
    fido: {species: 'dog', age: 3, sold: true, info: {tags: ['big']}, [longName]: 1},
    felix: {species: 'cat', age: 5.5, sold: false, info: {tags: []}, [longName]: 2},
  });
  const persister = await createPgPersister(store, openPool(), TABULAR);
  await persister.save();
  const {rows} = await admin.query(
    'SELECT column_name AS name, data_type AS type FROM information_schema.columns ' +
      "WHERE table_name = 'pets' AND table_schema = current_schema() ORDER BY ordinal_position LIMIT 5",
  );
  expect(rows).toEqual([
    {name: '_id', type: 'text'},
    {name: 'species', type: 'text'},
    {name: 'age', type: 'double precision'},
    {name: 'sold', type: 'boolean'},
    {name: 'info', type: 'jsonb'},
  ]);
  const found = await admin.query("SELECT _id FROM pets WHERE age < 4 AND sold AND info->'tags' ? 'big'");
  expect(found.rows).toEqual([{_id: 'fido'}]);
  const loaded = createStore();
  const reader = await createPgPersister(loaded, openPool(), TABULAR);
  await reader.load();
  expect(loaded.getTables()).toEqual(store.getTables());
  await persister.destroy();
  await reader.destroy();
});

test.skipIf(noPostgres)(
  '[PG7] a column that cannot hold a cell becomes one of text, and nobody sees less meanwhile',
  async () => {
    const {openPool, openSql} = await createPlace();
    const cells = {n: 1.5, m: -7, b: true, j: {a: [1]}, t: 'text'};
    const others = {n: 'one', m: null, b: 0, j: {a: -0}, t: {b: '\0'}};
    const store = createStore().setTable('pets', {fido: cells, felix: cells});
    const writer = await createPgPersister(store, openPool(), TABULAR);
    await writer.save();
    const late = createStore();
    const ofLate = await createPgPersister(late, openPool(), TABULAR);
    await ofLate.load();
    const loaded = createStore();
    const reader = await createPostgresPersister(loaded, openSql(), TABULAR);
    for (const cellId of ['n', 'm', 'b', 'j', 't'] as const) {
      store.setCell('pets', 'fido', cellId, others[cellId]);
      const saved = writer.save();
      for (let count = 0; count < 5; count++) {
        await reader.load();
        expect(Object.keys(loaded.getRow('pets', 'felix')).length).toBe(5);
      }
      await saved;
    }
    // Another client that knew the columns as they were.
    late.setRow('pets', 'rex', cells);
    await ofLate.save();
    await reader.load();
    expect(loaded.getTables()).toEqual({pets: {fido: others, felix: cells, rex: cells}});
    expect(Object.is((loaded.getCell('pets', 'fido', 'j') as {a: number}).a, -0)).toBe(true);
    for (const persister of [writer, reader, ofLate]) {
      await persister.destroy();
    }
  },
);

test.skipIf(noPostgres)(
  '[PG8] tables of others keep their columns, and refuse what these cannot hold',
  async () => {
    const {admin, openPool, openSql} = await createPlace();
    await admin.query(
      'CREATE TABLE pets (id int PRIMARY KEY, name varchar(10) NOT NULL, age int, weight numeric, sold boolean, info jsonb, born date)',
    );
    await admin.query(
      `INSERT INTO pets VALUES (1, 'Fido', 3, 4.5, true, '{"a":[1]}', '2020-02-29'), (2, 'Felix', NULL, NULL, NULL, NULL, NULL)`,
    );
    const config = {
      mode: 'tabular',
      tables: {
        load: {pets: {tableId: 'pets', rowIdColumnName: 'id'}},
        save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
      },
    } as const satisfies DatabasePersisterConfig;
    const nulls = {age: null, weight: null, sold: null, info: null, born: null};
    const fido = {name: 'Fido', age: 3, weight: 4.5, sold: true, info: {a: [1]}, born: '2020-02-29'};
    for (const driverName of ['pg', 'postgres'] as const) {
      const store = createStore();
      const faults: unknown[] = [];
      const note = (fault: unknown) => faults.push(fault);
      const persister =
        driverName === 'pg'
          ? await createPgPersister(store, openPool(), config, undefined, note)
          : await createPostgresPersister(store, openSql(), config, undefined, note);
      await persister.load();
      expect(store.getTables()).toEqual({pets: {1: fido, 2: {name: 'Felix', ...nulls}}});
      const rex = {...fido, name: 'Rex', info: [null, 'x'], sold: false, born: null};
      store.setRow('pets', '3', rex).setCell('pets', '2', 'sold', true);
      await persister.save();
      const {rows} = await admin.query('SELECT id, sold, info FROM pets ORDER BY id');
      expect(rows.slice(1)).toEqual([
        {id: 2, sold: true, info: null},
        {id: 3, sold: false, info: [null, 'x']},
      ]);
      const reopened = createStore();
      const reader = await createPgPersister(reopened, openPool(), config);
      await reader.load();
      expect(reopened.getRow('pets', '3')).toEqual(rex);
      await reader.destroy();
      store.setCell('pets', '2', 'age', 'old');
      await persister.save();
      expect(faults).toMatchObject([{code: 'driver/constraint', details: {table: 'pets', rowIds: ['2']}}]);
      expect(persister.getDurability().state).toBe('failing');
      store.delRow('pets', '3').setCell('pets', '2', 'sold', null).setCell('pets', '2', 'age', null);
      await persister.save();
      await persister.destroy();
    }
  },
);
