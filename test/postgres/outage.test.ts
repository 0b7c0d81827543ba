// What happens while the server is away, and when it is back: nothing is lost, and all are brought up to date.

import {expect, test} from 'vitest';
import {createConnection} from '../../src/driver/connection.ts';
import {pgDriver} from '../../src/driver/pg-driver.ts';
import {type PgliteDatabase, pgliteDriver} from '../../src/driver/pglite-driver.ts';
import {postgresDriver} from '../../src/driver/postgres-driver.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import type {AnyPersister, DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {statement} from '../../src/sql/statement.ts';
import {importComponent} from '../components/component.ts';
import {NEVER_S, noPostgres, type Place, until, usePostgres} from './place.ts';

const createPlace = usePostgres();

const {PGlite} = await importComponent<{
  PGlite: {create(): Promise<PgliteDatabase & {close(): Promise<void>}>};
}>('pglite', '@electric-sql/pglite');

const TABLES = {pets: 'pets'};
const CONFIGS: readonly DatabasePersisterConfig[] = [
  {mode: 'json', autoLoadIntervalSeconds: NEVER_S},
  {mode: 'rows', autoLoadIntervalSeconds: NEVER_S},
  {
    mode: 'tabular',
    tables: {load: TABLES, save: TABLES},
    values: {load: true, save: true},
    autoLoadIntervalSeconds: NEVER_S,
  },
];

const KINDS = ['pg', 'postgres'] as const;

const open = (
  kind: (typeof KINDS)[number],
  place: Place,
  store: Store,
  config: DatabasePersisterConfig,
  onIgnoredError?: (error: unknown) => void,
): Promise<AnyPersister> =>
  kind === 'pg'
    ? createPgPersister(store, place.openPool(), config, undefined, onIgnoredError)
    : createPostgresPersister(
        store,
        // Its pool waits for up to 20 seconds before it connects again, unless it is told otherwise; and a connection that is
        // ended while it asks for types leaves an error of its own that nobody can catch.
        place.openSql({backoff: 0.05, fetch_types: false}),
        config,
        undefined,
        onIgnoredError,
      );

