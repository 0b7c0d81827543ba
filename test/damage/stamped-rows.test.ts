// A mergeable store's rows in mode `rows` that are not what a store wrote: what is damaged is put aside and told of, what is stamped by a
// clock that is ahead is left where it is and told of, and all else is read.

import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {getHlcFunctions} from '../../src/merge/hlc.ts';
import {stampCell} from '../../src/merge/stamped-cells.ts';
import {until} from '../../src/testing/until.ts';
import {catchError} from '../places/catch-error.ts';
import {openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const CONFIG = {mode: 'rows', autoLoadIntervalSeconds: 0.02} as const;
const YEAR_MS = 365 * 86_400_000;

const createPlace = async () => {
  const path = createFolder()('store.sqlite');
  const open = (store: MergeableStore, onIgnoredError?: (error: unknown) => void) =>
    openDatabase(path, CONFIG, {store, ...(onIgnoredError && {onIgnoredError})});
  const store = createMergeableStore();
  store
    .setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}})
    .setValues({open: true, motto: 'x'});
  const {persister, close} = open(store);
  await persister.save();
  await close();
  const raw = new Database(path);
  onTestFinished(() => {
    raw.close();
  });
  const write = (rowId: string, text: unknown) =>
    raw.prepare('UPDATE holdfast SET stamped = CAST(? AS TEXT) WHERE row_id = ?').run(text, rowId);
  const hexOf = (rowId: string) =>
    raw.prepare('SELECT hex(stamped) FROM holdfast WHERE row_id = ?').pluck().get(rowId);
  return {open, store, raw, write, hexOf};
};

const stampAt = (ms: number): string => getHlcFunctions('somebody')[2](ms, 0);
const GOOD = stampCell(1, stampAt(Date.now() - 1_000));
const DAMAGES: readonly (readonly [name: string, text: unknown])[] = [
  ['cut JSON', '{"age":'],
  ['an array', `["${GOOD}"]`],
  ['a null', 'null'],
  ['a cell that is a number', '{"age":1}'],
  ['a cell that is null', '{"age":null}'],
  ['a cell that is an object', '{"age":{}}'],
  ['a stamp that is too short', '{"age":"P6tkLDo"}'],
  ['a stamp of other characters', '{"age":"P6tkLDo--!-Z21Zg1"}'],
  ['no JSON behind a stamp', '{"age":"P6tkLDo----Z21Zgdog"}'],
  ['cut JSON behind a stamp', `{"age":"P6tkLDo----Z21Zg[1,"}`],
  ['one such cell beside a good one', `{"name":${JSON.stringify(GOOD)},"age":"P6tkLDo"}`],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])],
  ['nothing', ''],
];

test.each(DAMAGES)(
  '[MS10] [RW4] [PR8] a row with %s is moved to quarantine, all others are read, and who has it stores it anew',
  async (_name, text) => {
    const {open, store, raw, write, hexOf} = await createPlace();
    write('fido', text);
    const hex = hexOf('fido');
    const fresh = createMergeableStore();
    const {persister, close} = open(fresh);
    expect(await catchError(persister.load())).toMatchObject({
      code: 'storage/unreadable',
      message: expect.stringContaining('holdfast_quarantine'),
      details: {rowCount: 1},
    });
    expect(fresh.getContent()).toEqual([{pets: {felix: {age: 2}}}, {open: true, motto: 'x'}]);
    const aside = 'SELECT table_id, row_id, hex(cells) AS hex FROM holdfast_quarantine';
    expect(raw.prepare(aside).all()).toEqual([{table_id: 'pets', row_id: 'fido', hex}]);
    fresh.setCell('pets', 'felix', 'age', 3);
    await persister.save();
    await persister.load();
    await close();

    const again = open(store);
    await again.persister.load();
    await again.persister.save();
    await again.close();
    const reopened = createMergeableStore();
    const last = open(reopened);
    await last.persister.load();
    await last.close();
    expect(reopened.getMergeableContent()).toEqual(store.getMergeableContent());
    expect(store.getTables()).toEqual({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 3}}});
    expect(raw.prepare(aside).all()).toEqual([{table_id: 'pets', row_id: 'fido', hex}]);
  },
);

test('[MS10] [RW4] [PR8] a row that is written damaged beside a persister that listens is put aside, and told of', async () => {
  const {open, store, raw} = await createPlace();
  const told: unknown[] = [];
  const {persister, close} = open(store, (error) => told.push(error));
  await persister.startAutoPersisting();
  raw.exec(`
    BEGIN; UPDATE holdfast SET stamped = '{"age":7}' WHERE row_id = 'fido';
    INSERT INTO holdfast (table_id, row_id, stamped) VALUES ('pets', 'rex', '${`{"age":${JSON.stringify(GOOD)}}`}');
    INSERT INTO holdfast_log (table_id, row_id) VALUES ('pets', 'fido'), ('pets', 'rex'); COMMIT`);
  await until(store, () => store.hasRow('pets', 'rex'));
  await persister.whenDurable();
  await close();
  expect(told).toMatchObject([{code: 'storage/unreadable', details: {rowCount: 1}}]);
  const fresh = createMergeableStore();
  const reading = open(fresh);
  await reading.persister.load();
  await reading.close();
  expect(fresh.getTables()).toEqual({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}, rex: {age: 1}}});
});

test('[MS14] [MS5] what is stamped by a clock that is ahead is left out, stays where it is, and is told of', async () => {
  const {open, store, raw, write, hexOf} = await createPlace();
  write('fido', JSON.stringify({age: stampCell(9, stampAt(Date.now() + YEAR_MS)), name: GOOD}));
  write('motto', JSON.stringify({'': stampCell('later', stampAt(Date.now() + YEAR_MS))}));
  const [hex, valueHex] = [hexOf('fido'), hexOf('motto')];
  const told: unknown[] = [];
  const fresh = createMergeableStore();
  const {persister, close} = open(fresh, (error) => told.push(error));
  await persister.startAutoPersisting();
  expect(fresh.getContent()).toEqual([{pets: {fido: {name: 1}, felix: {age: 2}}}, {open: true}]);
  expect(told).toMatchObject([
    {
      code: 'storage/clock-ahead',
      message: expect.stringContaining('five minutes'),
      details: {cellCount: 2, tables: {pets: ['fido']}, values: ['motto']},
    },
  ]);
  // Every other edit is stored.
  fresh.setCell('pets', 'felix', 'age', 4);
  await persister.whenDurable();
  await close();
  expect([hexOf('fido'), hexOf('motto')]).toEqual([hex, valueHex]);
  expect(
    raw.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'holdfast_quarantine'").pluck().get(),
  ).toBe(0);

  // To somebody whose clock says so, it is there; and a clock that is far behind moves nothing aside.
  const later = createMergeableStore('later', () => Date.now() + 2 * YEAR_MS);
  const reading = open(later, () => undefined);
  await reading.persister.load();
  await reading.close();
  expect(later.getCell('pets', 'fido', 'age')).toBe(9);
  expect(store.getCell('pets', 'fido', 'age')).toBe(1);
});
