import {afterAll, expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createFolder} from '../../test/places/folder.ts';
import {createPostgresSchemas, POSTGRES_SKIP} from '../../test/places/postgres.ts';
import {createPglitePersister} from '../entry/persisters/persister-pglite.ts';
import {createStore, type Store} from '../entry/store.ts';
import {exactText} from '../testing/exact-text.ts';
import {type PgliteDatabase, pgliteDriver} from './pglite-driver.ts';

type Pglite = PgliteDatabase & {close(): Promise<void>};

const {PGlite} = await importComponent<{PGlite: {create(folder?: string): Promise<Pglite>}}>(
  'pglite',
  '@electric-sql/pglite',
);

// It takes seconds to start: one for all tests, and a schema for each place.
const pglite = await PGlite.create();
afterAll(() => pglite.close());
const schemas = createPostgresSchemas();

const open: DatabaseKind['open'] = async (path) => {
  const schemaName = await schemas.nameFor(path, (sql) => pglite.query(sql));
  await pglite.query(`SET search_path TO ${schemaName}`);
  return {
    driver: pgliteDriver(pglite),
    createPersister: (store, config, onIgnoredError) =>
      createPglitePersister(store, pglite, config, undefined, onIgnoredError),
    close: () => undefined,
  };
};

certifyDriver(
  {name: 'pglite', open},
  {
    driver: {
      ...POSTGRES_SKIP,
      CN4: 'nobody else can lock it',
      '[DR4] tells that another handle holds the lock': 'nobody else can lock it',
      '[DR4] tells that the handle is read-only': 'a PGlite cannot be opened read-only',
      '[DR4] tells that the handle is closed': 'all that a test opens share one PGlite',
    },
  },
);

test('[PR1] what a PGlite in a folder was given is there when it is opened again', async () => {
  const path = createFolder();
  const tables = {pets: 'pets'};
  const configs = [
    {mode: 'json'},
    {mode: 'rows'},
    {mode: 'tabular', tables: {load: tables, save: tables}, values: {load: true, save: true}},
  ] as const;
  const written = createStore()
    .setRow('pets', '__proto__', {
      cell: 'nul\0inside',
      other: -0,
      lone: '\uD83D',
      big: 2 ** 63,
      list: [-0, '\0'],
    })
    .setValue('open', true);
  for (const isClean of [true, false]) {
    const abandoned: {destroy(): Promise<unknown>}[] = [];
    const first = await PGlite.create(path('data'));
    for (const config of configs) {
      const persister = await createPglitePersister(written, first, config);
      await persister.startAutoPersisting();
      if (isClean) {
        await persister.destroy();
      } else {
        abandoned.push(persister);
      }
    }
    await first.close();
    await Promise.all(abandoned.map((persister) => persister.destroy()));
    const second = await PGlite.create(path('data'));
    for (const config of configs) {
      const store = createStore();
      const persister = await createPglitePersister(store, second, config);
      await persister.startAutoLoad();
      expect(exactText(store.getContent())).toBe(exactText(written.getContent()));
      await persister.destroy();
    }
    // What the first left behind when it was closed beneath its persisters has gone with the second.
    const {rows} = await second.query("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'holdfast%'");
    expect(rows).toEqual([]);
    await second.close();
  }
});

test('[WA1] stores over one PGlite hear of one another, and of SQL of the application’s', async () => {
  const own = await PGlite.create();
  const config = {
    mode: 'tabular',
    tables: {
      load: {pets: {tableId: 'pets', rowIdColumnName: 'id'}},
      save: {pets: {tableName: 'pets', rowIdColumnName: 'id'}},
    },
    autoLoadIntervalSeconds: 100_000,
  } as const;
  await own.query('CREATE TABLE pets (id int PRIMARY KEY, name text)');
  const stores = [createStore(), createStore()] as const;
  const persisters = [
    await createPglitePersister(stores[0], own, config),
    await createPglitePersister(stores[1], own, config),
  ];
  for (const persister of persisters) {
    await persister.startAutoPersisting();
  }
  const heard = (store: Store, rowId: string, name: string) =>
    new Promise<void>((resolve) => {
      store.addCellListener('pets', rowId, 'name', (...args) => {
        args[4] === name && resolve();
      });
    });
  const byStore = heard(stores[1], '1', 'Fido');
  stores[0].setCell('pets', '1', 'name', 'Fido');
  await byStore;
  const bySql = stores.map((store) => heard(store, '2', 'Rex'));
  await own.query("INSERT INTO pets VALUES (2, 'Rex')");
  await Promise.all(bySql);
  for (const persister of persisters) {
    await persister.destroy();
  }
  await own.close();
});

test('[DR4] a PGlite that is closed says so', async () => {
  const closed = await PGlite.create();
  await closed.close();
  const faults: unknown[] = [];
  const persister = await createPglitePersister(
    createStore(),
    closed,
    {mode: 'rows'},
    undefined,
    (fault: unknown) => faults.push(fault),
  );
  await persister.save();
  expect(faults[0]).toMatchObject({code: 'driver/closed'});
  await persister.destroy();
});

test('[CN7] what is no PGlite is refused', async () => {
  await expect(createPglitePersister(createStore(), {query: () => undefined} as never)).rejects.toMatchObject(
    {
      code: 'argument/wrong-handle',
      details: {missing: ['listen', 'transaction']},
    },
  );
});
