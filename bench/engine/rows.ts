// The rows that the benchmarks store.

export type BenchRow = {name: string; count: number; score: number; active: boolean; note: string};

/** Row ids and rows of five cells: two strings, two numbers, a boolean. */
export const makeRows = (rowCount: number): {[rowId: string]: BenchRow} => {
  const rows: {[rowId: string]: BenchRow} = {};
  for (let index = 0; index < rowCount; index++) {
    rows[`row${index}`] = {
      name: `name ${index}`,
      count: index,
      score: index * 1.5,
      active: index % 2 === 0,
      note: `some text ${index % 100}`,
    };
  }
  return rows;
};
