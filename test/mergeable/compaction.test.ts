// What becomes of those who were away while deletions were forgotten in mode `rows`: replicas of the database that slept, clients of a
// server, and rows that were put aside.

import Database from 'better-sqlite3';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createFakePorts} from '../../src/base/ports.fake.ts';
import {betterSqlite3Driver} from '../../src/driver/better-sqlite3-driver.ts';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import type {HoldfastError} from '../../src/entry/persisters.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';
import {createDatabasePersister} from '../../src/persister/database-persister.ts';
import {until} from '../../src/testing/until.ts';
import {catchError} from '../places/catch-error.ts';
import {configOf} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const DAY_MS = 86_400_000;
const CONFIG = {mode: 'rows', autoLoadIntervalSeconds: 0.02} as const;
const FIVE_DAYS_AGO = {beforeMs: Date.now() - 5 * DAY_MS};

/** A clock that a test moves. */
const createClock = (daysAgo: number) => {
  const clock = {daysAgo, now: () => Date.now() - clock.daysAgo * DAY_MS};
  return clock;
};
const createOldStore = (id: string, daysAgo: number): MergeableStore =>
  createMergeableStore(id, createClock(daysAgo).now);

const fill = (store: MergeableStore): MergeableStore => {
  store
    .setTables({pets: {fido: {age: 1, name: 'Fido'}, felix: {age: 2}}})
    .setValues({open: true, motto: 'x'});
  return store;
};
const forget = (store: MergeableStore): void => {
  store.delCell('pets', 'fido', 'age').delRow('pets', 'felix').delValue('open');
};
const AFTER = [{pets: {fido: {name: 'Fido'}}}, {motto: 'x'}];

