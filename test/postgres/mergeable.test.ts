// Mergeable stores of several clients in the tables of one PostgreSQL, and beside them, and what others do there by SQL.

import {isDeepStrictEqual} from 'node:util';
import {expect, test} from 'vitest';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createPostgresPersister} from '../../src/entry/persisters/persister-postgres.ts';
import type {DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {awkwardCells, awkwardIds} from '../../src/testing/awkward.ts';
import {mergeAll} from '../mergeable/stamped-replica.ts';
import {NEVER_S, noPostgres, usePostgres} from './place.ts';

const createPlace = usePostgres();

const CONFIG = {
  mode: 'tabular',
  tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
  values: {load: true, save: true},
  autoLoadIntervalSeconds: NEVER_S,
} as const satisfies DatabasePersisterConfig;

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo() && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

test.skipIf(noPostgres)(
  '[MS20] a mergeable store comes back with its content, stamps and hashes',
  async () => {
    const {openPool} = await createPlace();
    const store = createMergeableStore();
    store.transaction(() => {
      for (const [index, id] of awkwardIds.entries()) {
        store
          .setCell('pets', id, 'cell', awkwardCells[index % awkwardCells.length] as never)
          .setValue(id, index);
      }
      for (const [index, cell] of awkwardCells.entries()) {
        store
          .setCell('pets', `row ${index}`, 'mixed', cell as never)
          .setCell('pets', 'wide', `cell ${index}`, cell as never);
      }
    });
    store.delRow('pets', 'row 0').delCell('pets', 'wide', 'cell 1', true).delValue('A');
    const persister = await createPgPersister(store, openPool(), CONFIG);
    await persister.save();
    await persister.destroy();
    const loaded = createMergeableStore();
    const reader = await createPgPersister(loaded, openPool(), CONFIG);
    await reader.load();
    await reader.destroy();
    expect(loaded.getMergeableContent()).toEqual(store.getMergeableContent());
    expect(loaded.getContent()).toEqual(store.getContent());
  },
);

test.skipIf(noPostgres).each([
  ['tabular', CONFIG],
  ['rows', {mode: 'rows', autoLoadIntervalSeconds: NEVER_S}],
] as const)(
  '[MS21] [MS10] two clients that persist by themselves come to hold what merging in memory gives (%s)',
  async (_mode, config) => {
    const {openPool, openSql} = await createPlace();
    const stores = [createMergeableStore('one'), createMergeableStore('other')] as const;
    const [one, other] = stores;
    const persisters = [
      await createPgPersister(one, openPool(), config),
      await createPostgresPersister(other, openSql(), config),
    ];
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    for (let age = 0; age < 20; age++) {
      one
        .setRow('pets', `one ${age}`, {age})
        .setCell('pets', 'both', 'age', age)
        .setValue('turn', `one ${age}`);
      other
        .setRow('pets', `other ${age}`, {age})
        .setCell('pets', 'both', 'age', age % 3 === 0 ? 'none' : -age);
      other.delRow('pets', `other ${age - 1}`).setCell('pets', 'both', 'turn', `other ${age}`);
      await persisters[age % 2]?.whenDurable();
    }
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    const merged = mergeAll(stores).getMergeableContentHashes().join();
    await Promise.all(
      stores.map((store) => until(store, () => store.getMergeableContentHashes().join() === merged)),
    );
    for (const persister of persisters) {
      await persister.destroy();
    }
    const loaded = createMergeableStore();
    const reader = await createPgPersister(loaded, openPool(), config);
    await reader.load();
    await reader.destroy();
    expect(loaded.getMergeableContentHashes()).toEqual(one.getMergeableContentHashes());
    expect(loaded.getContent()).toEqual(one.getContent());
  },
);

test.skipIf(noPostgres)(
  '[MS22] edits by SQL are told of, win, and reach the stores of both clients',
  async () => {
    const {admin, openPool} = await createPlace();
    await admin.query(
      'CREATE TABLE pets (_id text PRIMARY KEY, born date, price numeric(10, 2), tags jsonb)',
    );
    await admin.query(`INSERT INTO pets VALUES ('fido', '2020-01-02', 4.5, '{"b":1,"a":2}')`);
    const stores = [createMergeableStore('one'), createMergeableStore('other')] as const;
    const persisters = await Promise.all(stores.map((store) => createPgPersister(store, openPool(), CONFIG)));
    for (const persister of persisters) {
      await persister.startAutoPersisting();
    }
    const [one, other] = stores;
    const stamped = one.getMergeableContent()[0][0].pets?.[0].fido?.[0].born;
    expect(stamped?.slice(0, 2)).toEqual(['2020-01-02', '']);
    await admin.query("UPDATE pets SET price = 5.25 WHERE _id = 'fido'");
    await admin.query("INSERT INTO pets (_id, born) VALUES ('rex', '2021-01-01')");
    for (const store of stores) {
      await until(
        store,
        () => store.getCell('pets', 'fido', 'price') === 5.25 && store.hasRow('pets', 'rex'),
      );
    }
    // What the column makes of it reaches both.
    one.setCell('pets', 'rex', 'born', '2021-2-3').setCell('pets', 'rex', 'price', 7.123);
    for (const store of stores) {
      await until(
        store,
        () =>
          store.getCell('pets', 'rex', 'born') === '2021-02-03' &&
          store.getCell('pets', 'rex', 'price') === 7.12,
      );
    }
    await admin.query("DELETE FROM pets WHERE _id = 'fido'");
    for (const store of stores) {
      await until(store, () => !store.hasRow('pets', 'fido'));
    }
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    expect(other.getMergeableContent()).toEqual(one.getMergeableContent());
    for (const persister of persisters) {
      await persister.destroy();
    }
  },
);

test.skipIf(noPostgres)(
  '[MS22] an edit by SQL that is committed while a save waits for the row is not lost',
  async () => {
    const {admin, openPool} = await createPlace();
    const store = createMergeableStore();
    const persister = await createPgPersister(store, openPool(), CONFIG);
    store.setRow('pets', 'fido', {age: 1, name: 'Fido'});
    await persister.save();
    const client = await openPool().connect();
    await client.query('BEGIN');
    await client.query("UPDATE pets SET age = 10 WHERE _id = 'fido'");
    store.setCell('pets', 'fido', 'age', 2).setCell('pets', 'fido', 'name', 'Rex');
    const saved = persister.save();
    while ((await admin.query('SELECT 1 FROM pg_locks WHERE NOT granted')).rows.length === 0) {
      // The save is on its way to the row.
    }
    await client.query('COMMIT');
    client.release();
    await saved;
    expect((await admin.query('SELECT age, name FROM pets')).rows).toEqual([{age: 10, name: 'Rex'}]);
    await persister.load();
    expect(store.getRow('pets', 'fido')).toEqual({age: 10, name: 'Rex'});
    await persister.destroy();
  },
);

test.skipIf(noPostgres)('[MS25] a role that may only read loads, and writes nothing', async () => {
  const {admin, openPool, schema} = await createPlace();
  await admin.query('CREATE TABLE pets (_id text PRIMARY KEY, age integer)');
  await admin.query("INSERT INTO pets VALUES ('fido', 1)");
  await admin.query(`CREATE ROLE ${schema} LOGIN`);
  await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}; GRANT SELECT ON pets TO ${schema}`);
  const store = createMergeableStore();
  const persister = await createPgPersister(store, openPool({user: schema}), CONFIG);
  await persister.load();
  expect(store.getTables()).toEqual({pets: {fido: {age: 1}}});
  await persister.destroy();
  await admin.query(`DROP OWNED BY ${schema}; DROP ROLE ${schema}`);
});

test.skipIf(noPostgres)(
  '[MS10] [MS13] in mode rows, many clients that write the same cells at once, while one forgets, come to hold the same',
  async () => {
    const {openPool} = await createPlace();
    const config = {mode: 'rows', autoLoadIntervalSeconds: NEVER_S} as const;
    const DAY_MS = 86_400_000;
    const old = createMergeableStore('old', () => Date.now() - 10 * DAY_MS);
    old.setRow('pets', 'gone', {age: 1}).delRow('pets', 'gone');
    const stores = Array.from({length: 4}, (_, index) => createMergeableStore(`client ${index}`));
    const persisters = await Promise.all(stores.map((store) => createPgPersister(store, openPool(), config)));
    const first = await createPgPersister(old, openPool(), config);
    await first.save();
    await Promise.all(persisters.map((persister) => persister.startAutoPersisting()));
    for (let age = 0; age < 25; age++) {
      for (const [index, store] of stores.entries()) {
        store.setCell('pets', `row ${age % 3}`, `cell ${(age + index) % 2}`, `${index} ${age}`);
        age % 5 === index && store.delRow('pets', `row ${index % 3}`).setValue('turn', age);
      }
      if (age === 10) {
        await first.compact({beforeMs: Date.now() - DAY_MS});
      }
      await persisters[age % 4]?.whenDurable();
    }
    await Promise.all(persisters.map((persister) => persister.whenDurable()));
    const wanted = mergeAll(stores).getContent();
    const isSame = (store: MergeableStore) => isDeepStrictEqual(store.getContent(), wanted);
    await Promise.all(stores.map((store) => until(store, () => isSame(store))));
    for (const persister of [...persisters, first]) {
      await persister.destroy();
    }
    const loaded = createMergeableStore();
    const reader = await createPgPersister(loaded, openPool(), config);
    await reader.load();
    await reader.destroy();
    expect(loaded.getContent()).toEqual(wanted);
    expect(loaded.getMergeableContent()[0][0].pets?.[0].gone).toBeUndefined();
  },
);
