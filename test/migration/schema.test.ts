// A schema that does not fit what is stored: what it refuses stays stored until it is overwritten, and listeners are told.

import {expect, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, LAYOUTS, type LayoutName, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const PLACES = [...LAYOUTS, 'file'] as const;

const STORED: Content = [
  {
    pets: {
      fido: {species: 'dog', age: 'three', colour: 'brown'},
      felix: {species: 'cat', age: 5},
      rex: {age: 'four'},
    },
    visits: {one: {at: 'noon'}},
  },
  {open: 'yes', rate: 0.5},
];

const open = (place: LayoutName | 'file', path: string, store: Store) => {
  if (place === 'file') {
    const persister = createFilePersister(store, path);
    return {persister, close: () => persister.destroy()};
  }
  return openDatabase(path, configOf(place, ['pets', 'visits']), {store});
};

const readStored = async (place: LayoutName | 'file', path: string): Promise<Content> => {
  const store = createStore();
  const {persister, close} = open(place, path, store);
  await persister.load();
  await close();
  return JSON.parse(JSON.stringify(store.getContent()));
};

const store = async (place: LayoutName | 'file', path: string): Promise<void> => {
  const {persister, close} = open(place, path, createStore().setContent(STORED));
  await persister.save();
  await close();
};

const createStrictStore = (): Store =>
  createStore()
    .setTablesSchema({pets: {species: {type: 'string'}, age: {type: 'number', default: 0}}})
    .setValuesSchema({open: {type: 'boolean', default: false}, rate: {type: 'number'}});

test.each(PLACES)(
  '[PE6] what a schema refuses at load stays stored, and listeners are told (%s)',
  async (place) => {
    const path = createFolder()('strict');
    await store(place, path);
    const strict = createStrictStore();
    const refused: unknown[] = [];
    strict.addInvalidCellListener(null, null, null, (_store, ...told) => refused.push(told));
    strict.addInvalidValueListener(null, (_store, ...told) => refused.push(told));
    const {persister, close} = open(place, path, strict);
    await persister.load();
    expect(strict.getContent()).toEqual([
      {pets: {fido: {species: 'dog', age: 0}, felix: {species: 'cat', age: 5}, rex: {age: 0}}},
      {open: false, rate: 0.5},
    ]);
    expect(refused).toEqual(
      expect.arrayContaining([
        ['pets', 'fido', 'age', ['three']],
        ['pets', 'fido', 'colour', ['brown']],
        ['pets', 'rex', 'age', ['four']],
        ['open', ['yes']],
      ]),
    );

    // Neither a save that is asked for, nor one that comes by itself, erases it.
    await persister.save();
    expect(await readStored(place, path)).toEqual(STORED);
    await persister.startAutoSave();
    strict.setCell('pets', 'felix', 'age', 6).setValue('rate', 0.75);
    await persister.whenDurable();
    const [tables, values] = structuredClone(STORED);
    Object.assign(tables.pets?.felix as object, {age: 6});
    expect(await readStored(place, path)).toEqual([tables, {...values, rate: 0.75}]);

    // What is overwritten is overwritten, and what is deleted is deleted.
    strict.setCell('pets', 'fido', 'age', 3).delRow('pets', 'rex').setValue('open', true);
    await persister.whenDurable();
    await close();
    expect(await readStored(place, path)).toEqual([
      {
        pets: {fido: {species: 'dog', age: 3, colour: 'brown'}, felix: {species: 'cat', age: 6}},
        visits: {one: {at: 'noon'}},
      },
      {open: true, rate: 0.75},
    ]);
  },
);

test.each(PLACES)(
  '[PE6] auto-persisting with a stricter schema erases nothing either (%s)',
  async (place) => {
    const path = createFolder()('strict');
    await store(place, path);
    const strict = createStrictStore();
    const {persister, close} = open(place, path, strict);
    await persister.startAutoPersisting([{pets: {}}, {open: true}]);
    strict.setRow('pets', 'new', {species: 'newt'});
    await persister.whenDurable();
    await persister.save();
    await close();
    expect(await readStored(place, path)).toEqual([
      {...STORED[0], pets: {...STORED[0].pets, new: {species: 'newt', age: 0}}},
      STORED[1],
    ]);
  },
);
