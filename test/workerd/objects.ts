// A Worker with a Durable Object in which tests run: the suites' tests by title, and the steps of other tests by name.
// Bundled and started by `workerd.ts`; each test has an object, and so a database, of its own.

import {createMergeableStore} from 'tinybase';
import {createDurableObjectSqlStoragePersister as createTinyBasePersister} from 'tinybase/persisters/persister-durable-object-sql-storage';
import {
  type DurableObjectSqlHost,
  durableObjectSqlDriver,
} from '../../src/driver/durable-object-sql-driver.ts';
import {
  createDurableObjectSqlStoragePersister,
  type DurableObjectSqlDatabasePersisterConfig,
} from '../../src/entry/persisters/persister-durable-object-sql-storage.ts';
import {isHoldfastError} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import type {PersistableStore} from '../../src/persister/persistable-store.ts';
import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import type {DatabasePersisterConfig} from '../../src/storage/database-config.ts';
import {badInputSuite} from '../../src/testing/bad-input.suite.ts';
import {driverSuite} from '../../src/testing/driver.suite.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {suiteConfigOf} from '../../src/testing/suite-config.ts';
import {tablesSuite} from '../../src/testing/tables.suite.ts';
import {collectSuites} from '../contract/collected-suites.ts';
import {serveSteps} from './serve-steps.ts';

type Skip = {readonly [rule: string]: string};
export interface SuiteSkips {
  readonly driver: Skip;
  readonly storage: Skip;
  readonly persister: Skip;
  readonly tables: Skip;
  readonly badInput: Skip;
  /** For the layout `tabular` alone. */
  readonly tabular: Skip;
}
type Given = 'storage' | 'sql';

const configs: {readonly [name: string]: DurableObjectSqlDatabasePersisterConfig} = {
  json: suiteConfigOf('json'),
  tabular: suiteConfigOf('tabular'),
  rows: suiteConfigOf('rows'),
  fragmented: {mode: 'fragmented', storagePrefix: 'app_'},
};

const collectAll = (host: DurableObjectSqlHost, given: Given, skips: SuiteSkips) => {
  const collected = collectSuites();
  const {runner} = collected;
  const handle = given === 'storage' ? host : host.sql;
  const remove = () => undefined;
  driverSuite({
    name: `a Durable Object, given ctx.${given}`,
    create: () => ({
      open: () => ({driver: durableObjectSqlDriver(handle), close: () => undefined}),
      damage: () => undefined,
      remove,
    }),
    skip: skips.driver,
    runner,
  });
  const open = () => ({
    driver: durableObjectSqlDriver(handle),
    createPersister: (
      store: PersistableStore,
      config?: DatabasePersisterConfig | string,
      onIgnoredError?: (error: unknown) => void,
    ) => createDurableObjectSqlStoragePersister(store, handle, config, undefined, onIgnoredError),
    close: () => undefined,
  });
  tablesSuite({
    name: `a Durable Object, given ctx.${given}`,
    create: () => ({open, remove}),
    skip: skips.tables,
    runner,
  });
  badInputSuite({
    name: `a Durable Object, given ctx.${given}`,
    create: () => ({open, remove}),
    skip: skips.badInput,
    runner,
  });
  for (const [layout, layoutConfig] of Object.entries(configs)) {
    const config = {...layoutConfig, autoLoadIntervalSeconds: 0.05};
    const name = `${layout} over a Durable Object, given ctx.${given}`;
    const skip = layout === 'tabular' ? skips.tabular : {};
    storageSuite({
      name,
      create: () => ({open: () => createDatabaseStorage(durableObjectSqlDriver(handle), config), remove}),
      skip: {...skips.storage, ...skip},
      runner,
    });
    persisterSuite({
      name,
      create: () => ({
        open: (store) => createDurableObjectSqlStoragePersister(store, handle, config),
        remove,
      }),
      skip: {...skips.persister, ...skip},
      runner,
    });
  }
  return collected;
};

const catchCode = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error);
  }
};

const rowsOf = (host: DurableObjectSqlHost, sql: string) =>
  [...host.sql.exec(sql).raw()].map((row) => [...row]);

