// How clients of PostgreSQL are told of one another's writes: which tables tell, for how long, what is loaded then, and what
// happens to those who cannot be told.

import {createRequire} from 'node:module';
import {expect, onTestFinished, test} from 'vitest';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import {
  createCustomPostgreSqlPersister,
  type DatabasePersisterConfig,
  Persists,
} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import {componentFolder} from '../components/component.ts';
import {bundleScript, collectOutput} from '../places/child.ts';
import {createFolder} from '../places/folder.ts';
import {findTellers, NEVER_S, noPostgres, type Place, until, usePostgres} from './place.ts';

const createPlace = usePostgres();

const PETS = {
  mode: 'tabular',
  tables: {
    load: {pets: {tableId: 'pets', rowIdColumnName: 'id'}},
    save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
  },
  autoLoadIntervalSeconds: NEVER_S,
} as const satisfies DatabasePersisterConfig;

const TRIGGERS = ['delete', 'insert', 'truncate', 'update'];

const createPets = async ({admin}: Place): Promise<void> => {
  await admin.query(
    'CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL, age int, shout text GENERATED ALWAYS AS (upper(name)) STORED)',
  );
  await admin.query("INSERT INTO pets SELECT n, 'pet ' || n, n FROM generate_series(1, 1000) AS n");
};

test.skipIf(noPostgres)('[PG9] only tables under load tell, for as long as anybody listens', async () => {
  const place = await createPlace();
  await createPets(place);
  await place.admin.query('CREATE TABLE shops (id int PRIMARY KEY, name text)');
  const persisters = await Promise.all([
    createPgPersister(createStore(), place.openPool(), PETS),
    createPostgresPersister(createStore(), place.openSql(), PETS),
    createPgPersister(createStore(), await place.openClient(), PETS),
  ]);
  for (const persister of persisters) {
    await persister.save();
    await persister.load();
  }
  expect(await findTellers(place)).toEqual([]);
  for (const persister of persisters) {
    await persister.startAutoLoad();
    expect(await findTellers(place)).toEqual([
      'function holdfast_notify',
      'table holdfast_listeners',
      ...TRIGGERS.map((event) => `trigger pets ${event}`),
    ]);
  }
  await persisters[0]?.destroy();
  await persisters[1]?.stopAutoLoad();
  expect(await findTellers(place)).toHaveLength(6);
  await persisters[2]?.destroy();
  expect(await findTellers(place)).toEqual([]);
  await persisters[1]?.destroy();
});

test.skipIf(noPostgres)('[PG9] json and rows leave nothing that tells behind, either', async () => {
  const place = await createPlace();
  for (const config of [{mode: 'json'}, {mode: 'rows'}] as const) {
    const pool = place.openPool();
    const persister = await createPgPersister(createStore().setCell('pets', 'fido', 'age', 1), pool, config);
    const other = await createPgPersister(createStore(), pool, config);
    await persister.startAutoPersisting();
    await other.startAutoPersisting();
    expect((await findTellers(place)).length).toBe(6);
    await persister.destroy();
    expect((await findTellers(place)).length).toBe(6);
    await other.destroy();
    expect(await findTellers(place)).toEqual([]);
  }
});

test.skipIf(noPostgres)('[PG9] what a killed client left behind goes with the next that ends', async () => {
  const place = await createPlace();
  await createPets(place);
  const {host, port, user, database} = place.server;
  const start = await bundleScript(
    new URL('killed-listener.ts', import.meta.url),
    createFolder()('listener.cjs'),
  );
  const child = start(
    createRequire(`${componentFolder('postgres')}package.json`).resolve('pg'),
    JSON.stringify({host, port, user, database, options: `-c search_path=${place.schema}`}),
    JSON.stringify(PETS),
  );
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  expect(await findTellers(place)).toHaveLength(6);
  child.kill('SIGKILL');
  await collectOutput(child);
  const gone = 'SELECT FROM holdfast_listeners JOIN pg_stat_activity USING (pid)';
  while ((await place.admin.query(gone)).rows.length > 0) {
    // The server notices that the connection is gone.
  }
  const persister = await createPgPersister(createStore(), place.openPool(), PETS);
  await persister.startAutoLoad();
  expect(await findTellers(place)).toHaveLength(6);
  await persister.destroy();
  expect(await findTellers(place)).toEqual([]);
});

