// What a persister that keeps mergeable stores cell by cell does, over real time and whatever place the caller opens.

import type {PersistableStore} from '../persister/persistable-store.ts';
import type {AnyPersister} from '../persister/persister.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import {createStore} from '../store/create-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {awkwardCells, awkwardIds} from './awkward.ts';
import {exactText} from './exact-text.ts';
import type {PersisterPlace} from './persister.suite.ts';
import {catchError, createRuleTest, type SuiteOptions} from './test-runner.ts';
import {until} from './until.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A store of somebody who was last here some days ago. */
const createOldStore = (id: string, days: number): MergeableStore =>
  createMergeableStore(id, () => Date.now() - days * DAY_MS);

/** Certifies a persister in mode `rows`, and, but for what `skip` names, any that keeps cells one by one: `mergeableSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const mergeableSuite = (options: SuiteOptions<PersisterPlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  const withPersister = async <Result>(
    place: PersisterPlace,
    store: PersistableStore,
    work: (persister: AnyPersister) => Promise<Result>,
  ): Promise<Result> => {
    const persister = await place.open(store);
    // What is told in the background is looked for where it matters.
    persister.addDurabilityListener(() => undefined);
    try {
      return await work(persister);
    } finally {
      await persister.destroy();
    }
  };
  const save = (place: PersisterPlace, store: PersistableStore) =>
    withPersister(place, store, (persister) => persister.save());
  const reopen = async (place: PersisterPlace): Promise<MergeableStore> => {
    const store = createMergeableStore();
    await withPersister(place, store, async (persister) => {
      await persister.load();
      expect(persister.getDurability().pendingCount).toBe(0);
    });
    return store;
  };
  const textOf = (store: MergeableStore) => exactText(store.getMergeableContent());

  runner.describe(`mergeable store ${name}`, () => {
    rule('[MS10] comes back with its stamps and hashes, awkward ids and cells included', async (place) => {
      const store = createMergeableStore();
      await withPersister(place, store, async (persister) => {
        await persister.startAutoSave();
        store.transaction(() => {
          for (const [index, cell] of awkwardCells.entries()) {
            const id = awkwardIds[index % awkwardIds.length] as string;
            store.setCell('mixed', `${index}`, 'cell', cell);
            store.setCell(id, id, id, cell);
            store.setCell('cells', 'row', id, cell);
            store.setValue(id, cell);
          }
        });
        await persister.whenDurable();
        expect(textOf(await reopen(place))).toBe(textOf(store));
        for (const id of awkwardIds) {
          store.delCell('cells', 'row', id).delTable(id).delValue(id);
        }
        store.setDefaultContent([{mixed: {first: {cell: -0}}}, {'': ''}]);
        await persister.whenDurable();
        expect(textOf(await reopen(place))).toBe(textOf(store));
        // Clocks of others' content have no cells of their own.
        const clock = store.getMergeableContent()[0][0].mixed?.[0]['0']?.[0].cell?.[1] as string;
        store.applyMergeableChanges([
          [{mixed: [{0: [{cell: [1, clock]}, clock]}, clock]}, clock],
          [{'': [1, clock]}, clock],
          1,
        ]);
        store.setCell('mixed', '0', 'cell', 2).setValue('', 2);
        await persister.whenDurable();
      });
      expect(textOf(await reopen(place))).toBe(textOf(store));
    });

    rule(
      '[MS10] is merged in the database: the later edit of a cell stays, deletions included',
      async (place) => {
        const early = createOldStore('early', 2);
        const late = createOldStore('late', 1);
        early.setTables({pets: {fido: {species: 'dog', age: 1}, rex: {age: 9}}}).setValue('open', true);
        late.setTables({pets: {fido: {age: 2, sold: true}, felix: {age: 3}}}).delCell('pets', 'fido', 'sold');
        late.setCell('pets', 'rex', 'age', 0).delRow('pets', 'rex').setValue('open', false);
        const merged = createMergeableStore();
        merged.merge(early).merge(late);
        // Neither has heard of the other, and who comes last has the earlier edits.
        await save(place, createOldStore('late', 1).merge(late));
        await save(place, createOldStore('early', 2).setMergeableContent(early.getMergeableContent()));
        expect(textOf(await reopen(place))).toBe(textOf(merged));
        expect(merged.getRow('pets', 'fido')).toEqual({species: 'dog', age: 2});
      },
    );

    rule('[MS10] of equal stamps the greater JSON stays, as in a store', async (place) => {
      const things = ['\u{1F600}', '\uFFFE', '\uE000', '\uD7FF', 'z', {z: 1}, ['\u{1F600}'], -1, null, true];
      const merged = createMergeableStore();
      for (const thing of things) {
        const store = createMergeableStore();
        store.setDefaultContent([{pets: {fido: {thing}}}, {thing}]);
        merged.applyMergeableChanges(store.getMergeableContent());
        await save(place, store);
        expect(textOf(await reopen(place))).toBe(textOf(merged));
      }
    });

    rule('[MS10] brings auto-persisting stores together', async (place) => {
      const stores = [createMergeableStore(), createMergeableStore()] as const;
      const [one, other] = stores;
      const persisters = [await place.open(one), await place.open(other)];
      for (const persister of persisters) {
        await persister.startAutoPersisting([{pets: {fido: {age: 0}}}, {}]);
      }
      for (let age = 1; age <= 5; age++) {
        one.setCell('pets', 'fido', 'age', age).setCell('pets', 'one', 'age', age);
        other.setCell('pets', 'fido', 'name', `${age}`).setValue('other', age);
        await persisters[age % 2]?.whenDurable();
      }
      one.delRow('pets', 'one');
      const isTogether = () => textOf(one) === textOf(other);
      await Promise.race([until(one, isTogether), until(other, isTogether)]);
      for (const persister of persisters) {
        await persister.whenDurable();
        await persister.destroy();
      }
      expect(one.getContent()).toEqual([{pets: {fido: {age: 5, name: '5'}}}, {other: 5}]);
      expect(textOf(await reopen(place))).toBe(textOf(one));
    });

    rule('[MS11] what is loaded is not saved again, and what a store has beyond it is', async (place) => {
      const store = createMergeableStore();
      store.setRow('pets', 'fido', {age: 1, name: 'Fido'}).setValue('open', true);
      await save(place, store);
      const second = createMergeableStore();
      second.setMergeableContent(store.getMergeableContent()).setCell('pets', 'felix', 'age', 2);
      await withPersister(place, second, async (persister) => {
        await persister.load();
        expect(persister.getDurability()).toEqual({state: 'pending', pendingCount: 1});
        await persister.save();
        const {saves} = persister.getStats();
        await persister.load();
        expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
        await persister.startAutoSave();
        await persister.load();
        await persister.schedule(async () => undefined);
        expect(persister.getStats().saves).toBe(saves + 1);
      });
      expect(textOf(await reopen(place))).toBe(textOf(second));
    });

    rule('[MS12] takes over what a plain store left, as the earliest of all', async (place) => {
      await save(place, createStore().setContent([{pets: {fido: {age: 1, name: 'Fido'}}}, {open: true}]));
      const store = createMergeableStore();
      await withPersister(place, store, async (persister) => {
        await persister.startAutoPersisting([{pets: {initial: {age: 0}}}, {}]);
        expect(store.getContent()).toEqual([{pets: {fido: {age: 1, name: 'Fido'}}}, {open: true}]);
        expect(store.getMergeableContent()[1][0].open?.slice(0, 2)).toEqual([true, '']);
        store.setCell('pets', 'fido', 'age', 2).delValue('open');
        await persister.whenDurable();
      });
      expect(textOf(await reopen(place))).toBe(textOf(store));

      const plain = createStore().setCell('pets', 'rex', 'age', 3);
      await withPersister(place, plain, async (persister) => {
        for (const work of [() => persister.load(), () => persister.save()]) {
          const error = await catchError(work);
          expect((error as {code?: string} | undefined)?.code).toBe('storage/wrong-kind');
        }
        expect(persister.getDurability().pendingCount).toBe(1);
        plain.delTables();
      });
      expect(textOf(await reopen(place))).toBe(textOf(store));
    });

    rule('[MS13] forgets old deletions when it is told to, and nothing else', async (place) => {
      const store = createOldStore('store', 10);
      store
        .setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}})
        .setValues({open: true, motto: 'x'});
      store.delCell('pets', 'fido', 'age').delRow('pets', 'felix').delValue('open');
      const young = createOldStore('young', 1);
      young.setRow('pets', 'rex', {age: 3}).delRow('pets', 'rex');
      await save(place, young);
      await withPersister(place, store, async (persister) => {
        await persister.save();
        await persister.compact({beforeMs: Date.now() - 5 * DAY_MS});
        // The store still knows of them, and they are not stored again.
        await persister.load();
        expect(persister.getDurability().pendingCount).toBe(0);
      });
      await save(place, store);
      const expected = createMergeableStore().merge(young);
      expected.applyMergeableChanges([
        [{pets: [{fido: [{name: store.getMergeableContent()[0][0].pets?.[0].fido?.[0].name as never}]}]}],
        [{motto: store.getMergeableContent()[1][0].motto as never}],
        1,
      ]);
      expect(textOf(await reopen(place))).toBe(textOf(expected));
      const deletedNow = createMergeableStore()
        .setCell('pets', 'new', 'age', 1)
        .delTables() as MergeableStore;
      await withPersister(place, deletedNow, async (persister) => {
        await persister.save();
        await persister.compact({beforeMs: Date.now()});
      });
      // Clocks may be minutes apart: what was just deleted stays.
      const reopened = await reopen(place);
      expect(Object.keys(reopened.getMergeableContent()[0][0].pets?.[0] ?? {}).sort()).toEqual([
        'fido',
        'new',
      ]);
    });

    rule('[MS13] a straggler brings nothing back, and comes to know', async (place) => {
      const straggler = createOldStore('straggler', 10);
      straggler.setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}}).setValue('open', true);
      const deleter = createOldStore('deleter', 8).merge(straggler);
      deleter.delCell('pets', 'fido', 'age').delRow('pets', 'felix').delValue('open');
      const store = createMergeableStore().merge(deleter);
      const writer = await place.open(store);
      await writer.startAutoPersisting();
      const unaware = createMergeableStore();
      await withPersister(place, unaware, async (persister) => {
        await persister.startAutoSave();
        await writer.compact({beforeMs: Date.now() - 5 * DAY_MS});
        // Who has not heard of it finds out by writing.
        unaware.setCell('pets', 'rex', 'age', 4);
        unaware.applyMergeableChanges([
          [
            {
              pets: [
                {felix: [{age: straggler.getMergeableContent()[0][0].pets?.[0].felix?.[0].age as never}]},
              ],
            },
          ],
          [{}],
          1,
        ]);
        await until(unaware, () => !unaware.hasRow('pets', 'felix'));
        await persister.whenDurable();
      });
      const back = createMergeableStore();
      back.setMergeableContent(straggler.getMergeableContent()).setCell('pets', 'fido', 'age', 5);
      await withPersister(place, back, async (persister) => {
        await persister.startAutoPersisting();
        await until(back, () => !back.hasRow('pets', 'felix') && !back.hasValue('open'));
        await persister.whenDurable();
        // What was set anew is there.
        expect(back.getTables()).toEqual({pets: {fido: {age: 5, name: 'Fido'}, rex: {age: 4}}});
      });
      await until(store, () => store.getCell('pets', 'fido', 'age') === 5);
      await writer.whenDurable();
      await writer.destroy();
      const stored = await reopen(place);
      expect(stored.getContent()).toEqual(back.getContent());
      // A deletion with a new stamp reaches who is behind still.
      const last = createMergeableStore();
      last.setMergeableContent(straggler.getMergeableContent()).merge(stored);
      expect(last.getContent()).toEqual(back.getContent());
    });

    rule('[MS13] refuses what is no moment of the past, and stores that forget nothing', async (place) => {
      await withPersister(place, createMergeableStore(), async (persister) => {
        for (const beforeMs of [Number.NaN, -1, Date.now() + MINUTE_MS, '1' as never, undefined as never]) {
          const error = await catchError(() => persister.compact({beforeMs}));
          expect((error as {code?: string} | undefined)?.code).toBe('argument/invalid');
        }
        await persister.compact({beforeMs: 0});
      });
      await withPersister(place, createStore(), async (persister) => {
        const error = await catchError(() => persister.compact({beforeMs: 0}));
        expect((error as {code?: string} | undefined)?.code).toBe('persister/unsupported-store');
      });
      expect((await reopen(place)).getContent()).toEqual([{}, {}]);
    });
  });
};
