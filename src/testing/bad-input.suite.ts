// What must hold, on every driver and in every layout, when what the application gives is odd, or what lies below it goes
// away: awkward names, a handle that is closed or may only read, a table that is dropped meanwhile.

import type {Content} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import {createConnection} from '../driver/connection.ts';
import type {AnyPersister} from '../persister/persister.ts';
import {dialects} from '../sql/dialects.ts';
import {statement} from '../sql/statement.ts';
import type {DatabasePersisterConfig} from '../storage/database-config.ts';
import {createStore} from '../store/create-store.ts';
import type {Store} from '../store/store.ts';
import {exactText} from './exact-text.ts';
import {suiteModes} from './suite-config.ts';
import type {OpenTables, TablesPlace} from './tables.suite.ts';
import {catchError, createRuleTest, type SuiteOptions} from './test-runner.ts';

const LONG_NAME = `seventy ${'x'.repeat(62)}`;
const NAMES = [
  'a "quoted" name',
  "an apostrophe's",
  'a.dotted.name',
  'with spaces and 😀',
  "x'; DROP TABLE kept; --",
  'x"; DROP TABLE kept; --',
  '$1 ? :name @p %s',
  'select',
  'ÄÖÜ',
  LONG_NAME,
];

const PETS: Content = [{pets: {fido: {species: 'dog'}, felix: {species: 'cat'}}}, {open: true}];

type Mode = (typeof suiteModes)[number];

// Content in tables of one name, whatever the layout.
const namedConfig = (mode: Mode, tableName: string): DatabasePersisterConfig =>
  mode === 'tabular'
    ? {
        mode,
        tables: {load: {[tableName]: 'pets'}, save: {pets: tableName}},
        values: {load: true, save: true, tableName: `${tableName.slice(0, 40)} values`},
      }
    : {mode, storeTableName: tableName};

/** Certifies a driver on bad input: `badInputSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const badInputSuite = (options: SuiteOptions<TablesPlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  const reopen = async (database: OpenTables, config: DatabasePersisterConfig): Promise<Store> => {
    const store = createStore();
    const persister = await database.createPersister(store, config);
    await persister.load();
    await persister.destroy();
    return store;
  };

  const start = async (
    database: OpenTables,
    config: DatabasePersisterConfig,
  ): Promise<{store: Store; persister: AnyPersister}> => {
    const store = createStore();
    const persister = await database.createPersister(store, config);
    // Heard here, faults are not told on the console.
    persister.addDurabilityListener(() => undefined);
    return {store, persister};
  };

  runner.describe(`bad input ${name}`, () => {
    for (const mode of suiteModes) {
      rule(
        `[BI1] takes every name for tables, cells and ids, and SQL in them for text: ${mode}`,
        async (place) => {
          const database = await place.open('read-write');
          await database.driver.query(statement('CREATE TABLE kept (id TEXT PRIMARY KEY)'));
          const {maxNameBytes} = dialects[database.driver.dialect];
          if (maxNameBytes < 70) {
            const refused = await catchError(async () =>
              database.createPersister(createStore(), namedConfig(mode, LONG_NAME)),
            );
            expect(isHoldfastError(refused) && refused.code).toBe('argument/invalid');
          }
          for (const tableName of NAMES.filter(({length}) => length < maxNameBytes)) {
            const content: Content = [
              {pets: Object.fromEntries(NAMES.map((id) => [id, {[tableName]: id, [id]: tableName}]))},
              {[tableName]: tableName},
            ];
            const {store, persister} = await start(database, namedConfig(mode, tableName));
            store.setContent(content);
            await persister.save();
            store.setCell('pets', tableName, tableName, 1).delRow('pets', 'select');
            await persister.save();
            await persister.destroy();
            const found = (await reopen(database, namedConfig(mode, tableName))).getContent();
            expect(exactText(found)).toBe(exactText(store.getContent()));
          }
          expect((await database.driver.query(statement('SELECT id FROM kept'))).length).toBe(0);
        },
      );

      rule(
        `[BI2] loads from a handle that may only read, and keeps pending what it may not save: ${mode}`,
        async (place) => {
          const config = namedConfig(mode, 'things');
          const writer = await place.open('read-write');
          const written = await start(writer, config);
          written.store.setContent(PETS);
          await written.persister.save();
          await written.persister.destroy();
          await writer.close();

          const {store, persister} = await start(await place.open('read-only'), config);
          await persister.load();
          expect(exactText(store.getContent())).toBe(exactText(PETS));
          store.setCell('pets', 'fido', 'sold', true);
          const error = await catchError(() => persister.save());
          expect(isHoldfastError(error) && error.code).toBe('driver/read-only');
          expect(persister.getDurability().state).toBe('failing');
          expect(store.getCell('pets', 'fido', 'sold')).toBe(true);
          await catchError(() => persister.destroy());
        },
      );

      rule(
        `[BI3] says that its handle is closed, and keeps what it could not save pending: ${mode}`,
        async (place) => {
          const config = namedConfig(mode, 'things');
          const database = await place.open('read-write');
          const {store, persister} = await start(database, config);
          store.setContent(PETS);
          await persister.save();
          await database.close();
          store.setValue('open', false);
          const errors = [await catchError(() => persister.save()), await catchError(() => persister.load())];
          expect(errors.map((error) => isHoldfastError(error) && error.code)).toEqual([
            'driver/closed',
            'driver/closed',
          ]);
          expect(persister.getDurability().state).toBe('failing');
          await catchError(() => persister.destroy());
          const again = await place.open('read-write');
          expect(exactText((await reopen(again, config)).getContent())).toBe(exactText(PETS));
        },
      );

      rule(`[BI4] writes the store anew where its table was dropped meanwhile: ${mode}`, async (place) => {
        const config = namedConfig(mode, 'things');
        const database = await place.open('read-write');
        const {store, persister} = await start(database, config);
        store.setContent(PETS);
        await persister.startAutoPersisting();
        await persister.whenDurable();
        const {quote} = dialects[database.driver.dialect];
        await createConnection(database.driver).query(statement(`DROP TABLE ${quote('things')}`));
        store.setCell('pets', 'fido', 'sold', true);
        await persister.whenDurable();
        await persister.destroy();
        const found = (await reopen(database, config)).getContent();
        expect(exactText(found)).toBe(
          exactText([{pets: {fido: {species: 'dog', sold: true}, felix: {species: 'cat'}}}, {open: true}]),
        );
      });
    }
  });
};