for (const kind of KINDS) {
  test.skipIf(noPostgres)(
    `[PG10] edits made while the server is away are saved when it is back, and others’ are loaded: ${kind}`,
    async () => {
      const place = await createPlace();
      for (const config of CONFIGS) {
        const faults: unknown[] = [];
        const stores = [createStore(), createStore()] as const;
        const persisters = [
          await open(kind, place, stores[0], config, (fault) => faults.push(fault)),
          await open(kind, place, stores[1], config, (fault) => faults.push(fault)),
        ] as const;
        stores[0].setCell('pets', 'fido', 'age', 1);
        for (const persister of persisters) {
          await persister.startAutoPersisting();
        }
        await until(stores[1], () => stores[1].getCell('pets', 'fido', 'age') === 1);

        await place.server.halt();
        stores[0].setCell('pets', 'fido', 'age', 2).setValue('open', true);
        stores[1].setCell('pets', 'felix', 'age', 5);
        const failing = new Promise<void>((resolve) => {
          const listenerId = persisters[0].addDurabilityListener((persister, {state}) => {
            if (state === 'failing') {
              persister.delListener(listenerId);
              resolve();
            }
          });
        });
        await failing;
        expect(persisters[0].getDurability()).toMatchObject({state: 'failing', pendingCount: 2});
        await place.server.resume();

        await Promise.all(persisters.map((persister) => persister.whenDurable()));
        expect(faults.length).toBeGreaterThan(0);
        for (const fault of faults) {
          expect(fault).toMatchObject({code: 'driver/closed'});
        }
        for (const store of stores) {
          await until(
            store,
            () =>
              store.getCell('pets', 'fido', 'age') === 2 &&
              store.getCell('pets', 'felix', 'age') === 5 &&
              store.getValue('open') === true,
          );
        }
        // And all listen again.
        stores[0].setCell('pets', 'felix', 'age', 6);
        await until(stores[1], () => stores[1].getCell('pets', 'felix', 'age') === 6);
        for (const persister of persisters) {
          await persister.destroy();
        }
      }
    },
  );

  test.skipIf(noPostgres)(
    `[PG10] what others wrote while a connection was lost is loaded, table by table: ${kind}`,
    async () => {
      const place = await createPlace();
      await place.admin.query(
        'CREATE TABLE pets (_id text PRIMARY KEY, age int); INSERT INTO pets VALUES (1, 1), (2, 2)',
      );
      const store = createStore();
      const persister = await open(kind, place, store, {
        ...CONFIGS[2],
        mode: 'tabular',
        tables: {load: TABLES},
      });
      await persister.startAutoLoad();
      for (let age = 10; age < 13; age++) {
        await place.admin.query(
          `BEGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %'; UPDATE pets SET age = ${age} WHERE _id = '1'; COMMIT`,
        );
        await until(store, () => store.getCell('pets', '1', 'age') === age);
        await place.admin.query(`UPDATE pets SET age = ${age} WHERE _id = '2'`);
        await until(store, () => store.getCell('pets', '2', 'age') === age);
      }
      await persister.destroy();
    },
  );

  test.skipIf(noPostgres)(
    `[PG10] connections that are ended in the midst of saves lose nothing: ${kind}`,
    async () => {
      const place = await createPlace();
      const store = createStore();
      const persister = await open(kind, place, store, {mode: 'rows'}, () => undefined);
      await persister.startAutoSave();
      for (let count = 0; count < 40; count++) {
        store.setCell('pets', `${count}`, 'count', count).setValue('count', count);
        await place.admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name <> 'admin'`,
        );
      }
      await persister.whenDurable();
      await persister.destroy();
      const loaded = createStore();
      const reader = await open(kind, place, loaded, {mode: 'rows'});
      await reader.load();
      expect(loaded.getContent()).toEqual(store.getContent());
      await reader.destroy();
    },
  );
}

test.skipIf(noPostgres)(
  '[PG10] a client that has lost its server says so, and keeps its edits pending',
  async () => {
    const place = await createPlace();
    const client = await place.openClient();
    const store = createStore().setCell('pets', 'fido', 'age', 1);
    const faults: {code?: string; message?: string}[] = [];
    const persister = await createPgPersister(store, client, {mode: 'rows'}, undefined, (fault) =>
      faults.push(fault as object),
    );
    await persister.startAutoPersisting();
    await place.admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
    );
    store.setCell('pets', 'fido', 'age', 2);
    await persister.save();
    expect(faults.at(-1)).toMatchObject({
      code: 'driver/closed',
      message: expect.stringContaining('a single client does not'),
    });
    expect(persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 1});
    await persister.destroy();
    // Another handle takes over the store.
    const next = await createPgPersister(store, await place.openClient(), {mode: 'rows'});
    await next.save();
    const loaded = createStore();
    const reader = await createPgPersister(loaded, place.openPool(), {mode: 'rows'});
    await reader.load();
    expect(loaded.getCell('pets', 'fido', 'age')).toBe(2);
    await next.destroy();
    await reader.destroy();
  },
);

test.skipIf(noPostgres)('[PG11] a transaction goes over one connection, however many there are', async () => {
  const place = await createPlace();
  await place.admin.query('CREATE TABLE seen (transaction int, pid int, xid xid8)');
  const reserved = await place.openSql({max: 3}).reserve();
  const pooled = await place.openPool().connect();
  const drivers = [
    pgDriver(place.openPool({max: 5})),
    pgDriver(await place.openClient()),
    pgDriver(pooled),
    postgresDriver(place.openSql({max: 5})),
    postgresDriver(reserved),
  ];
  for (const [index, driver] of drivers.entries()) {
    const connections = Array.from({length: 5}, () => createConnection(driver));
    const insert = (number: number) =>
      statement(`INSERT INTO seen VALUES (${number}, pg_backend_pid(), pg_current_xact_id())`);
    await Promise.all(
      Array.from({length: 100}, async (_, count) => {
        const number = index * 100 + count;
        const connection = connections[count % connections.length] ?? connections[0];
        const work =
          count % 3 === 0
            ? connection?.interactive(async (query) => {
                await query(insert(number));
                await Promise.resolve();
                await query(insert(number));
              })
            : connection?.transaction('write', function* () {
                yield insert(number);
                yield statement('SELECT pg_sleep(0.001)');
                yield insert(number);
                if (count % 10 === 1) {
                  throw new Error('no');
                }
              });
        await work?.catch((error: Error) => expect(error.message).toBe('no'));
      }),
    );
    const {rows} = await place.admin.query(
      `SELECT transaction FROM seen WHERE transaction / 100 = ${index} GROUP BY transaction HAVING count(DISTINCT pid) = 1 AND count(DISTINCT xid) = 1 AND count(*) = 2`,
    );
    expect(rows.length).toBe(93);
    const {rows: pids} = await place.admin.query(
      `SELECT DISTINCT pid FROM seen WHERE transaction / 100 = ${index}`,
    );
    expect(pids.length).toBe([5, 1, 1, 5, 1][index]);
  }
  for (const driver of drivers) {
    await driver.close?.();
  }
  reserved.release();
  pooled.release();
});

test.skipIf(noPostgres)(
  '[CN4] a transaction of the application on the same connection is waited for',
  async () => {
    const place = await createPlace();
    const client = await place.openClient();
    const pglite = await PGlite.create();
    const handles = [
      {driver: pgDriver(client), exec: (sql: string) => client.query(sql)},
      {driver: pgliteDriver(pglite), exec: (sql: string) => pglite.query(sql)},
    ];
    for (const {driver, exec} of handles) {
      const connection = createConnection(driver, {busyTimeoutMs: 20});
      await exec('CREATE TABLE IF NOT EXISTS mine (id int)');
      for (const spoil of ['SELECT 1', 'SELECT 1 / 0']) {
        await exec('BEGIN');
        await exec('INSERT INTO mine VALUES (1)');
        await Promise.resolve(exec(spoil)).catch(() => undefined);
        const refused = connection.apply(() => [statement('INSERT INTO mine VALUES (2)')]);
        await expect(refused).rejects.toMatchObject({code: 'driver/busy'});
        await exec('ROLLBACK');
      }
      await connection.apply(() => [statement('INSERT INTO mine VALUES (3)')]);
      expect(await connection.query(statement('SELECT id FROM mine'))).toEqual([{id: 3}]);
      await exec('DROP TABLE mine');
    }
    await pglite.close();
  },
);

test.skipIf(noPostgres)(
  '[PG11] a connection that a pool has lent keeps a store, and goes back as it was',
  async () => {
    const place = await createPlace();
    const lentByPg = await place.openPool().connect();
    const lentByPostgres = await place.openSql().reserve();
    for (const config of CONFIGS) {
      const stores = [createStore(), createStore()] as const;
      const quick = {...config, autoLoadIntervalSeconds: 0.05};
      const persisters = [
        await createPgPersister(stores[0], lentByPg, quick),
        await createPostgresPersister(stores[1], lentByPostgres, quick),
      ];
      for (const persister of persisters) {
        await persister.startAutoPersisting();
      }
      stores[0].setCell('pets', 'fido', 'age', 1);
      await until(stores[1], () => stores[1].getCell('pets', 'fido', 'age') === 1);
      stores[1].setCell('pets', 'fido', 'age', 2);
      await until(stores[0], () => stores[0].getCell('pets', 'fido', 'age') === 2);
      for (const persister of persisters) {
        await persister.destroy();
      }
    }
    const {rows} = await lentByPg.query('SELECT pg_listening_channels()');
    expect(rows).toEqual([]);
    lentByPg.release();
    lentByPostgres.release();
  },
);