test.skipIf(noPostgres)('[PG9] what others write to a table of theirs is loaded row by row', async () => {
  const place = await createPlace();
  await createPets(place);
  const other = await place.openClient();
  for (const driverName of ['pg', 'postgres'] as const) {
    const store = createStore();
    const sent: string[] = [];
    const onSqlCommand = (sql: string) => void sent.push(sql);
    const persister =
      driverName === 'pg'
        ? await createPgPersister(store, place.openPool(), PETS, onSqlCommand)
        : await createPostgresPersister(store, place.openSql(), PETS, onSqlCommand);
    await persister.startAutoLoad();
    expect(store.getRowCount('pets')).toBe(1_000);
    sent.length = 0;
    await other.query("UPDATE pets SET name = 'Rex' WHERE id IN (3, 4)");
    await until(store, () => store.getCell('pets', '4', 'shout') === 'REX');
    await other.query(
      "INSERT INTO pets (id, name) VALUES (2001, 'Tom') ON CONFLICT (id) DO UPDATE SET name = 'Tim'",
    );
    await until(store, () => store.getCell('pets', '2001', 'name') === 'Tom');
    await other.query('DELETE FROM pets WHERE id = 2001');
    await until(store, () => !store.hasRow('pets', '2001'));
    await other.query('UPDATE pets SET id = 2002 WHERE id = 1000');
    await until(store, () => store.hasRow('pets', '2002') && !store.hasRow('pets', '1000'));
    expect(
      sent.filter((sql) => sql.startsWith('SELECT') && sql.includes('FROM "pets"') && !sql.includes(' IN (')),
    ).toEqual([]);
    // Too many rows to name, and a table that is emptied.
    await other.query('UPDATE pets SET id = 1000 WHERE id = 2002');
    await other.query("UPDATE pets SET name = 'All'");
    await until(store, () => store.getCell('pets', '1000', 'name') === 'All');
    await other.query(
      'BEGIN; CREATE TEMP TABLE kept AS SELECT id, name, age FROM pets; TRUNCATE pets; COMMIT',
    );
    await until(store, () => !store.hasTable('pets'));
    await other.query('INSERT INTO pets SELECT * FROM kept; DROP TABLE kept');
    await until(store, () => store.getRowCount('pets') === 1_000);
    await persister.destroy();
    expect(await findTellers(place)).toEqual([]);
  }
});

test.skipIf(noPostgres)(
  '[PG9] keys of thousands of bytes do not go into a payload, and are loaded all the same',
  async () => {
    const place = await createPlace();
    await place.admin.query('CREATE TABLE pets (id text PRIMARY KEY, name text)');
    const store = createStore();
    const persister = await createPgPersister(store, place.openPool(), PETS);
    await persister.startAutoLoad();
    const id = 'ä'.repeat(1_200);
    await place.admin.query('INSERT INTO pets SELECT $1 || n, $1 FROM generate_series(1, 6) AS n', [
      id,
    ] as never);
    await until(store, () => store.getRowCount('pets') === 6);
    await place.admin.query("UPDATE pets SET name = 'x' WHERE id = $1", [`${id}6`] as never);
    await until(store, () => store.getCell('pets', `${id}6`, 'name') === 'x');
    await persister.destroy();
  },
);

test.skipIf(noPostgres)(
  '[PG9] what the database makes of one’s own rows comes back, and no edit is undone by it',
  async () => {
    const place = await createPlace();
    await createPets(place);
    const store = createStore();
    const persister = await createPgPersister(store, place.openPool(), PETS);
    await persister.startAutoPersisting();
    store.setCell('pets', '1', 'name', 'Rex');
    await until(store, () => store.getCell('pets', '1', 'shout') === 'REX');
    store.setRow('pets', '3000', {name: 'Tom'});
    await until(store, () => store.getCell('pets', '3000', 'shout') === 'TOM');
    for (let age = 0; age < 100; age++) {
      store.setCell('pets', '2', 'age', age);
      await Promise.resolve();
      expect(store.getCell('pets', '2', 'age')).toBe(age);
    }
    await persister.whenDurable();
    expect(store.getCell('pets', '2', 'age')).toBe(99);
    await persister.destroy();
  },
);

test.skipIf(noPostgres)('[PG9] conditions hold for what is told: rows come and go with them', async () => {
  const place = await createPlace();
  await createPets(place);
  const store = createStore();
  const persister = await createPgPersister(store, place.openPool(), {
    ...PETS,
    tables: {load: {pets: {tableId: 'pets', rowIdColumnName: 'id', condition: '$tableName.age <= 10'}}},
  });
  await persister.startAutoLoad();
  expect(store.getRowCount('pets')).toBe(10);
  await place.admin.query('UPDATE pets SET age = 11 WHERE id = 5');
  await until(store, () => !store.hasRow('pets', '5'));
  await place.admin.query('UPDATE pets SET age = 9 WHERE id = 500');
  await until(store, () => store.hasRow('pets', '500'));
  await persister.destroy();
});

