import {createStore as createTinybaseStore} from 'tinybase';
import {describe, expect, test} from 'vitest';
import {createStore} from '../store/create-store.ts';
import type {Store} from '../store/store.ts';
import {exactText} from '../testing/exact-text.ts';
import type {PersistableStore} from './persistable-store.ts';
import {createStoreAsTaken} from './store-as-taken.ts';

const stores: readonly (readonly [string, () => Store])[] = [
  ['holdfast', createStore],
  ['tinybase', () => createTinybaseStore() as unknown as Store],
];

describe.each(stores)('a store of %s as it was', (_name, create) => {
  const setUp = () => {
    const store = create().setContent([
      {
        pets: {fido: {species: 'dog', tags: ['a', {b: 1}], none: null}, felix: {species: 'cat'}},
        shops: {north: {city: 'Oslo'}},
      },
      {open: true, list: {a: [1]}},
    ]);
    const asTaken = createStoreAsTaken(store as unknown as PersistableStore);
    store.addDidFinishTransactionListener(() => asTaken.noteTransaction());
    return {store, reader: asTaken.reader};
  };

  const read = ({reader}: ReturnType<typeof setUp>): string =>
    exactText([
      Object.fromEntries(
        reader
          .getTableIds()
          .map((tableId) => [
            tableId,
            Object.fromEntries(
              reader.getRowIds(tableId).map((rowId) => [rowId, reader.getRow(tableId, rowId)]),
            ),
          ])
          .filter(([, rows]) => Object.keys(rows as object).length > 0),
      ),
      reader.getValues(),
    ]);

  test('is read as it was, whatever has become of it', () => {
    const view = setUp();
    const {store, reader} = view;
    const before = read(view);
    expect(before).toBe(exactText(store.getContent()));
    store.transaction(() => {
      store
        .setCell('pets', 'fido', 'species', 'fox')
        .delCell('pets', 'fido', 'tags')
        .setCell('pets', 'fido', 'age', 1);
      store
        .setCell('pets', 'fido', 'none', 1)
        .delRow('pets', 'felix')
        .setRow('pets', 'rex', {species: 'dog'});
      store.delValue('open').setValue('size', 1).setValue('list', []);
    });
    store.setRow('pets', 'felix', {age: 9}).delTable('shops').setRow('owners', 'ann', {name: 'Ann'});
    store.setCell('pets', 'fido', 'species', 'wolf').delRow('pets', 'rex');
    expect(read(view)).toBe(before);
    expect(reader.getRowCount('pets')).toBe(2);
    expect(reader.getRowCount('shops')).toBe(1);
    expect(reader.getRowCount('owners')).toBe(0);
    expect(reader.getTableCellIds('pets')).toEqual(expect.arrayContaining(['species', 'tags', 'none']));
    store.delTables().delValues();
    expect(read(view)).toBe(before);
    expect(reader.getContent()).toEqual([{}, {}]);
  });
});
