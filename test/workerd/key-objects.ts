// A Worker with a Durable Object in which tests of its key-value storage run.

import {createMergeableStore} from 'tinybase';
import {createDurableObjectStoragePersister as createTinyBasePersister} from 'tinybase/persisters/persister-durable-object-storage';
import {createDurableObjectStoragePersister} from '../../src/entry/persisters/persister-durable-object-storage.ts';
import {isHoldfastError} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import type {DurableObjectKeyStorage} from '../../src/storage/durable-object-keys.ts';
import {createDurableObjectStorage} from '../../src/storage/durable-object-storage.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {collectSuites} from '../contract/collected-suites.ts';
import {serveSteps} from './serve-steps.ts';

type Skip = {readonly [rule: string]: string};

const collectAll = (storage: DurableObjectKeyStorage, skip: Skip) => {
  const collected = collectSuites();
  const {runner} = collected;
  const name = 'keys of a Durable Object';
  const remove = () => undefined;
  storageSuite({
    name,
    create: () => ({open: () => createDurableObjectStorage(storage, 'app/'), remove}),
    skip,
    runner,
  });
  persisterSuite({
    name,
    create: () => ({open: (store) => createDurableObjectStoragePersister(store, storage, 'app/'), remove}),
    runner,
  });
  return collected;
};

const catchCode = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error);
  }
};

const load = async (storage: DurableObjectKeyStorage, prefix?: string) => {
  const store = createStore();
  const persister = createDurableObjectStoragePersister(store, storage, prefix);
  await persister.load();
  await persister.destroy();
  return store;
};

const steps = {
  collect: async (storage: DurableObjectKeyStorage, skip: Skip) => collectAll(storage, skip).titles(),

  runTest: async (storage: DurableObjectKeyStorage, skip: Skip, title: string) =>
    (await collectAll(storage, skip).run(title)) ?? null,

  save: async (storage: DurableObjectKeyStorage, rowCount: number) => {
    const store = createStore().setValue('open', true);
    for (let index = 0; index < rowCount; index++) {
      store.setRow('rows', `row ${index}`, {index, isEven: index % 2 === 0});
    }
    const persister = createDurableObjectStoragePersister(store, storage);
    await persister.startAutoSave();
    store.setCell('rows', 'row 1', 'text', 'edited');
    await persister.whenDurable();
    await persister.destroy();
  },

  load: async (storage: DurableObjectKeyStorage) => {
    const store = await load(storage);
    return [
      store.getRowIds('rows').slice(0, 3),
      store.getRowCount('rows'),
      store.getRow('rows', 'row 1'),
      store.getValues(),
    ];
  },

  tooLarge: async (storage: DurableObjectKeyStorage) => {
    const store = createStore().setRow('pets', 'fido', {species: 'dog', age: 1});
    const persister = createDurableObjectStoragePersister(store, storage);
    await persister.save();
    store.setCell('pets', 'fido', 'age', 2).setRow('pets', 'felix', {text: 'x'.repeat(2_200_000)});
    const code = await catchCode(() => persister.save());
    const {state} = persister.getDurability();
    const between = (await load(storage)).getTables();
    store.setCell('pets', 'felix', 'text', 'short');
    await persister.save();
    await persister.destroy();
    return {code, state, between, after: (await load(storage)).getTables()};
  },

  takeOver: async (storage: DurableObjectKeyStorage, prefix: string) => {
    const theirs = createMergeableStore('theirs');
    theirs.setContent([
      {
        pets: {fido: {species: 'dog', sold: true, owner: null, tags: ['a', {b: 1}]}, felix: {species: 'cat'}},
        'a,b': {'x"y': {c: ''}},
      },
      {open: true, gone: 1},
    ]);
    // biome-ignore lint/suspicious/noExplicitAny: the host's type of it is not there.
    const written = createTinyBasePersister(theirs, storage as any, prefix);
    await written.save();
    theirs.delRow('pets', 'felix').delCell('pets', 'fido', 'sold').delValue('gone');
    await written.save();
    await written.destroy();
    await storage.put({[`${prefix}the application’s own`]: 1, [`${prefix}things`]: 2});
    const before = [...(await storage.list({prefix: '', limit: 1_000}))];
    const read = (await load(storage, prefix)).getContent();
    const store = createStore();
    const persister = createDurableObjectStoragePersister(store, storage, prefix);
    await persister.startAutoSave();
    store.setCell('pets', 'rex', 'species', 'dog');
    await persister.whenDurable();
    await persister.destroy();
    const now = await storage.list({prefix: '', limit: 1_000});
    return {
      read,
      reopened: (await load(storage, prefix)).getContent(),
      isUntouched: before.every(([key, stored]) => JSON.stringify(now.get(key)) === JSON.stringify(stored)),
    };
  },

  damagedAtWrite: async (storage: DurableObjectKeyStorage) => {
    const store = createStore();
    const faults: string[] = [];
    const persister = createDurableObjectStoragePersister(store, storage, '', (error) =>
      faults.push(isHoldfastError(error) ? error.code : String(error)),
    );
    await persister.startAutoSave();
    store.setRow('pets', 'fido', {species: 'dog', age: 1});
    await persister.whenDurable();
    await storage.put({'holdfast/r["pets","fido"]': [1, '{"species":"d']});
    store.setCell('pets', 'fido', 'age', 2);
    await persister.whenDurable();
    await persister.destroy();
    const aside = [...(await storage.list({prefix: 'holdfast!', limit: 9}))];
    return [faults, (await load(storage)).getTables(), aside];
  },

  damaged: async (storage: DurableObjectKeyStorage) => {
    const store = createStore().setTables({pets: {fido: {species: 'dog'}, felix: {species: 'cat'}}});
    const persister = createDurableObjectStoragePersister(store, storage);
    await persister.save();
    await persister.destroy();
    const [key] = [...(await storage.list({prefix: 'holdfast/r', limit: 1_000})).keys()].filter((each) =>
      each.includes('felix'),
    );
    await storage.put({[String(key)]: [1, '{"species":"c']});
    const reopened = createStore();
    const reading = createDurableObjectStoragePersister(reopened, storage);
    const code = await catchCode(() => reading.load());
    await reading.destroy();
    return [
      code,
      (await load(storage)).getTables(),
      [...(await storage.list({prefix: 'holdfast!', limit: 9}))],
    ];
  },
};

export type KeySteps = typeof steps;

const {Tested, worker} = serveSteps(steps);

export {Tested, worker as default};