test.skipIf(noPostgres)('[PG9] tables that come, go, and come again are noticed', async () => {
  const place = await createPlace();
  const store = createStore();
  // One that is saved to, too, would keep its rows in the store.
  const config = {...PETS, tables: {load: PETS.tables.load}, autoLoadIntervalSeconds: 0.05};
  const persister = await createPgPersister(store, place.openPool(), config);
  await persister.startAutoLoad();
  for (let round = 1; round <= 2; round++) {
    await createPets(place);
    await until(store, () => store.getRowCount('pets') === 1_000);
    await place.admin.query("UPDATE pets SET name = 'Rex' WHERE id = 3");
    await until(store, () => store.getCell('pets', '3', 'name') === 'Rex');
    await place.admin.query('DROP TABLE pets');
    await until(store, () => !store.hasTable('pets'));
  }
  await persister.destroy();
  expect(await findTellers(place)).toEqual([]);
});

test.skipIf(noPostgres)(
  '[PG9] a table that another client makes is told of at once, in every layout',
  async () => {
    const place = await createPlace();
    const tables = {pets: 'pets'};
    for (const mode of ['json', 'rows', 'tabular'] as const) {
      const config = {
        mode,
        autoLoadIntervalSeconds: NEVER_S,
        ...(mode === 'tabular'
          ? {tables: {load: tables, save: tables}, values: {load: true, save: true}}
          : {}),
      } as DatabasePersisterConfig;
      const stores = [createStore(), createStore()] as const;
      const persisters = [
        await createPgPersister(stores[0], place.openPool(), config),
        await createPostgresPersister(stores[1], place.openSql(), config),
      ];
      for (const persister of persisters) {
        await persister.startAutoPersisting();
      }
      stores[0].setCell('pets', 'fido', 'age', 1).setValue('open', true);
      await until(
        stores[1],
        () => stores[1].getCell('pets', 'fido', 'age') === 1 && stores[1].getValue('open') === true,
      );
      stores[1].setCell('pets', 'fido', 'age', 2).setCell('pets', 'felix', 'name', 'x').delValue('open');
      await until(
        stores[0],
        () => stores[0].getCell('pets', 'felix', 'name') === 'x' && !stores[0].hasValue('open'),
      );
      stores[0].setCell('pets', 'fido', 'age', 3);
      await until(stores[1], () => stores[1].getCell('pets', 'fido', 'age') === 3);
      for (const persister of persisters) {
        await persister.destroy();
      }
    }
  },
);

test.skipIf(noPostgres)(
  '[PG9] views, partitions and tables under foreign roles are looked at when anything changes',
  async () => {
    const place = await createPlace();
    const {admin, schema} = place;
    await createPets(place);
    await admin.query(
      `CREATE VIEW old_pets AS SELECT id, name FROM pets WHERE age > 990;
     CREATE MATERIALIZED VIEW some_pets AS SELECT id, name FROM pets WHERE age < 3;
     CREATE TABLE parts (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
     INSERT INTO parts VALUES (1, 'one');
     CREATE ROLE guest_${schema} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO guest_${schema};
     GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO guest_${schema}`,
    );
    onTestFinished(async () => {
      await admin.query(`DROP OWNED BY guest_${schema}; DROP ROLE guest_${schema}`);
    });
    const load = Object.fromEntries(
      ['pets', 'old_pets', 'some_pets', 'parts'].map((name) => [
        name,
        {tableId: name, rowIdColumnName: 'id'},
      ]),
    );
    const config = {mode: 'tabular', tables: {load}, autoLoadIntervalSeconds: 0.05} as const;
    const stores = [createStore(), createStore(), createStore()] as const;
    const faults: unknown[] = [];
    const note = (fault: unknown) => void faults.push(fault);
    const persisters = [
      await createPgPersister(stores[0], place.openPool(), config, undefined, note),
      await createPgPersister(stores[1], place.openPool({user: `guest_${schema}`}), config, undefined, note),
      await createPgPersister(
        stores[2],
        place.openPool({options: `-c search_path=${schema} -c default_transaction_read_only=on`}),
        config,
        undefined,
        note,
      ),
    ];
    for (const persister of persisters) {
      await persister.startAutoLoad();
    }
    expect((await findTellers(place)).filter((name) => name.startsWith('trigger'))).toEqual(
      TRIGGERS.map((event) => `trigger pets ${event}`),
    );
    await admin.query(
      "UPDATE pets SET name = 'Rex' WHERE id IN (2, 1000); UPDATE parts_1 SET name = 'uno'; REFRESH MATERIALIZED VIEW some_pets",
    );
    for (const store of stores) {
      await until(
        store,
        () =>
          store.getCell('pets', '2', 'name') === 'Rex' &&
          store.getCell('old_pets', '1000', 'name') === 'Rex' &&
          store.getCell('some_pets', '2', 'name') === 'Rex' &&
          store.getCell('parts', '1', 'name') === 'uno',
      );
    }
    expect(faults).toEqual([]);
    await Promise.all(persisters.map((persister) => persister.destroy()));
    expect(await findTellers(place)).toEqual([]);
  },
);

