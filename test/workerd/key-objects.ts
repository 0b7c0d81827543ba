// A Worker with a Durable Object in which tests of its key-value storage run.

import {createMergeableStore as createTinyBaseStore} from 'tinybase';
import {createDurableObjectStoragePersister as createTinyBasePersister} from 'tinybase/persisters/persister-durable-object-storage';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createDurableObjectStoragePersister} from '../../src/entry/persisters/persister-durable-object-storage.ts';
import {isHoldfastError} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';
import type {DurableObjectKeyStorage} from '../../src/storage/durable-object-keys.ts';
import {createDurableObjectStorage} from '../../src/storage/durable-object-storage.ts';
import {awkwardContent} from '../../src/testing/awkward.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {mergeableSuite} from '../../src/testing/mergeable.suite.ts';
import {persisterSuite} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {collectSuites} from '../contract/collected-suites.ts';
import {mergeableSkips} from '../contract/mergeable-skips.ts';
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
  mergeableSuite({
    name,
    create: () => ({open: (store) => createDurableObjectStoragePersister(store, storage, 'app/'), remove}),
    skip: mergeableSkips.records,
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

const loadMergeable = async (storage: DurableObjectKeyStorage, prefix?: string) => {
  const store = createMergeableStore();
  const persister = createDurableObjectStoragePersister(store, storage, prefix);
  await persister.load();
  await persister.destroy();
  return store;
};

const textOf = (store: MergeableStore): string =>
  exactText([store.getMergeableContent(), store.getContent()]);

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo() && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

const steps = {
  mergeable: async (storage: DurableObjectKeyStorage) => {
    const [tables, values] = awkwardContent();
    const store = createMergeableStore('one').setTables(tables).setValues(values) as MergeableStore;
    const persister = createDurableObjectStoragePersister(store, storage, 'app/');
    await persister.startAutoSave();
    const [tableId = ''] = store.getTableIds();
    store.delRow(tableId, store.getRowIds(tableId)[0] ?? '').delValue(store.getValueIds()[0] ?? '');
    store.setCell('pets', 'fido', 'age', 3).setCell('pets', 'fido', 'name', 'Fido');
    store.delCell('pets', 'fido', 'age', true);
    await persister.whenDurable();
    await persister.destroy();
    return [textOf(store), textOf(await loadMergeable(storage, 'app/'))];
  },

  mergeableWriters: async (storage: DurableObjectKeyStorage) => {
    const stores = [createMergeableStore('one'), createMergeableStore('other')] as [
      MergeableStore,
      MergeableStore,
    ];
    const persisters = stores.map((store) => createDurableObjectStoragePersister(store, storage));
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    for (let round = 1; round <= 10; round++) {
      for (const [index, store] of stores.entries()) {
        store.setCell('pets', `${index} ${round}`, 'age', round).delRow('pets', `${index} ${round - 1}`);
        store.setCell('pets', 'both', `cell ${index}`, round).setCell('pets', 'both', 'cell', round * index);
        store.setValue(`value ${index}`, round);
      }
      await persisters[round % 2]?.whenDurable();
    }
    const [one, other] = stores;
    const merged = createMergeableStore('merged');
    merged.applyMergeableChanges(one.getMergeableContent());
    merged.applyMergeableChanges(other.getMergeableContent());
    const hashes = merged.getMergeableContentHashes().join();
    await Promise.all(
      stores.map((store) => until(store, () => store.getMergeableContentHashes().join() === hashes)),
    );
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    // One whose clock was behind, and who comes later.
    const late = createMergeableStore('late', () => Date.now() - 60_000);
    late.setCell('pets', 'both', 'cell', -1);
    const latePersister = createDurableObjectStoragePersister(late, storage);
    await latePersister.save();
    await latePersister.destroy();
    await Promise.all(persisters.map((persister) => persister.destroy()));
    return [textOf(merged), textOf(await loadMergeable(storage))];
  },

  otherKinds: async (storage: DurableObjectKeyStorage) => {
    const plain = createStore().setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}});
    const plainPersister = createDurableObjectStoragePersister(plain.setValue('open', true), storage);
    await plainPersister.save();
    const store = createMergeableStore('one');
    store.setCell('pets', 'fido', 'age', 5);
    const persister = createDurableObjectStoragePersister(store, storage);
    await persister.save();
    plain.setCell('pets', 'fido', 'age', 9);
    const codes = [
      await catchCode(() => plainPersister.save()),
      await catchCode(() => plainPersister.load()),
    ];
    await persister.load();
    await persister.destroy();
    const [tables] = store.getMergeableContent();
    return [codes, store.getContent(), tables[0].pets?.[0].fido?.[0].name?.slice(0, 2)];
  },

  takeOverMergeable: async (storage: DurableObjectKeyStorage, prefix: string) => {
    const theirs = createTinyBaseStore('theirs');
    theirs.setContent([
      {pets: {fido: {species: 'dog', sold: true, owner: null, tags: ['a', {b: 1}]}, felix: {species: 'cat'}}},
      {open: true, gone: 1},
    ]);
    // biome-ignore lint/suspicious/noExplicitAny: the host's type of it is not there.
    const written = createTinyBasePersister(theirs, storage as any, prefix);
    await written.save();
    theirs.delRow('pets', 'felix').delCell('pets', 'fido', 'sold', true).delValue('gone');
    await written.save();
    await written.destroy();
    const read = await loadMergeable(storage, prefix);
    const store = createMergeableStore('ours');
    const persister = createDurableObjectStoragePersister(store, storage, prefix);
    await persister.save();
    await persister.load();
    await persister.destroy();
    const textOfAll = (each: {getMergeableContentHashes(): unknown; getContent(): unknown}) =>
      exactText([each.getMergeableContentHashes(), each.getContent()]);
    return [theirs, read, store, await loadMergeable(storage, prefix)].map((each) =>
      textOfAll(each as never),
    );
  },

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
    const theirs = createTinyBaseStore('theirs');
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
