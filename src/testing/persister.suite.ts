// What every persister must do, with the stores of this package, over real time and whatever place the caller opens.

import type {Content} from '../base/content.ts';
import type {PersistableStore} from '../persister/persistable-store.ts';
import {type AnyPersister, type Durability, Status} from '../persister/persister.ts';
import {createStore} from '../store/create-store.ts';
import type {Store} from '../store/store.ts';
import {awkwardCells, awkwardIds} from './awkward.ts';
import {exactText} from './exact-text.ts';
import {createRuleTest, type SuiteOptions, type SuitePlace} from './test-runner.ts';
import {until} from './until.ts';

/** A place for content that a test has to itself. Persisters must keep the tables `suiteTableIds` names, and all values. */
export interface PersisterPlace extends SuitePlace {
  /** Makes one more persister on the place, as another process would. */
  open(store: PersistableStore): AnyPersister | Promise<AnyPersister>;
}

const PETS: Content = [
  {pets: {fido: {species: 'dog', sold: false}, felix: {species: 'cat'}}, shops: {north: {city: 'Oslo'}}},
  {open: true},
];

/** Certifies a persister: `persisterSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const persisterSuite = (options: SuiteOptions<PersisterPlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  // What a fresh store is given by a fresh persister.
  const reopen = async (place: PersisterPlace): Promise<Store> => {
    const store = createStore();
    const persister = await place.open(store);
    await persister.load();
    await persister.destroy();
    return store;
  };
  const expectStored = async (place: PersisterPlace, content: Content) =>
    expect(exactText((await reopen(place)).getContent())).toBe(exactText(content));

  runner.describe(`persister ${name}`, () => {
    rule('[PR1] has stored everything when a save resolves', async (place) => {
      const store = createStore().setContent(PETS);
      const persister = await place.open(store);
      expect(await persister.save()).toBe(persister);
      await expectStored(place, PETS);
      store.setCell('pets', 'fido', 'sold', true).delRow('pets', 'felix').delValue('open');
      store.setTable('shops', {south: {city: 'Rome'}});
      await persister.save();
      await expectStored(place, store.getContent());
      store.delTables().delValues();
      await persister.save();
      await expectStored(place, [{}, {}]);
      await persister.destroy();
    });

    rule('[PR1] has stored everything when whenDurable resolves', async (place) => {
      const store = createStore();
      const persister = await place.open(store);
      await persister.startAutoSave();
      store.setContent(PETS);
      await persister.whenDurable();
      await expectStored(place, PETS);
      for (let count = 0; count < 5; count++) {
        store.setCell('pets', 'fido', 'age', count).setValue('count', count);
        await persister.whenDurable();
        const reopened = await reopen(place);
        expect([reopened.getCell('pets', 'fido', 'age'), reopened.getValue('count')]).toEqual([count, count]);
      }
      await persister.destroy();
    });

    rule('[PR2] tells what is not stored yet', async (place) => {
      const store = createStore();
      const persister = await place.open(store);
      await persister.startAutoSave();
      const told: Durability[] = [];
      const listenerId = persister.addDurabilityListener((_persister, durability) => told.push(durability));
      expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
      store.setRow('pets', 'fido', {species: 'dog'}).setValue('open', true);
      expect(persister.getDurability()).toEqual({state: 'pending', pendingCount: 2});
      await persister.whenDurable();
      expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
      expect(told).toEqual([
        {state: 'pending', pendingCount: 2},
        {state: 'durable', pendingCount: 0},
      ]);
      persister.delListener(listenerId);
      store.setValue('open', false);
      await persister.whenDurable();
      expect(told.length).toBe(2);
      await persister.destroy();
    });

    rule('[PR6] brings every cell and id back as it was', async (place) => {
      const store = createStore();
      const persister = await place.open(store);
      await persister.startAutoSave();
      store.transaction(() => {
        for (const [index, cell] of awkwardCells.entries()) {
          const id = awkwardIds[index % awkwardIds.length] as string;
          store.setCell('mixed', `${index}`, 'cell', cell);
          store.setCell('single', 'all', `cell ${index}`, cell);
          store.setCell('rows', id, 'cell', cell);
          store.setCell('cells', 'row', id, cell);
          store.setValue(id, cell);
        }
      });
      await persister.whenDurable();
      await expectStored(place, store.getContent());
      for (const id of awkwardIds) {
        store.delCell('cells', 'row', id).delRow('rows', id);
        await persister.whenDurable();
      }
      await expectStored(place, store.getContent());
      await persister.destroy();
    });

    rule('[PR7] keeps what two writers changed', async (place) => {
      const [one, other] = [createStore(), createStore()];
      const ofOne = await place.open(one.setContent(PETS));
      await ofOne.save();
      const ofOther = await place.open(other);
      await ofOther.load();
      await Promise.all([ofOne.startAutoSave(), ofOther.startAutoSave()]);
      for (let count = 0; count < 10; count++) {
        one.setCell('pets', 'fido', 'one', count).setRow('shops', `one ${count}`, {city: 'Oslo'});
        other.setCell('pets', 'fido', 'other', count).setRow('shops', `other ${count}`, {city: 'Rome'});
        one.setValue('one', count);
        other.setValue('other', count);
        if (count % 3 === 0) {
          await ofOne.whenDurable();
        }
      }
      await Promise.all([ofOne.whenDurable(), ofOther.whenDurable()]);
      const stored = await reopen(place);
      expect([stored.getCell('pets', 'fido', 'one'), stored.getCell('pets', 'fido', 'other')]).toEqual([
        9, 9,
      ]);
      expect([stored.getValue('one'), stored.getValue('other')]).toEqual([9, 9]);
      expect(stored.getRowCount('shops')).toBe(21);
      await Promise.all([ofOne.destroy(), ofOther.destroy()]);
    });

    rule('[WA1] brings two auto-persisting stores together', async (place) => {
      const [one, other] = [createStore(), createStore()];
      const persisters = [await place.open(one), await place.open(other)];
      for (const persister of persisters) {
        await persister.startAutoPersisting();
      }
      one.setContent(PETS);
      await until(other, () => exactText(other.getContent()) === exactText(PETS));
      const heard: string[] = [];
      other.addCellListener(null, null, null, (_store, ...ids) => heard.push(ids.slice(0, 3).join('/')));
      one.setCell('pets', 'fido', 'sold', true);
      await until(other, () => other.getCell('pets', 'fido', 'sold') === true);
      expect(heard).toEqual(['pets/fido/sold']);
      other.delRow('pets', 'felix').setValue('open', false);
      await until(one, () => !one.hasRow('pets', 'felix') && one.getValue('open') === false);
      expect(exactText(one.getContent())).toBe(exactText(other.getContent()));
      for (const persister of persisters) {
        await persister.destroy();
      }
    });

    rule('[PE2] replaces the content by what is stored, and tells of what differs', async (place) => {
      const writer = await place.open(createStore().setContent(PETS));
      await writer.save();
      await writer.destroy();
      const store = createStore().setContent([
        {...PETS[0], pets: {...PETS[0].pets, rex: {species: 'dog'}}},
        {open: false, other: 1},
      ]);
      const heard: string[] = [];
      store.addCellListener(null, null, null, (_store, ...ids) => heard.push(ids.slice(0, 3).join('/')));
      store.addValueListener(null, (_store, valueId) => heard.push(valueId));
      const persister = await place.open(store);
      expect(await persister.load()).toBe(persister);
      expect(exactText(store.getContent())).toBe(exactText(PETS));
      expect(heard.sort()).toEqual(['open', 'other', 'pets/rex/species']);
      await persister.load();
      expect(heard.length).toBe(3);
      await persister.destroy();
    });

    rule(
      '[PE3] begins with initial content where nothing is stored, and not where something is',
      async (place) => {
        const store = createStore();
        const persister = await place.open(store);
        await persister.load();
        expect(store.getContent()).toEqual([{}, {}]);
        await persister.load(PETS);
        expect(exactText(store.getContent())).toBe(exactText(PETS));
        await persister.save();
        await persister.destroy();

        const second = createStore();
        const other = await place.open(second);
        await other.startAutoPersisting(() => [{pets: {rex: {species: 'dog'}}}, {}]);
        expect(exactText(second.getContent())).toBe(exactText(PETS));
        await other.destroy();
      },
    );

    rule(
      '[PE5] saves the transactions of one turn together, and nothing where nothing changed',
      async (place) => {
        const store = createStore();
        const persister = await place.open(store);
        await persister.startAutoSave();
        const {saves} = persister.getStats();
        store.setContent(PETS);
        store.setCell('pets', 'fido', 'age', 1);
        store.setCell('pets', 'fido', 'age', 2);
        await persister.whenDurable();
        expect(persister.getStats().saves).toBe(saves + 1);
        store.setCell('pets', 'fido', 'age', 2);
        store.transaction(() => store.setValue('open', false).setValue('open', true));
        await persister.whenDurable();
        await persister.schedule(async () => undefined);
        expect(persister.getStats().saves).toBe(saves + 1);
        await persister.destroy();
      },
    );

    rule('[PE7] tells what it is doing', async (place) => {
      const store = createStore().setContent(PETS);
      const persister = await place.open(store);
      const told: Status[] = [];
      const listenerId = persister.addStatusListener((_persister, status) => told.push(status));
      expect(persister.getStatus()).toBe(Status.Idle);
      await persister.save();
      await persister.load();
      expect(told).toEqual([Status.Saving, Status.Idle, Status.Loading, Status.Idle]);
      expect(persister.delListener(listenerId)).toBe(persister);
      await persister.save();
      expect(told.length).toBe(4);
      expect(persister.getStats()).toEqual({loads: 1, saves: 2});
      expect(persister.getStore() === store).toBe(true);
      await persister.destroy();
    });

    rule('[PE8] stores what is pending before it stops or ends, and leaves no listener', async (place) => {
      const store = createStore();
      const persister = await place.open(store);
      await persister.startAutoPersisting();
      expect([persister.isAutoLoading(), persister.isAutoSaving()]).toEqual([true, true]);
      store.setContent(PETS);
      await persister.stopAutoSave();
      expect(persister.isAutoSaving()).toBe(false);
      await expectStored(place, PETS);
      store.setValue('open', false);
      await persister.startAutoSave();
      store.setValue('since', 1999);
      await persister.destroy();
      await expectStored(place, [PETS[0], {open: false, since: 1999}]);
      expect(persister.isAutoLoading()).toBe(false);
      expect(Object.values(store.getListenerStats()).every((count) => count === 0)).toBe(true);
    });

    rule('[PE11] keeps what is not stored yet when it loads', async (place) => {
      const writer = await place.open(createStore().setContent(PETS));
      await writer.save();
      const store = createStore();
      const persister = await place.open(store);
      await persister.startAutoPersisting();
      store.setCell('pets', 'fido', 'sold', true).delRow('pets', 'felix').setValue('since', 1999);
      await persister.load();
      const expected: Content = [
        {...PETS[0], pets: {fido: {species: 'dog', sold: true}}},
        {open: true, since: 1999},
      ];
      expect(exactText(store.getContent())).toBe(exactText(expected));
      await persister.whenDurable();
      await expectStored(place, expected);
      await persister.destroy();
      await writer.destroy();
    });
  });
};
