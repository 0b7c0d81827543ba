// What is measured: `prepare` is not, `run` is. `target` is how many times as fast as tinybase it must be.

import {createTables, ROW_COUNT} from './data.mjs';

const tables = createTables();
const table = tables.people;
const rowIds = Object.keys(table);

const filled = (createStore) => createStore().setTables(tables);
let json;
let sink;

/** One call for each row; the result is in microseconds a call. */
const eachRow = (name, target, call, prepare = filled) => ({
  name,
  target,
  unit: 'µs',
  prepare,
  run: (store, round) => {
    for (let row = 0; row < ROW_COUNT; row++) sink = call(store, rowIds[row], row, round);
  },
});

const once = (name, target, run, prepare = filled) => ({name, target, unit: 'ms', prepare, run});

export const cases = [
  // Fresh data each time, as it comes from a disk.
  once(
    'setTables',
    5,
    ([store, data]) => store.setTables(data),
    (create) => [create(), createTables()],
  ),
  once(
    'setRow in one transaction',
    5,
    (store) => {
      store.transaction(() => {
        for (const rowId of rowIds) store.setRow('people', rowId, table[rowId]);
      });
    },
    (create) => create(),
  ),
  once(
    'setContent',
    5,
    ([store, data]) => store.setContent([data, {}]),
    (create) => [create(), createTables()],
  ),
  once(
    'setContent, changes asked for',
    1,
    ([store, data]) => store.setContent([data, {}]),
    (create) => {
      const store = create();
      store.addDidFinishTransactionListener(() => {
        sink = store.getTransactionChanges();
      });
      return [store, createTables()];
    },
  ),
  once(
    'setJson',
    1,
    (store) => store.setJson(json),
    (create) => {
      json ??= filled(create).getJson();
      return create();
    },
  ),
  once(
    'addRow in one transaction',
    1,
    (store) => {
      store.transaction(() => {
        for (const rowId of rowIds) store.addRow('people', table[rowId]);
      });
    },
    (create) => create(),
  ),
  eachRow('setCell', 6, (store, rowId, row, round) => store.setCell('people', rowId, 'age', row + round)),
  eachRow(
    'setCell, one cell listener',
    6,
    (store, rowId, row, round) => store.setCell('people', rowId, 'age', row + round),
    (create) => {
      const store = filled(create);
      store.addCellListener('people', null, 'age', () => sink++);
      return store;
    },
  ),
  once('setCell x 100,000 in one transaction', 1, (store, round) => {
    store.transaction(() => {
      for (let row = 0; row < ROW_COUNT; row++) store.setCell('people', rowIds[row], 'age', row + round);
    });
  }),
  eachRow('getCell', 1, (store, rowId) => store.getCell('people', rowId, 'age')),
  eachRow('getRow', 3, (store, rowId) => store.getRow('people', rowId)),
  once('getTable', 1, (store) => store.getTable('people')),
  once('getContent', 1, (store) => store.getContent()),
  once('getJson', 1, (store) => store.getJson()),
  once('getRowIds x 20', 1, (store) => {
    for (let time = 0; time < 20; time++) {
      sink = store.getRowIds('people');
    }
  }),
  once('forEachRow and its cells', 1, (store) => {
    store.forEachRow('people', (_rowId, forEachCell) =>
      forEachCell((_cellId, cell) => {
        sink = cell;
      }),
    );
  }),
  once('getSortedRowIds by a number', 1, (store) => store.getSortedRowIds('people', 'age')),
  once('getSortedRowIds by a string, first ten', 1, (store) =>
    store.getSortedRowIds('people', 'name', true, 0, 10),
  ),
  once('delTable', 1, (store) => store.delTable('people'), filled),
];

/** Cases whose `run` uses its store up need a new one each round. */
export const usesUp = (name) => /^(setTables|setRow|setContent|setJson|addRow|delTable)/.test(name);
