// Faults at every call of a mergeable store's saves, loads and compactions: values and stamps are those of before, or of after.

import {DatabaseSync} from 'node:sqlite';
import {expect, test} from 'vitest';
import {type Fault, faultyDriver} from '../../src/driver/faulty-driver.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createStore} from '../../src/entry/store.ts';
import {getHlcFunctions} from '../../src/merge/hlc.ts';
import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import {createReplica} from '../mergeable/stamped-replica.ts';
import {configOf} from '../places/databases.ts';
import {disturbEveryCall, FAULTS, nameOf, possibleFault} from './faulty-persister.ts';

const LAYOUTS = ['rows', 'tabular'] as const;
const DAY_MS = 86_400_000;
const FLOOR = getHlcFunctions('floor')[2](Date.now() - 5 * DAY_MS, 0);
const configFor = (layout: (typeof LAYOUTS)[number]) => ({
  ...configOf(layout, ['pets', 'shops']),
  busyTimeoutMs: 1,
});

const fill = (store: MergeableStore): void => {
  store.setTables({
    pets: {fido: {species: 'dog', age: 3}, felix: {species: 'cat'}},
    shops: {north: {city: 'Oslo'}},
  });
  store.setValue('open', true).delRow('pets', 'felix');
};
const changeMuch = (store: MergeableStore): void => {
  store
    .setCell('pets', 'fido', 'age', 4)
    .setCell('pets', 'fido', 'colour', 'brown')
    .delCell('pets', 'fido', 'species', true);
  store.setRow('pets', 'felix', {species: 'lion'}).delTable('shops').setValue('since', 1999).delValue('open');
};
const BY_SQL = `
  UPDATE pets SET age = 10; INSERT INTO pets (_id, species) VALUES ('rex', 'dog'); DELETE FROM shops; UPDATE tinybase_values SET open = 0`;

const openBench = async (layout: (typeof LAYOUTS)[number], daysAgo = 0, isFilled = true) => {
  const db = new DatabaseSync(':memory:');
  const faulty = faultyDriver(sqliteNodeDriver(db));
  const open = (id: string, driver = sqliteNodeDriver(db)) =>
    createReplica(id, createDatabaseStorage(driver, configFor(layout)), () => Date.now() - daysAgo * DAY_MS);
  const replica = open('one', faulty.driver);
  const read = async () => {
    const fresh = open('fresh');
    await fresh.load();
    return fresh.store.getMergeableContent();
  };
  fill(replica.store);
  if (isFilled) {
    await replica.save();
  }
  return {db, faulty, replica, open, read};
};

type Bench = Awaited<ReturnType<typeof openBench>>;

// What a statement's failure has begun, a roll-back ends: no database refuses it, but one that is gone.
const sparingRollback = (faulty: Bench['faulty'], fault: Fault): Fault => ({
  kind: 'call',
  when: fault.kind === 'delay' ? 'before' : fault.when,
  run: () => {
    if (faulty.calls().at(-1) !== 'ROLLBACK') {
      if (fault.kind === 'fail') {
        throw fault.error();
      }
      fault.kind === 'call' && fault.run();
    }
  },
});

/** Runs work with a fault ahead, and takes it away; returns whether the work was done, and whether the fault struck. */
const runWith = async (
  {faulty}: Bench,
  [atCall, fault]: readonly [number, Fault],
  work: () => Promise<unknown>,
) => {
  faulty.plan(atCall, sparingRollback(faulty, possibleFault(faulty, fault)));
  const isDone = await work().then(
    () => true,
    () => false,
  );
  const hasStruck = faulty.hasStruck();
  faulty.clear();
  return {isDone, hasStruck};
};

const disturb = async (
  run: (...planned: readonly [number, Fault]) => Promise<{hasStruck: boolean}>,
): Promise<void> => {
  for (const fault of FAULTS) {
    expect(await disturbEveryCall(nameOf(fault), (atCall) => run(atCall, fault))).toBeGreaterThan(2);
  }
};

test.each(LAYOUTS)('[MS23] a save is stored with its stamps, or nothing of it is (%s)', async (layout) => {
  await disturb(async (...planned) => {
    const bench = await openBench(layout);
    const {db, replica, read} = bench;
    const before = replica.store.getMergeableContent();
    expect(await read()).toEqual(before);
    changeMuch(replica.store);
    const after = replica.store.getMergeableContent();
    const {isDone, hasStruck} = await runWith(bench, planned, replica.save);
    expect(isDone ? [after] : [before, after]).toContainEqual(await read());
    await replica.save();
    expect(await read()).toEqual(after);
    db.close();
    return {hasStruck};
  });
});