/** What tests ask an object to do. */
const steps = {
  collect: async (host: DurableObjectSqlHost, given: Given, skips: SuiteSkips) =>
    collectAll(host, given, skips).titles(),

  runTest: async (host: DurableObjectSqlHost, given: Given, skips: SuiteSkips, title: string) =>
    (await collectAll(host, given, skips).run(title)) ?? null,

  save: async (
    host: DurableObjectSqlHost,
    config: DurableObjectSqlDatabasePersisterConfig,
    rowCount: number,
  ) => {
    const store = createStore().setValue('open', true);
    for (let index = 0; index < rowCount; index++) {
      store.setRow('rows', `row ${index}`, {index, text: `text ${index}`, isEven: index % 2 === 0});
    }
    const persister = createDurableObjectSqlStoragePersister(store, host, config);
    await persister.startAutoSave();
    store.setCell('rows', 'row 1', 'text', 'edited');
    await persister.whenDurable();
    await persister.destroy();
    return store.getRowCount('rows');
  },

  load: async (host: DurableObjectSqlHost, config: DurableObjectSqlDatabasePersisterConfig) => {
    const store = createStore();
    const persister = createDurableObjectSqlStoragePersister(store, host.sql, config);
    await persister.load();
    await persister.destroy();
    return [store.getRowCount('rows'), store.getRow('rows', 'row 1'), store.getValues()];
  },

  fillRow: async (host: DurableObjectSqlHost, config: DurableObjectSqlDatabasePersisterConfig) => {
    const store = createStore()
      .setCell('pets', 'fido', 'text', 'x'.repeat(1_999_000))
      .setCell('pets', 'rex', 'a', 1);
    const persister = createDurableObjectSqlStoragePersister(store, host, config);
    await persister.save();
    await persister.destroy();
    const reopened = createStore();
    const other = createDurableObjectSqlStoragePersister(reopened, host, config);
    await other.load();
    await other.destroy();
    return [String(reopened.getCell('pets', 'fido', 'text')).length, reopened.getCell('pets', 'rex', 'a')];
  },

  tooLarge: async (
    host: DurableObjectSqlHost,
    given: Given,
    config: DurableObjectSqlDatabasePersisterConfig,
  ) => {
    const store = createStore().setRow('pets', 'fido', {species: 'dog', age: 1});
    const handle = given === 'storage' ? host : host.sql;
    const persister = createDurableObjectSqlStoragePersister(store, handle, config);
    await persister.save();
    store.setCell('pets', 'fido', 'age', 2).setRow('pets', 'felix', {text: 'x'.repeat(2_200_000)});
    const code = await catchCode(() => persister.save());
    const {state, pendingCount} = persister.getDurability();
    const between = createStore();
    const other = createDurableObjectSqlStoragePersister(between, handle, config);
    await other.load();
    await other.destroy();
    store.setCell('pets', 'felix', 'text', 'short');
    await persister.save();
    await persister.destroy();
    const after = createStore();
    const last = createDurableObjectSqlStoragePersister(after, handle, config);
    await last.load();
    await last.destroy();
    return {code, state, pendingCount, between: between.getTables(), after: after.getTables()};
  },

  migrate: async (host: DurableObjectSqlHost, given: Given, isFailing: boolean) => {
    const store = createStore().setCell('pets', 'fido', 'kind', 'dog');
    const old = createDurableObjectSqlStoragePersister(store, host, {mode: 'rows'});
    await old.save();
    await old.destroy();
    const handle = given === 'storage' ? host : host.sql;
    const newer = createDurableObjectSqlStoragePersister(createStore(), handle, {
      mode: 'rows',
      schemaVersion: 2,
      migrate: {
        2: async (tx) => {
          await tx.setContent([{pets: {fido: {species: 'dog'}}}, {}]);
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (isFailing) {
            throw new Error('no');
          }
        },
      },
    });
    const code = await catchCode(() => newer.load());
    await newer.destroy();
    return [code, rowsOf(host, 'SELECT cells FROM holdfast')];
  },

  // What the host makes of faults itself: the reason why the handle that was given matters.
  observe: async (host: DurableObjectSqlHost) => {
    const run = (work: () => unknown) => {
      try {
        work();
      } catch {
        // The rows tell what came of it.
      }
      return rowsOf(host, 'SELECT id FROM things').flat();
    };
    host.sql.exec('CREATE TABLE things (id TEXT PRIMARY KEY)');
    const several = run(() =>
      host.sql.exec(
        "INSERT INTO things VALUES ('a'); INSERT INTO things VALUES ('b'); INSERT INTO things VALUES ('a')",
      ),
    );
    const wrapped = run(() =>
      host.transactionSync(() => {
        host.sql.exec("INSERT INTO things VALUES ('c')");
        host.sql.exec("INSERT INTO things VALUES ('a')");
      }),
    );
    return {several, wrapped};
  },

  takeOver: async (host: DurableObjectSqlHost, prefix: string) => {
    const theirs = createMergeableStore('theirs');
    theirs.setContent([
      {
        pets: {
          fido: {species: 'dog', sold: true, price: -1.5, owner: null, tags: ['a', {b: 1}]},
          felix: {species: 'cat'},
        },
        'a.b': {'x y': {'c"d': ''}},
      },
      {open: true, motto: 'all', gone: 1},
    ]);
    // biome-ignore lint/suspicious/noExplicitAny: the host's type of it is not there.
    const sql = host.sql as any;
    const written = createTinyBasePersister(theirs, sql, {mode: 'fragmented', storagePrefix: prefix});
    await written.save();
    theirs.delRow('pets', 'felix').delCell('pets', 'fido', 'sold').delValue('gone');
    await written.save();
    await written.destroy();
    const before = tinyBaseRows(host);

    const config = {mode: 'fragmented', storagePrefix: prefix} as const;
    const read = createStore();
    const reading = createDurableObjectSqlStoragePersister(read, host, config);
    await reading.load();
    await reading.destroy();

    // One that has not loaded erases nothing of what it does not know of.
    const edited = createStore();
    const editing = createDurableObjectSqlStoragePersister(edited, host, config);
    await editing.startAutoSave();
    edited.setCell('pets', 'rex', 'species', 'dog');
    await editing.whenDurable();
    await editing.destroy();
    const reopened = createStore();
    const reopening = createDurableObjectSqlStoragePersister(reopened, host, config);
    await reopening.load();
    await reopening.destroy();
    return {
      read: [read.getContent(), JSON.stringify(read.getContent()) === JSON.stringify(theirs.getContent())],
      reopened: reopened.getContent(),
      untouched: JSON.stringify(before) === JSON.stringify(tinyBaseRows(host)),
    };
  },

  mergeableJson: async (host: DurableObjectSqlHost) => {
    const theirs = createMergeableStore('theirs');
    theirs.setContent([{pets: {fido: {species: 'dog'}}}, {}]);
    // biome-ignore lint/suspicious/noExplicitAny: the host's type of it is not there.
    const written = createTinyBasePersister(theirs, host.sql as any);
    await written.save();
    await written.destroy();
    const texts = () => rowsOf(host, 'SELECT store FROM tinybase ORDER BY _id').flat();
    const before = texts();
    const store = createStore().setValue('open', true);
    const persister = createDurableObjectSqlStoragePersister(store, host);
    const code = await catchCode(() => persister.load());
    await persister.destroy();
    return [code, texts().length, texts().every((text) => text === before[0])];
  },

  damagedFragments: async (host: DurableObjectSqlHost) => {
    const theirs = createMergeableStore('theirs');
    theirs.setContent([{pets: {fido: {species: 'dog'}, felix: {species: 'cat'}}}, {open: true}]);
    // biome-ignore lint/suspicious/noExplicitAny: the host's type of it is not there.
    const written = createTinyBasePersister(theirs, host.sql as any, {mode: 'fragmented'});
    await written.save();
    await written.destroy();
    host.sql.exec(`UPDATE tinybase_tables SET value_data = substr(value_data, 1, 9) WHERE row_id = 'felix'`);
    const faults: string[] = [];
    const store = createStore();
    const persister = createDurableObjectSqlStoragePersister(store, host, 'fragmented', undefined, (error) =>
      faults.push(isHoldfastError(error) ? error.code : String(error)),
    );
    await persister.load();
    await persister.destroy();
    return [faults, store.getContent()];
  },
};

const tinyBaseRows = (host: DurableObjectSqlHost) =>
  rowsOf(
    host,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB '*tinybase_tables' OR name GLOB '*tinybase_values')",
  ).map(([name]) => rowsOf(host, `SELECT * FROM "${name}"`));

export type Steps = typeof steps;

const {Tested, worker} = serveSteps(steps);

export {Tested, worker as default};
