import {createRequire} from 'node:module';
import {expect, onTestFinished, test} from 'vitest';
import {componentFolder} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import {createFolder, type DatabaseKind} from '../../test/contract/databases.ts';
import {createElectricSqlPersister} from '../entry/persisters/persister-electric-sql.ts';
import {createStore} from '../entry/store.ts';
import {type ElectricSqlClient, electricSqlDriver} from './electric-sql-driver.ts';

type Client = ElectricSqlClient & {
  readonly adapter: {query(statement: {sql: string}): Promise<object[]>};
  readonly notifier: {actuallyChanged(dbName: string, changes: object[], origin: string): void};
  readonly satellite: {stop(): Promise<void>};
};
type Db = {readonly open: boolean; exec(sql: string): void; pragma(sql: string): void; close(): void};

const folder = componentFolder('electric-sql');
const Database = createRequire(`${folder}package.json`)('better-sqlite3') as new (
  path: string,
  options: object,
) => Db;
const importElectric = (path: string) =>
  import(/* @vite-ignore */ `${folder}node_modules/electric-sql/dist/${path}/index.js`);
const {electrify} = (await importElectric('drivers/better-sqlite3')) as {
  electrify(db: Db, schema: object, config: object): Promise<Client>;
};
const {DbSchema} = (await importElectric('client/model')) as {
  DbSchema: new (tables: object, migrations: object[], pgMigrations: object[]) => object;
};

// No server of Electric is there: the client goes on without.
const electrified = async (path: string, mode = 'read-write') => {
  const db = new Database(path, {readonly: mode === 'read-only', timeout: 0});
  const client = await electrify(db, new DbSchema({}, [], []), {url: 'http://127.0.0.1:1', auth: {}});
  return {
    client,
    close: async () => {
      await client.satellite.stop();
      db.close();
    },
  };
};

const electricSql: DatabaseKind = {
  name: 'electric-sql over better-sqlite3',
  open: async (path, mode) => {
    const {client, close} = await electrified(path, mode);
    return {
      driver: electricSqlDriver(client),
      createPersister: (store, config, onIgnoredError) =>
        createElectricSqlPersister(store, client, config, undefined, onIgnoredError),
      close,
    };
  },
};

certifyDriver(electricSql, {
  persisterLayouts: ['rows'],
  isTold: true,
  driver: {
    CN3: 'its calls return promises',
    '[DR4] tells that the handle is read-only': 'it writes tables of its own when it opens',
    '[DR4] tells that the file is no database': 'it cannot be opened then',
  },
});

const setUp = async () => {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const path = `${folder.path}/database.sqlite`;
  const open = async () => {
    const {client, close} = await electrified(path);
    onTestFinished(close);
    return client;
  };
  return {one: await open(), other: await open(), path};
};

test('another client’s commit, and what Electric brings, are heard long before the interval', async () => {
  const {one, other, path} = await setUp();
  const [saved, listening] = [createStore(), createStore()];
  const config = {mode: 'rows', autoLoadIntervalSeconds: 3_600} as const;
  const saving = createElectricSqlPersister(saved, one, config);
  const loading = createElectricSqlPersister(listening, other, config);
  await saving.startAutoSave();
  await loading.startAutoLoad();
  const hear = () => new Promise((resolve) => listening.addRowListener('pets', null, resolve));

  let heard = hear();
  saved.setRow('pets', 'fido', {species: 'dog'});
  await heard;
  heard = hear();
  await other.adapter.query({
    sql: `UPDATE holdfast SET cells = '{"species":"fox"}' WHERE row_id = 'fido' RETURNING 1`,
  });
  await other.adapter.query({
    sql: "INSERT INTO holdfast_log (table_id, row_id) VALUES ('pets', 'fido') RETURNING 1",
  });
  const changed = [{qualifiedTablename: {namespace: 'main', tablename: 'holdfast'}}];
  other.notifier.actuallyChanged(path, changed, 'remote');
  await heard;
  expect(listening.getTables()).toEqual({pets: {fido: {species: 'fox'}}});
  await saving.destroy();
  await loading.destroy();
});

test('Electric is told of each write, and of no read', async () => {
  const {one} = await setUp();
  const store = createStore().setCell('pets', 'fido', 'species', 'dog');
  const persister = createElectricSqlPersister(store, one, {mode: 'rows'});
  expect(persister.getElectricClient()).toBe(one);
  let toldCount = 0;
  const unsubscribe = one.notifier.subscribeToPotentialDataChanges(() => toldCount++);
  await persister.save();
  expect(toldCount).toBe(1);
  await persister.load();
  expect(toldCount).toBe(1);
  unsubscribe();
  await persister.destroy();
});

test('[CN7] what is no client of Electric is refused at once', () => {
  for (const given of [undefined, {}, {adapter: {}, notifier: {}}]) {
    expect(() => createElectricSqlPersister(createStore(), given as never)).toThrow(
      expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['runExclusively']}}),
    );
  }
});
