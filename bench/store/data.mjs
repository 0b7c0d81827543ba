// The data of the benchmarks: rows of five cells, two of them strings of their own, one shared, a number, a boolean.

export const ROW_COUNT = 100_000;
export const CELL_COUNT = 5;

export const createTables = () => {
  const people = {};
  for (let row = 0; row < ROW_COUNT; row++) {
    people[`row${row}`] = {
      name: `name ${row}`,
      age: row % 100,
      open: row % 2 === 0,
      price: row * 1.5,
      city: `city${row % 1000}`,
    };
  }
  return {people};
};

/** The two packages under the names that the tables print; `--dist` takes the built package instead of the sources. */
export const createStoreOf = {
  holdfast: async () =>
    (await import(process.argv.includes('--dist') ? '../../dist/entry/store.js' : '../../src/entry/store.ts'))
      .createStore,
  tinybase: async () => (await import('tinybase/store')).createStore,
};
