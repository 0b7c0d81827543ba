// The edits of writers who write to one place at once, and what is there when all have made theirs: rows, a row that
// was deleted, a cell in a row that all of them edit, and a value each.

import type {Content} from '../../src/base/content.ts';
import type {Store} from '../../src/entry/store.ts';

export const RIVAL_TABLES = ['pets', 'shared'] as const;

const ROWS_A_WRITER = 25;

/** Makes edit `k` (from 1) of a writer, as one transaction. */
export const editAsRival = (store: Store, writer: string, k: number): void => {
  store.transaction(() => {
    store.setPartialRow('pets', `${writer}${k % ROWS_A_WRITER}`, {
      edit: k,
      isOdd: k % 2 === 1,
      owner: writer,
    });
    store.setRow('pets', `${writer}-new${k}`, {edit: k});
    store.delRow('pets', `${writer}-new${k - 1}`);
    store.setCell('shared', 'row', writer, k);
    store.setValue(writer, k);
  });
};

/** What is there when each of the writers has made its edits 1 to `count`. */
export const contentOfRivals = (writers: readonly string[], count: number): Content => {
  const [tables, values]: Content = [{pets: {}, shared: {row: {}}}, {}];
  for (const owner of writers) {
    for (let edit = Math.max(1, count - ROWS_A_WRITER + 1); edit <= count; edit++) {
      tables.pets = {
        ...tables.pets,
        [`${owner}${edit % ROWS_A_WRITER}`]: {edit, isOdd: edit % 2 === 1, owner},
        [`${owner}-new${count}`]: {edit: count},
      };
    }
    tables.shared = {row: {...tables.shared?.row, [owner]: count}};
    values[owner] = count;
  }
  return [tables, values];
};

/** Whether a store has the last edits of all writers. */
export const hasAllEdits = (store: Store, writers: readonly string[], count: number): boolean =>
  writers.every(
    (writer) =>
      store.getValue(writer) === count &&
      store.getCell('shared', 'row', writer) === count &&
      store.hasRow('pets', `${writer}-new${count}`) &&
      !store.hasRow('pets', `${writer}-new${count - 1}`),
  );
