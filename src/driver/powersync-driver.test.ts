import {basename, dirname} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import {createFolder, type DatabaseKind} from '../../test/contract/databases.ts';
import {createPowerSyncPersister} from '../entry/persisters/persister-powersync.ts';
import {createStore} from '../entry/store.ts';
import {type PowerSyncDatabase, powerSyncDriver} from './powersync-driver.ts';

type Db = PowerSyncDatabase & {
  init(): Promise<void>;
  execute(sql: string): Promise<unknown>;
  close(): Promise<void>;
};

const powerSync = await importComponent<{
  PowerSyncDatabase: new (options: object) => Db;
  Schema: new (tables: object) => object;
  Table: new (columns: object) => object;
  column: {text: unknown};
}>('powersync', '@powersync/node');

const open = async (path: string): Promise<Db> => {
  const db = new powerSync.PowerSyncDatabase({
    schema: new powerSync.Schema({animals: new powerSync.Table({species: powerSync.column.text})}),
    database: {
      dbFilename: basename(path),
      dbLocation: dirname(path),
      implementation: {type: 'node:sqlite'},
      readWorkerCount: 1,
    },
  });
  await db.init();
  return db;
};

const powerSyncNode: DatabaseKind = {
  name: '@powersync/node',
  open: async (path) => {
    const db = await open(path);
    return {
      driver: powerSyncDriver(db),
      createPersister: (store, config, onIgnoredError) =>
        createPowerSyncPersister(store, db, config, undefined, onIgnoredError),
      close: () => db.close(),
    };
  },
};

certifyDriver(powerSyncNode, {
  persisterLayouts: ['rows'],
  isTold: true,
  driver: {
    CN3: 'its calls return promises',
    '[DR4] tells that the handle is read-only': 'it cannot be opened read-only',
    '[DR4] tells that the file is no database': 'it cannot be opened then',
  },
});

test('saves and loads a table of the schema of PowerSync, which queues what is to be uploaded', async () => {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const db = await open(`${folder.path}/database.sqlite`);
  await db.execute("INSERT INTO animals (id, species) VALUES ('fido', 'dog')");
  const store = createStore();
  const persister = createPowerSyncPersister(store, db, {
    mode: 'tabular',
    tables: {
      load: {animals: {tableId: 'pets', rowIdColumnName: 'id'}},
      save: {pets: {tableName: 'animals', rowIdColumnName: 'id'}},
    },
    autoLoadIntervalSeconds: 3_600,
  });
  await persister.startAutoPersisting();
  const heard = new Promise((resolve) => store.addRowListener('pets', 'felix', resolve));
  await db.execute("INSERT INTO animals (id, species) VALUES ('felix', 'cat')");
  await heard;
  expect(store.getTables()).toEqual({pets: {fido: {species: 'dog'}, felix: {species: 'cat'}}});

  store
    .setCell('pets', 'fido', 'species', 'fox')
    .setRow('pets', 'rex', {species: 'dog'})
    .delRow('pets', 'felix');
  await persister.whenDurable();
  const query = (sql: string) => db.writeLock((context) => context.getAll(sql, []));
  expect(await query('SELECT id, species FROM animals ORDER BY id')).toEqual([
    {id: 'fido', species: 'fox'},
    {id: 'rex', species: 'dog'},
  ]);
  const queue = await query(
    "SELECT data ->> 'op' AS op, data ->> 'id' AS id, data ->> 'data' AS data FROM ps_crud ORDER BY ps_crud.id LIMIT 9 OFFSET 2",
  );
  expect(queue).toEqual([
    {op: 'DELETE', id: 'felix', data: null},
    {op: 'PATCH', id: 'fido', data: '{"species":"fox"}'},
    {op: 'PUT', id: 'rex', data: '{"species":"dog"}'},
  ]);
  await persister.destroy();
  await db.close();
});

test('[CN7] what is no PowerSyncDatabase is refused at once', () => {
  expect(() => createPowerSyncPersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['writeLock']}}),
  );
});