const createPlace = () => {
  const path = createFolder()('store.db');
  const openDb = () => {
    const db = new Database(path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    onTestFinished(() => {
      db.close();
    });
    return db;
  };
  const open = (store: MergeableStore, onIgnoredError?: (error: unknown) => void) =>
    createBetterSqlite3Persister(store, openDb(), CONFIG, undefined, onIgnoredError);
  /** A persister that notices nothing until its timers are fired. */
  const openAsleep = async (store: MergeableStore) => {
    const ports = {...createFakePorts(), now: Date.now};
    const {watch: _, ...driver} = betterSqlite3Driver(openDb());
    const persister = createDatabasePersister(store, driver, {configOrStoreTableName: CONFIG, ports}, {});
    await ports.until(persister.startAutoPersisting());
    return {ports, persister};
  };
  const save = async (store: MergeableStore) => {
    const persister = open(store);
    await persister.save();
    await persister.destroy();
  };
  // Of which others hear row by row.
  const edit = async (store: MergeableStore, make: (store: MergeableStore) => void) => {
    const persister = open(store);
    await persister.startAutoPersisting();
    make(store);
    await persister.destroy();
  };
  const load = async () => {
    const store = createMergeableStore();
    const persister = open(store);
    await persister.load();
    await persister.destroy();
    return store;
  };
  return {openDb, open, openAsleep, save, edit, load};
};

describe('replicas of a database in mode rows', () => {
  test('[MS13] one that slept while something was deleted, and that was forgotten, deletes it when it wakes', async () => {
    const place = createPlace();
    const sleeper = fill(createOldStore('sleeper', 10));
    const {ports, persister} = await place.openAsleep(sleeper);
    await place.edit(createOldStore('deleter', 8), forget);
    const compacting = place.open(createMergeableStore());
    await compacting.compact(FIVE_DAYS_AGO);
    await compacting.destroy();
    expect(sleeper.hasRow('pets', 'felix')).toBe(true);

    await ports.untilTrue(() => !sleeper.hasRow('pets', 'felix'));
    await ports.until(persister.whenDurable());
    expect(ports.warnings.map(({error}) => (error as HoldfastError).code)).toEqual(['storage/compacted']);
    await ports.until(persister.destroy());
    expect(sleeper.getContent()).toEqual(AFTER);
    expect((await place.load()).getContent()).toEqual(AFTER);
  });

  test('[MS13] so does the one that was behind when it was told to forget', async () => {
    const place = createPlace();
    const behind = fill(createOldStore('behind', 10));
    const {ports, persister} = await place.openAsleep(behind);
    await place.edit(createOldStore('deleter', 8), forget);
    await ports.until(persister.compact(FIVE_DAYS_AGO));
    await ports.untilTrue(() => !behind.hasRow('pets', 'felix'));
    await ports.until(persister.whenDurable());
    await ports.until(persister.destroy());
    expect(behind.getContent()).toEqual(AFTER);
    expect((await place.load()).getContent()).toEqual(AFTER);
  });

  test('[MS13] who knew of everything when it was told to forget does not load anew', async () => {
    const place = createPlace();
    const store = fill(createOldStore('store', 10));
    const {ports, persister} = await place.openAsleep(store);
    forget(store);
    await ports.until(persister.whenDurable());
    const {loads} = persister.getStats();
    await ports.until(persister.compact(FIVE_DAYS_AGO));
    ports.fireNext();
    await ports.settle();
    expect(persister.getStats().loads).toBe(loads);
    await ports.until(persister.destroy());
    expect((await place.load()).getContent()).toEqual(AFTER);
  });
});

describe('a server over mode rows', () => {
  type Kind = 'holdfast' | 'tinybase';
  const createClient = (kind: Kind, id: string, daysAgo: number) => {
    const clock = createClock(daysAgo);
    const store = (kind === 'holdfast' ? createMergeableStore : createTinyStore)(
      id,
      clock.now,
    ) as MergeableStore;
    const create = (
      kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
    ) as typeof createWsSynchronizer;
    const connect = async (url: string): Promise<() => Promise<unknown>> => {
      const synchronizer = await create(store, new WebSocket(url) as never, 0.5);
      await synchronizer.startSync();
      return () => synchronizer.destroy();
    };
    return {store, clock, connect};
  };

  const serve = async ({open}: ReturnType<typeof createPlace>) => {
    const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
    await new Promise((resolve) => webSocketServer.once('listening', resolve));
    const told: HoldfastError[] = [];
    const store = createMergeableStore();
    const persister = open(store, (error) => told.push(error as HoldfastError));
    const server = createWsServer(webSocketServer as never, () => persister, undefined, 0.5);
    const {port} = webSocketServer.address() as {port: number};
    return {store, persister, told, url: `ws://127.0.0.1:${port}/room`, stop: () => server.destroy()};
  };

  const holds = (store: MergeableStore, content: unknown) => {
    const text = JSON.stringify(sorted(content));
    return until(store, () => JSON.stringify(sorted(store.getContent())) === text);
  };
  // Objects by their names: replicas come to hold the same in one order or another.
  const sorted = (thing: unknown): unknown =>
    typeof thing !== 'object' || thing === null
      ? thing
      : Object.entries(thing)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([id, member]) => [id, sorted(member)]);

  /** A client that filled the store is away, another one deletes, and the server's storage forgets; then the first is back. */
  const comeBack = async (
    [kind, isAnew]: readonly [Kind, boolean],
    editAway: (straggler: ReturnType<typeof createClient>) => void,
    expected: readonly object[],
  ) => {
    const place = createPlace();
    let server = await serve(place);
    const straggler = createClient(kind, 'straggler', 10);
    const leave = await straggler.connect(server.url);
    fill(straggler.store);
    await holds(server.store, straggler.store.getContent());
    await leave();
    const witness = createClient(kind, 'witness', 8);
    let leaveWitness = await witness.connect(server.url);
    await holds(witness.store, straggler.store.getContent());
    forget(witness.store);
    await holds(server.store, AFTER);
    await server.persister.whenDurable();
    await server.persister.compact(FIVE_DAYS_AGO);
    const stored = place
      .openDb()
      .prepare('SELECT stamped FROM holdfast WHERE table_id = ? AND row_id = ?')
      .pluck();
    expect(stored.get('pets', 'felix')).toBeUndefined();
    editAway(straggler);
    if (isAnew) {
      await leaveWitness();
      await server.stop();
      server = await serve(place);
    }
    straggler.clock.daysAgo = 0;
    const leaveAgain = await straggler.connect(server.url);
    await holds(straggler.store, expected);
    await holds(server.store, expected);
    witness.clock.daysAgo = 0;
    if (isAnew) {
      leaveWitness = await witness.connect(server.url);
    }
    const newcomer = createClient('holdfast', 'newcomer', 0);
    const leaveNewcomer = await newcomer.connect(server.url);
    await Promise.all(
      [witness.store, newcomer.store, straggler.store].map((store) => holds(store, expected)),
    );
    await server.persister.whenDurable();
    for (const end of [leaveAgain, leaveWitness, leaveNewcomer, server.stop]) {
      await end();
    }
    expect(sorted((await place.load()).getContent())).toEqual(sorted(expected));
    return server.told;
  };

  const CASES = [
    ['holdfast', false],
    ['holdfast', true],
    ['tinybase', false],
    ['tinybase', true],
  ] as const;

  test.each(CASES)(
    '[MS13] nothing that went comes back with a client (%s) that was away; the server starts anew: %s',
    async (kind, isAnew) => {
      const told = await comeBack([kind, isAnew], () => undefined, AFTER);
      // Until it starts anew, the server's own store remembers what its storage forgot.
      const [first] = told;
      expect(told.length).toBe(isAnew ? 1 : 0);
      if (first !== undefined) {
        expect(first.code).toBe('storage/compacted');
        const {tables, values} = first.details as {tables: {pets: string[]}; values: string[]};
        expect([tables.pets.toSorted(), values]).toEqual([['felix', 'fido'], ['open']]);
      }
    },
  );

  test.each(CASES)(
    '[MS13] what a client (%s) did away, after the moment, is kept; the server starts anew: %s',
    async (kind, isAnew) => {
      await comeBack(
        [kind, isAnew],
        ({store, clock}) => {
          clock.daysAgo = 1;
          store
            .setCell('pets', 'felix', 'toy', 'ball')
            .setCell('pets', 'rex', 'age', 3)
            .setValue('open', false);
        },
        [{pets: {fido: {name: 'Fido'}, felix: {toy: 'ball'}, rex: {age: 3}}}, {motto: 'x', open: false}],
      );
    },
  );

  test.each(CASES)(
    '[MS13] what a client (%s) did away, before the moment, goes, and the server names it; it starts anew: %s',
    async (kind, isAnew) => {
      const told = await comeBack(
        [kind, isAnew],
        ({store, clock}) => {
          clock.daysAgo = 7;
          store.setCell('pets', 'rex', 'age', 3).setCell('pets', 'fido', 'name', 'Rex');
        },
        [{pets: {fido: {name: 'Rex'}}}, {motto: 'x'}],
      );
      expect(told.some(({details}) => (details.tables as {pets: string[]}).pets.includes('rex'))).toBe(true);
    },
  );
});