test.each(LAYOUTS)(
  '[MS23] a first save is stored with its stamps, or nothing of it is (%s)',
  async (layout) => {
    await disturb(async (...planned) => {
      const bench = await openBench(layout, 0, false);
      const {db, replica, read} = bench;
      for (const {name} of db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
        String(name).startsWith('sqlite_') || db.exec(`DROP TABLE "${name}"`);
      }
      changeMuch(replica.store);
      const after = replica.store.getMergeableContent();
      const {isDone, hasStruck} = await runWith(bench, planned, replica.saveWhole);
      const nothing = createMergeableStore().getMergeableContent();
      expect(isDone ? [after] : [nothing, after]).toContainEqual(await read());
      await replica.saveWhole();
      expect(await read()).toEqual(after);
      db.close();
      return {hasStruck};
    });
  },
);

test.each(LAYOUTS)('[MS23] a load, and one of what others did, is whole or fails (%s)', async (layout) => {
  for (const how of ['load', 'loadOutside'] as const) {
    await disturb(async (...planned) => {
      const bench = await openBench(layout);
      const {db, replica, open, read} = bench;
      const other = open('other');
      await other.load();
      await replica.load();
      changeMuch(other.store);
      await other.save();
      const before = replica.store.getMergeableContent();
      const after = await read();
      const {isDone, hasStruck} = await runWith(bench, planned, replica[how]);
      expect(isDone ? [after] : [before]).toContainEqual(replica.store.getMergeableContent());
      await replica.load();
      expect(replica.store.getMergeableContent()).toEqual(after);
      expect(await read()).toEqual(after);
      db.close();
      return {hasStruck};
    });
  }
});

test('[MS23] [MS13] a compaction forgets all that it is to forget, or nothing', async () => {
  await disturb(async (...planned) => {
    const bench = await openBench('rows', 10);
    const {db, replica, read} = bench;
    changeMuch(replica.store);
    await replica.save();
    const [before, content] = [await read(), replica.store.getContent()];
    const compact = () => replica.storage.compact?.(FLOOR) as Promise<void>;
    const {isDone, hasStruck} = await runWith(bench, planned, compact);
    const found = await read();
    await compact();
    const after = await read();
    expect(isDone ? [after] : [before, after]).toContainEqual(found);
    expect(after).not.toEqual(before);
    expect(createMergeableStore().setMergeableContent(after).getContent()).toEqual(content);
    // It knows of the floor: nothing of what was deleted is stored again.
    await replica.saveWhole();
    expect(await read()).toEqual(after);
    db.close();
    return {hasStruck};
  });
});

test('[MS23] [MS12] a plain store’s rows are taken over at once, or not at all', async () => {
  await disturb(async (...planned) => {
    const bench = await openBench('rows', 0, false);
    const {db, replica, open, read} = bench;
    const plain = createDatabaseStorage(sqliteNodeDriver(db), configFor('rows'));
    const left = createStore().setContent([{pets: {rex: {age: 9, name: 'Rex'}}}, {motto: 'x'}]);
    await plain.write({
      changes: undefined,
      isExplicit: true,
      store: left,
      onProgress: () => undefined,
      onFault: () => undefined,
    });
    const fresh = open('before');
    await fresh.load();
    const before = fresh.store.getMergeableContent();
    const merged = createMergeableStore('merged').setMergeableContent(before);
    merged.applyMergeableChanges(replica.store.getMergeableContent());
    const after = merged.getMergeableContent();
    const {isDone, hasStruck} = await runWith(bench, planned, replica.saveWhole);
    expect(isDone ? [after] : [before, after]).toContainEqual(await read());
    await replica.saveWhole();
    expect(await read()).toEqual(after);
    db.close();
    return {hasStruck};
  });
});

test('[MS23] a load that stamps edits by SQL has stamped all that it tells of, or fails', async () => {
  for (const fault of FAULTS) {
    const count = await disturbEveryCall(nameOf(fault), async (atCall) => {
      const {db, faulty, replica, read} = await openBench('tabular');
      db.exec(BY_SQL);
      faulty.plan(atCall, possibleFault(faulty, fault));
      const isLoaded = await replica.load().then(
        () => true,
        () => false,
      );
      const hasStruck = faulty.hasStruck();
      faulty.clear();
      if (!isLoaded) {
        await replica.load();
      }
      expect(replica.store.getContent()).toEqual([
        {pets: {fido: {species: 'dog', age: 10}, rex: {species: 'dog'}}},
        {open: false},
      ]);
      expect(await read()).toEqual(replica.store.getMergeableContent());
      db.close();
      return {hasStruck};
    });
    expect(count).toBeGreaterThan(5);
  }
});
