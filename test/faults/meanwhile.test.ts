// Transactions of the store that come while a save is under way: they are stored by that save or the next, as a whole.
import {describe, expect, test} from 'vitest';
import {createStore} from '../../src/entry/store.ts';
import type {Store} from '../../src/store/store.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {custom} from '../contract/databases.ts';
import {layoutNames} from '../contract/storages.ts';
import {BEFORE, changeMuch, disturbEveryCall, openBefore, withBench} from './faulty-persister.ts';

/** Edits what `changeMuch` edits, in its first row and in its last. */
const changeMeanwhile = (store: Store): void => {
  store.transaction(() => {
    store.setCell('pets', 'fido', 'colour', 'red').setCell('pets', 'polly', 'name', 'Pauline');
    store
      .setCell('pets', 'rex', 'species', 'fox')
      .setCell('owners', 'ann', 'name', 'Anna')
      .setValue('since', 2000);
  });
};

const textAfter = (...changes: readonly ((store: Store) => void)[]): string => {
  const store = createStore().setContent(BEFORE);
  for (const change of changes) {
    change(store);
  }
  return exactText(store.getContent());
};

describe.each(layoutNames)('%s', (layoutName) => {
  test('[PR3] a transaction that comes at any call of a save is not stored by half', async () => {
    await disturbEveryCall('meanwhile', async (atCall) => {
      let hasStruck = false;
      await withBench(custom, layoutName, async (bench) => {
        const {persister, store, faulty, ports} = await openBefore(bench);
        changeMuch(store);
        faulty.plan(atCall, {kind: 'call', when: 'before', run: () => changeMeanwhile(store)});
        await ports.until(persister.save());
        hasStruck = faulty.hasStruck();
        faulty.clear();
        expect([textAfter(changeMuch), textAfter(changeMuch, changeMeanwhile)]).toContain(
          await bench.stored(),
        );
        await ports.until(persister.save());
        expect(await bench.stored()).toBe(exactText(store.getContent()));
      });
      return {hasStruck};
    });
  });

  test('[PR3] a transaction that comes at any call of a first save is not stored by half', async () => {
    await disturbEveryCall('meanwhile', async (atCall) => {
      let hasStruck = false;
      await withBench(custom, layoutName, async (bench) => {
        const {persister, store, faulty, ports} = await bench.open();
        store.setContent(BEFORE);
        changeMuch(store);
        faulty.plan(atCall, {kind: 'call', when: 'before', run: () => changeMeanwhile(store)});
        await ports.until(persister.save());
        hasStruck = faulty.hasStruck();
        faulty.clear();
        expect([textAfter(changeMuch), textAfter(changeMuch, changeMeanwhile)]).toContain(
          await bench.stored(),
        );
      });
      return {hasStruck};
    });
  });
});
