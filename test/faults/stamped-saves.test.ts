// Faults at every call of a mergeable store's saves and loads in mode `tabular`: values and stamps are those of before, or of after.

import {DatabaseSync} from 'node:sqlite';
import {expect, test} from 'vitest';
import {faultyDriver} from '../../src/driver/faulty-driver.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import type {MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import {createReplica} from '../mergeable/stamped-replica.ts';
import {configOf} from '../places/databases.ts';
import {disturbEveryCall, FAULTS, nameOf, possibleFault} from './faulty-persister.ts';

const CONFIG = {...configOf('tabular', ['pets', 'shops']), busyTimeoutMs: 1};

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

const openBench = async () => {
  const db = new DatabaseSync(':memory:');
  const faulty = faultyDriver(sqliteNodeDriver(db));
  const replica = createReplica('one', createDatabaseStorage(faulty.driver, CONFIG));
  const read = async () => {
    const fresh = createReplica('fresh', createDatabaseStorage(sqliteNodeDriver(db), CONFIG));
    await fresh.load();
    return fresh.store.getMergeableContent();
  };
  fill(replica.store);
  await replica.save();
  return {db, faulty, replica, read};
};

test('[MS23] a save is stored with its stamps, or nothing of it is', async () => {
  for (const fault of FAULTS) {
    const count = await disturbEveryCall(nameOf(fault), async (atCall) => {
      const {db, faulty, replica, read} = await openBench();
      const before = replica.store.getMergeableContent();
      expect(await read()).toEqual(before);
      changeMuch(replica.store);
      const after = replica.store.getMergeableContent();
      faulty.plan(atCall, possibleFault(faulty, fault));
      const isSaved = await replica.save().then(
        () => true,
        () => false,
      );
      const hasStruck = faulty.hasStruck();
      faulty.clear();
      expect(isSaved ? [after] : [before, after]).toContainEqual(await read());
      await replica.save();
      expect(await read()).toEqual(after);
      db.close();
      return {hasStruck};
    });
    expect(count).toBeGreaterThan(5);
  }
});

test('[MS23] a load that stamps edits by SQL has stamped all that it tells of, or fails', async () => {
  for (const fault of FAULTS) {
    const count = await disturbEveryCall(nameOf(fault), async (atCall) => {
      const {db, faulty, replica, read} = await openBench();
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
