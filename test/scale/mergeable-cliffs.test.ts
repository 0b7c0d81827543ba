// Mergeable stores in mode `rows` at the sizes at which limits of SQLite and its bindings lie, and what their edits cost, counted.

import {isDeepStrictEqual} from 'node:util';
import {expect, test} from 'vitest';
import type {Row, Table} from '../../src/base/content.ts';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {DRIVERS, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const CONFIG = {mode: 'rows'} as const;
const DAY_MS = 86_400_000;

const tableOf = (rowCount: number, cellsARow: number): Table => {
  const table: Table = {};
  for (let row = 0; row < rowCount; row++) {
    const cells: Row = {};
    for (let cell = 0; cell < cellsARow; cell++) {
      cells[`cell${cell}`] = row + cell;
    }
    table[`row${row}`] = cells;
  }
  return table;
};

const load = async (path: string): Promise<MergeableStore> => {
  const store = createMergeableStore();
  const {persister, close} = openDatabase(path, CONFIG, {store});
  await persister.load();
  expect(persister.getDurability().pendingCount).toBe(0);
  await close();
  return store;
};

const expectStored = async (path: string, store: MergeableStore): Promise<void> => {
  const stored = (await load(path)).getMergeableContent();
  // Told by one word: a difference of 100,000 rows helps nobody.
  expect(isDeepStrictEqual(stored, store.getMergeableContent())).toBe(true);
};

test.each([
  ['some', 7_000, 5],
  ['many', 40_000, 3],
  ['very many', 100_000, 2],
  ['wide', 40, 2_500],
  ['one as wide as can be', 1, 65_536],
] as const)(
  '[MS10] [PR4] %s rows (%d of %d cells) are saved, edited, deleted with their table, and forgotten',
  async (_name, rowCount, cellsARow) => {
    const path = createFolder()('store.sqlite');
    let daysAgo = 10;
    const store = createMergeableStore('store', () => Date.now() - daysAgo * DAY_MS);
    store.setTables({pets: tableOf(rowCount, cellsARow), few: {row: {cell: 1}}});
    const {persister, close} = openDatabase(path, CONFIG, {store, journalMode: 'WAL'});
    await persister.startAutoSave();
    await expectStored(path, store);

    store.transaction(() => {
      for (let row = 0; row < rowCount; row++) {
        store.setCell('pets', `row${row}`, 'cell0', -1);
      }
    });
    await persister.whenDurable();
    await expectStored(path, store);

    store.delTable('pets');
    await persister.whenDurable();
    await expectStored(path, store);

    daysAgo = 0;
    await persister.compact({beforeMs: Date.now() - DAY_MS});
    await close();
    const stored = await load(path);
    expect(stored.getContent()).toEqual([{few: {row: {cell: 1}}}, {}]);
    expect(Object.keys(stored.getMergeableContent()[0][0])).toEqual(['few']);
  },
);

test('[MS13] [PR4] who comes back with 40,000 rows that are forgotten deletes them, and goes on', async () => {
  const path = createFolder()('store.sqlite');
  let daysAgo = 10;
  const straggler = createMergeableStore('straggler', () => Date.now() - daysAgo * DAY_MS);
  straggler.setTables({pets: tableOf(40_000, 2)}).setValue('open', true);
  const deleter = createMergeableStore('deleter', () => Date.now() - 9 * DAY_MS).merge(straggler);
  deleter.delTables();
  const first = openDatabase(path, CONFIG, {store: deleter as Store, journalMode: 'WAL'});
  await first.persister.save();
  await first.persister.compact({beforeMs: Date.now() - DAY_MS});
  await first.close();
  daysAgo = 0;
  const told: unknown[] = [];
  const second = openDatabase(path, CONFIG, {store: straggler, onIgnoredError: (error) => told.push(error)});
  await second.persister.startAutoPersisting();
  await second.persister.whenDurable();
  expect(straggler.getContent()).toEqual([{}, {open: true}]);
  expect(told).toMatchObject([{code: 'storage/compacted'}]);
  await second.close();
  await expectStored(path, straggler);
});

type Sent = readonly [sql: string, params: readonly unknown[]];
type Edit = (store: Store) => unknown;
const EDITS: readonly (readonly [name: string, edit: Edit])[] = [
  ['one cell set', (store) => store.setCell('pets', 'row7', 'cell1', 1_000)],
  ['one cell deleted', (store) => store.delCell('pets', 'row8', 'cell1', true)],
  ['one row added', (store) => store.setRow('pets', 'new', {cell0: 1, cell1: 2})],
  ['one row deleted', (store) => store.delRow('pets', 'row9')],
  ['one value set', (store) => store.setValue('open', false)],
];

const sendEdits = async (
  store: Store,
  driver: (typeof DRIVERS)[number],
): Promise<readonly (readonly Sent[])[]> => {
  let sent: Sent[] = [];
  const {persister, close} = openDatabase(createFolder()('cost.sqlite'), CONFIG, {
    driver,
    store,
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

test.each(DRIVERS)(
  '[MS11] [PR5] an edit of a mergeable store sends the same in a store of 100 rows as of 20,000, and of one cell at most twice a plain one’s (%s)',
  async (driver) => {
    const fill = (store: Store, rowCount: number) =>
      store.setTables({pets: tableOf(rowCount, 5)}).setValues({open: true});
    const small = await sendEdits(fill(createMergeableStore(), 100), driver);
    const large = await sendEdits(fill(createMergeableStore(), 20_000), driver);
    const plain = await sendEdits(fill(createStore(), 20_000), driver);
    const sqlOf = (sent: readonly Sent[] = []) => sent.map(([sql]) => sql);
    for (const [index, [name]] of EDITS.entries()) {
      const [inSmall, inLarge, inPlain] = [small, large, plain].map((sent) => sent[index] ?? []) as [
        Sent[],
        Sent[],
        Sent[],
      ];
      expect(sqlOf(inLarge), name).toEqual(sqlOf(inSmall));
      expect(countBytes(inLarge), name).toBe(countBytes(inSmall));
      expect(inLarge.length, name).toBeLessThanOrEqual(inPlain.length);
      console.log(
        `${driver}, ${name}: ${inLarge.length} statements, ${countBytes(inLarge)} bytes; plain ${inPlain.length}, ${countBytes(inPlain)}`,
      );
    }
    expect(countBytes(large[0] ?? [])).toBeLessThanOrEqual(countBytes(plain[0] ?? []) * 2);
  },
);
