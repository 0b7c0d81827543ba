import {describe, expect, test} from 'vitest';
import {type DatabasePersisterConfig, resolveDatabaseConfig} from './database-config.ts';

const resolve = (config: unknown) => resolveDatabaseConfig(config as DatabasePersisterConfig);
const common = {autoLoadIntervalSeconds: 1, busyTimeoutMs: undefined, schemaVersion: undefined, migrate: {}};

describe('defaults', () => {
  test('[PR10] no configuration, and a name, mean mode json', () => {
    const json = {...common, mode: 'json', storeIdColumnName: '_id', storeColumnName: 'store'};
    expect(resolve(undefined)).toEqual({...json, storeTableName: 'tinybase'});
    expect(resolve('my_table')).toEqual({...json, storeTableName: 'my_table'});
    expect(resolve({mode: 'json'})).toEqual({...json, storeTableName: 'tinybase'});
  });

  test('of mode rows', () => {
    expect(resolve({mode: 'rows', busyTimeoutMs: 0})).toEqual({
      ...common,
      mode: 'rows',
      storeTableName: 'holdfast',
      busyTimeoutMs: 0,
    });
  });

  test('of mode tabular: nothing is loaded or saved that is not named', () => {
    expect(resolve({mode: 'tabular'})).toEqual({
      ...common,
      mode: 'tabular',
      load: [],
      save: [],
      valuesLoad: false,
      valuesSave: false,
      valuesTableName: 'tinybase_values',
    });
  });

  test('[TB4] of tables of mode tabular', () => {
    const condition = '$tableName.sold = 0';
    const {load, save, valuesLoad, valuesSave} = resolve({
      mode: 'tabular',
      tables: {
        load: {pets: 'p', shops: {tableId: 's', rowIdColumnName: 'id', condition}},
        save: {
          p: 'pets',
          s: {tableName: 'shops', deleteEmptyTable: true},
          o: {tableName: 'owners', condition: 'true'},
        },
      },
      values: {load: ['a'], save: true},
    }) as Extract<ReturnType<typeof resolveDatabaseConfig>, {mode: 'tabular'}>;
    expect(load).toEqual([
      {tableName: 'pets', tableId: 'p', rowIdColumnName: '_id', condition: undefined},
      {tableName: 'shops', tableId: 's', rowIdColumnName: 'id', condition},
    ]);
    const never = {deleteEmptyColumns: false, deleteEmptyTable: false};
    expect(save).toMatchObject([
      {...never, tableName: 'pets', tableId: 'p', rowIdColumnName: '_id', condition: undefined},
      // What is loaded under a condition is deleted under it.
      {...never, tableName: 'shops', tableId: 's', deleteEmptyTable: true, condition},
      {...never, tableName: 'owners', tableId: 'o', condition: undefined},
    ]);
    expect([valuesLoad, valuesSave]).toEqual([['a'], true]);
  });
});

describe('misspelt options', () => {
  const misspelt: readonly (readonly [object, string])[] = [
    [{mode: 'json', storeTablename: 'x'}, 'storeTableName'],
    [{mode: 'rows', tableName: 'x'}, 'tableName'],
    [{mode: 'json', autoLoadIntervalSecond: 1}, 'autoLoadIntervalSeconds'],
    [{mode: 'tabular', table: {}}, 'tables'],
    [{mode: 'tabular', tables: {loads: {}}}, 'load'],
    [{mode: 'tabular', values: {tablename: 'x'}}, 'tableName'],
    [{mode: 'tabular', tables: {load: {pets: {tableID: 'p'}}}}, 'tableId'],
    [
      {mode: 'tabular', tables: {save: {p: {tableName: 'pets', deleteEmptyColumn: true}}}},
      'deleteEmptyColumns',
    ],
    [{mode: 'tabular', tables: {save: {p: {tableName: 'pets', rowidColumnName: 'id'}}}}, 'rowIdColumnName'],
  ];

  test.each(misspelt)('[PE9] %j is refused, and "%s" named', (config, meant) => {
    expect(() => resolve(config)).toThrow(
      expect.objectContaining({
        code: 'argument/unknown-option',
        message: expect.stringContaining(`"${meant}"`),
      }),
    );
  });

  test('[PE9] a misspelt mode is refused', () => {
    expect(() => resolve({mode: 'tabluar'})).toThrow('"tabular" may be meant');
    expect(() => resolve({mode: 'x'})).toThrow('it is one of json, tabular, rows');
    expect(() => resolve({})).toThrow('Unknown mode');
  });
});

describe('wrong options', () => {
  const wrong: readonly unknown[] = [
    7,
    null,
    {mode: 'json', storeTableName: 7},
    {mode: 'json', autoLoadIntervalSeconds: 0},
    {mode: 'json', autoLoadIntervalSeconds: Number.NaN},
    {mode: 'rows', schemaVersion: 0},
    {mode: 'rows', schemaVersion: 1.5},
    {mode: 'rows', migrate: {2: () => undefined}},
    {mode: 'rows', schemaVersion: 2, migrate: {3: () => undefined}},
    {mode: 'rows', schemaVersion: 2, migrate: {1: () => undefined}},
    {mode: 'tabular', tables: {load: {pets: {}}}},
    {mode: 'tabular', tables: {save: {pets: {}}}},
    {mode: 'tabular', tables: {load: {pets: {tableId: 'p', condition: 'sold = 0'}}}},
    {mode: 'tabular', values: {load: 'all'}},
  ];

  test.each(wrong.map((config) => [config]))('%j is refused', (config) => {
    expect(() => resolve(config)).toThrow(expect.objectContaining({code: 'argument/invalid'}));
  });
});