describe('other storages', () => {
  test.each([
    [
      'json',
      (store: MergeableStore, db: Database.Database) =>
        createBetterSqlite3Persister(store, db, {mode: 'json'}),
    ],
    [
      'tabular',
      (store: MergeableStore, db: Database.Database) =>
        createBetterSqlite3Persister(store, db, configOf('tabular', ['pets'])),
    ],
    [
      'a file',
      (store: MergeableStore, db: Database.Database) => createFilePersister(store, `${db.name}.json`),
    ],
  ] as const)('[MS13] %s forgets nothing, and says so', async (_name, create) => {
    const place = createPlace();
    const db = place.openDb();
    const store = fill(createOldStore('store', 10));
    forget(store);
    const persister = create(store, db);
    await persister.save();
    expect(await catchError(persister.compact(FIVE_DAYS_AGO))).toMatchObject({
      code: 'persister/unsupported-store',
      message: expect.stringContaining('rows'),
    });
    await persister.destroy();
    const loaded = createMergeableStore();
    const loading = create(loaded, db);
    await loading.load();
    await loading.destroy();
    expect(loaded.getMergeableContent()).toEqual(store.getMergeableContent());
  });
});

describe('rows that were put aside', () => {
  test('[MS13] [PR8] a damaged row is not one that was deleted: who still has it stores it anew', async () => {
    const place = createPlace();
    const store = fill(createOldStore('store', 10));
    await place.edit(store, forget);
    const compacting = place.open(createMergeableStore());
    await compacting.compact(FIVE_DAYS_AGO);
    await compacting.destroy();
    const db = place.openDb();
    db.prepare("UPDATE holdfast SET stamped = 'damaged' WHERE row_id IN ('fido', 'motto')").run();
    const reading = place.open(createMergeableStore());
    expect(await catchError(reading.load())).toMatchObject({
      code: 'storage/unreadable',
      details: {rowCount: 2},
    });
    await reading.destroy();
    const told: unknown[] = [];
    const persister = place.open(store, (error) => told.push(error));
    await persister.startAutoPersisting();
    await persister.whenDurable();
    await persister.destroy();
    expect(told).toEqual([]);
    expect(store.getContent()).toEqual(AFTER);
    expect((await place.load()).getContent()).toEqual(AFTER);
    expect(db.prepare('SELECT cells FROM holdfast_quarantine').pluck().all()).toEqual(['damaged', 'damaged']);
  });
});