test.skipIf(noPostgres)(
  '[PG9] a pool lends one connection for all that listen, and a pool of one lends none',
  async () => {
    const place = await createPlace();
    await createPets(place);
    const pool = place.openPool({max: 3, application_name: place.schema});
    const stores = Array.from({length: 12}, () => createStore());
    const persisters = await Promise.all(stores.map((store) => createPgPersister(store, pool, PETS)));
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    stores[0]?.setCell('pets', '1', 'name', 'Rex');
    await Promise.all(
      stores.map((store) => until(store, () => store.getCell('pets', '1', 'name') === 'Rex')),
    );
    expect(pool.totalCount).toBeLessThanOrEqual(3);
    await Promise.all(persisters.map((persister) => persister.destroy()));
    expect(await findTellers(place)).toEqual([]);

    const store = createStore();
    const alone = await createPgPersister(store, place.openPool({max: 1}), {
      ...PETS,
      autoLoadIntervalSeconds: 0.05,
    });
    await alone.startAutoPersisting();
    expect(await findTellers(place)).toEqual([]);
    await place.admin.query("UPDATE pets SET name = 'Tom' WHERE id = 1");
    await until(store, () => store.getCell('pets', '1', 'name') === 'Tom');
    await alone.destroy();
  },
);

test.skipIf(noPostgres)('[PG9] a column that tells of rows and is renamed makes no write fail', async () => {
  const place = await createPlace();
  await createPets(place);
  const store = createStore();
  const persister = await createPgPersister(store, place.openPool(), PETS);
  await persister.startAutoLoad();
  await place.admin.query('ALTER TABLE pets RENAME COLUMN id TO pet_id');
  await place.admin.query("UPDATE pets SET name = 'Rex' WHERE pet_id = 1");
  await place.admin.query('ALTER TABLE pets RENAME COLUMN pet_id TO id');
  await place.admin.query("UPDATE pets SET name = 'Tom' WHERE id = 2");
  persister.addDurabilityListener(() => undefined);
  await until(
    store,
    () => store.getCell('pets', '1', 'name') === 'Rex' && store.getCell('pets', '2', 'name') === 'Tom',
  );
  await persister.destroy();
});

test.skipIf(noPostgres)(
  '[PG9] where no notification arrives, as through some poolers, changes are found at intervals',
  async () => {
    const place = await createPlace();
    await createPets(place);
    const client = await place.openClient();
    const store = createStore();
    const persister = createCustomPostgreSqlPersister(
      store,
      {...PETS, autoLoadIntervalSeconds: 0.05},
      async (sql, params) => (await client.query(sql, params)).rows as object[],
      async () => undefined,
      () => undefined,
      undefined,
      undefined,
      () => undefined,
      Persists.StoreOnly,
      client,
    );
    await persister.startAutoPersisting();
    await place.admin.query("UPDATE pets SET name = 'Rex' WHERE id = 1");
    await until(store, () => store.getCell('pets', '1', 'name') === 'Rex');
    store.setCell('pets', '2', 'name', 'Tom');
    await until(store, () => store.getCell('pets', '2', 'shout') === 'TOM');
    await persister.destroy();
    expect(await findTellers(place)).toEqual([]);
  },
);

test.skipIf(noPostgres)(
  '[PG9] tables that others hold are not waited for: they tell later, and are let go of later',
  async () => {
    const place = await createPlace();
    await createPets(place);
    const other = await place.openClient();
    const config = {...PETS, busyTimeoutMs: 20, autoLoadIntervalSeconds: 0.05};
    await other.query("BEGIN; UPDATE pets SET name = 'Rex' WHERE id = 1");
    const store = createStore();
    const persister = await createPgPersister(store, place.openPool(), config);
    await persister.startAutoLoad();
    expect(store.getRowCount('pets')).toBe(1_000);
    expect(await findTellers(place)).toEqual([]);
    await other.query('COMMIT');
    await until(store, () => store.getCell('pets', '1', 'name') === 'Rex');
    while ((await findTellers(place)).length === 0) {
      // It is tried again.
    }
    await other.query('BEGIN; SELECT count(*) FROM pets');
    await persister.destroy();
    expect(await findTellers(place)).toHaveLength(6);
    await other.query('COMMIT');
    const next = await createPgPersister(createStore(), place.openPool(), config);
    await next.startAutoLoad();
    await next.destroy();
    expect(await findTellers(place)).toEqual([]);
  },
);
