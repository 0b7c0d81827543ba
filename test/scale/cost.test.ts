// What an edit costs, counted: the same in a small store and in a large one.

import {expect, test} from 'vitest';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, DRIVERS, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

type Sent = readonly [sql: string, params: readonly unknown[]];

const EDITS: readonly (readonly [name: string, edit: (store: Store) => unknown, maxStatements: number])[] = [
  ['one cell set', (store) => store.setCell('pets', 'row7', 'name', 'Rex'), 2],
  ['one cell deleted', (store) => store.delCell('pets', 'row8', 'name'), 2],
  ['one row added', (store) => store.setRow('pets', 'new', {name: 'Rex', age: 1}), 2],
  ['one row deleted', (store) => store.delRow('pets', 'row9'), 2],
  ['one value set', (store) => store.setValue('open', false), 2],
];

const fill = (rowCount: number): Store => {
  const store = createStore();
  store.transaction(() => {
    for (let row = 0; row < rowCount; row++) {
      store.setRow('pets', `row${row}`, {name: `name ${row}`, age: row % 20, isSold: row % 2 === 0});
    }
    store.setValues({open: true});
  });
  return store;
};

/** What each of the edits sends, in a store of so many rows. */
const sendEdits = async (
  layout: 'rows' | 'tabular',
  driver: (typeof DRIVERS)[number],
  rowCount: number,
): Promise<Sent[][]> => {
  let sent: Sent[] = [];
  const {store, persister, close} = openDatabase(createFolder()('cost.sqlite'), configOf(layout, ['pets']), {
    driver,
    store: fill(rowCount),
    journalMode: 'WAL',
    onSqlCommand: (sql, params = []) => sent.push([sql, params]),
  });
  await persister.startAutoSave();
  const sentByEdit: Sent[][] = [];
  for (const [, edit] of EDITS) {
    sent = [];
    edit(store);
    await persister.whenDurable();
    sentByEdit.push(sent);
  }
  await close();
  return sentByEdit;
};

const countBytes = (sent: readonly Sent[]): number =>
  sent.reduce((sum, [sql, params]) => sum + sql.length + JSON.stringify(params).length, 0);

test.each(DRIVERS.flatMap((driver) => [['rows', driver] as const, ['tabular', driver] as const]))(
  '[PR5] [RW1] an edit sends the same in a store of 100 rows as of 20,000 (%s, %s)',
  async (layout, driver) => {
    const small = await sendEdits(layout, driver, 100);
    const large = await sendEdits(layout, driver, 20_000);
    for (const [index, [name, , maxStatements]] of EDITS.entries()) {
      const inSmall = small[index] as Sent[];
      const inLarge = large[index] as Sent[];
      expect(inLarge, name).toEqual(inSmall);
      expect(countBytes(inLarge), name).toBeLessThan(800);
      expect(inLarge[0]?.[0], name).toBe('BEGIN IMMEDIATE');
      expect(inLarge.at(-1)?.[0], name).toBe('COMMIT');
      expect(inLarge.length - 2, name).toBeLessThanOrEqual(maxStatements);
      console.log(
        `${layout}, ${driver}, ${name}: ${inLarge.length} statements, ${countBytes(inLarge)} bytes`,
      );
    }
  },
);
