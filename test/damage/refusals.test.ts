// Databases that refuse to be written to, for a while: full, read-only, locked. What was acknowledged is there, what was
// not stays pending, and is stored as soon as that is possible.

import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import type {DatabasePersisterConfig, Persister, Persists} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {catchError} from '../places/catch-error.ts';
import {configOf, DRIVERS, type DriverName, LAYOUTS, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const PLACES = LAYOUTS.flatMap((layout) => DRIVERS.map((driver) => [layout, driver] as const));
const SAVES = 50;
const BUSY_TIMEOUT_MS = 200;

const loadFrom = async (
  path: string,
  config: DatabasePersisterConfig,
  driver: DriverName,
): Promise<Store> => {
  const {store, persister, close} = openDatabase(path, config, {driver});
  await persister.load();
  await close();
  return store;
};

/** Adds a row of 1 kB and saves, time after time. Returns which rows were acknowledged. */
const saveRows = async (store: Store, persister: Persister<Persists>, code: string): Promise<Set<string>> => {
  const acknowledged = new Set<string>();
  for (let save = 0; save < SAVES; save++) {
    store.setRow('pets', `pet${save}`, {text: `${save}`.padEnd(1_000, 'x')});
    const error = await catchError(persister.save());
    if (error === undefined) {
      expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
      for (const rowId of store.getRowIds('pets')) {
        acknowledged.add(rowId);
      }
    } else {
      expect(error).toMatchObject({code});
      const pendingCount = store.getRowCount('pets') - acknowledged.size;
      expect(persister.getDurability()).toMatchObject({state: 'failing', error, pendingCount});
    }
  }
  return acknowledged;
};

test.each(PLACES)(
  '[PR2] [PR1] a full database loses nothing that was acknowledged, and stores the rest later (%s, %s)',
  async (layout, driver) => {
    const path = createFolder()('full.sqlite');
    const config = configOf(layout, ['pets']);
    const {store, persister, exec, close} = openDatabase(path, config, {driver});
    await persister.save();
    exec('PRAGMA max_page_count = 14');
    const acknowledged = await saveRows(store, persister, 'driver/full');
    expect(acknowledged.size).toBeGreaterThan(3);
    expect(acknowledged.size).toBeLessThan(SAVES);
    const stored = await loadFrom(path, config, driver);
    expect(new Set(stored.getRowIds('pets'))).toEqual(acknowledged);

    exec('PRAGMA max_page_count = 1000000');
    await persister.whenDurable();
    expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
    await close();
    expect((await loadFrom(path, config, driver)).getContent()).toEqual(store.getContent());
  },
);

test('[PR2] [FL1] a file on a full disk keeps what was acknowledged, and gets the rest when there is room', async (context) => {
  const folder = createFolder();
  const disk = folder('disk');
  mkdirSync(disk);
  try {
    execFileSync('/bin/sh', ['-c', 'mount -t tmpfs -o size=128k tmpfs "$0"', disk], {stdio: 'ignore'});
  } catch {
    context.skip('a small disk can be mounted by root on Linux only');
  }
  onTestFinished(() => {
    execFileSync('/bin/sh', ['-c', 'umount "$0"', disk]);
  });
  writeFileSync(folder('disk', 'ballast'), Buffer.alloc(40_000));
  const path = folder('disk', 'store.json');
  const store = createStore();
  const persister = createFilePersister(store, path);
  const acknowledged = await saveRows(store, persister, 'storage/file-failed');
  expect(acknowledged.size).toBeGreaterThan(3);
  expect(acknowledged.size).toBeLessThan(SAVES);
  const stored = createStore();
  await createFilePersister(stored, path).load();
  expect(new Set(stored.getRowIds('pets'))).toEqual(acknowledged);

  rmSync(folder('disk', 'ballast'));
  await persister.whenDurable();
  await createFilePersister(stored, path).load();
  expect(stored.getContent()).toEqual(store.getContent());
});

test.each(PLACES)(
  '[PR2] [DR4] a read-only database is told of, and written to when it is no more (%s, %s)',
  async (layout, driver) => {
    const path = createFolder()('read-only.sqlite');
    const config = configOf(layout, ['pets']);
    const {store, persister, exec, close} = openDatabase(path, config, {driver});
    store.setTables({pets: {fido: {species: 'dog'}}});
    await persister.save();
    exec('PRAGMA query_only = ON');
    store.setTables({pets: {fido: {species: 'cat'}}});
    expect(await catchError(persister.save())).toMatchObject({
      code: 'driver/read-only',
      message: expect.stringContaining('read-only'),
    });
    expect(persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 1});
    expect((await loadFrom(path, config, driver)).getTables()).toEqual({pets: {fido: {species: 'dog'}}});
    exec('PRAGMA query_only = OFF');
    await persister.whenDurable();
    await close();
    expect((await loadFrom(path, config, driver)).getTables()).toEqual({pets: {fido: {species: 'cat'}}});
  },
);

test.each(PLACES)(
  '[CN4] [PR2] a locked database is waited for, then told of, and written to when it is unlocked (%s, %s)',
  async (layout, driver) => {
    const path = createFolder()('locked.sqlite');
    const config: DatabasePersisterConfig = {...configOf(layout, ['pets']), busyTimeoutMs: BUSY_TIMEOUT_MS};
    const {store, persister, exec, close} = openDatabase(path, config, {driver});
    // The driver's own waiting would hold up the whole process.
    exec('PRAGMA busy_timeout = 0');
    store.setTables({pets: {fido: {species: 'dog'}}});
    await persister.startAutoSave();
    const other = openDatabase(path, config, {driver});
    other.exec('BEGIN IMMEDIATE');

    const startMs = performance.now();
    store.setCell('pets', 'fido', 'species', 'cat');
    const error = await catchError(persister.save());
    const tookMs = performance.now() - startMs;
    expect(error).toMatchObject({code: 'driver/busy', message: expect.stringContaining('busyTimeoutMs')});
    // The save that began by itself waits as long as the one that was asked for.
    expect(tookMs).toBeGreaterThan(BUSY_TIMEOUT_MS / 2);
    expect(tookMs).toBeLessThan(BUSY_TIMEOUT_MS * 2 + 2_000);
    expect(persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 1});

    other.exec('COMMIT');
    await persister.whenDurable();
    await other.close();
    await close();
    expect((await loadFrom(path, config, driver)).getTables()).toEqual({pets: {fido: {species: 'cat'}}});
  },
);

test.each(LAYOUTS)('[CN4] a save that waits for a lock goes on when it is given up (%s)', async (layout) => {
  const path = createFolder()('locked.sqlite');
  const {store, persister, exec, close} = openDatabase(path, configOf(layout, ['pets']));
  exec('PRAGMA busy_timeout = 0');
  await persister.startAutoSave();
  const other = new Database(path);
  onTestFinished(() => {
    other.close();
  });
  other.exec('BEGIN IMMEDIATE');
  store.setTables({pets: {fido: {species: 'dog'}}});
  const saved = persister.save();
  setTimeout(() => other.exec('COMMIT'), 50);
  await saved;
  await close();
  expect(other.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBeGreaterThan(0);
});

test.each(LAYOUTS)(
  '[PE4] [PE3] nothing is saved over a database that was locked when it was loaded (%s)',
  async (layout) => {
    const path = createFolder()('locked.sqlite');
    const config: DatabasePersisterConfig = {...configOf(layout, ['pets']), busyTimeoutMs: BUSY_TIMEOUT_MS};
    const first = openDatabase(path, config);
    first.store.setTables({pets: {fido: {species: 'dog', age: 3}}});
    await first.persister.save();

    const {store, persister, exec, close} = openDatabase(path, config);
    exec('PRAGMA busy_timeout = 0');
    first.exec('BEGIN EXCLUSIVE');
    expect(await catchError(persister.load())).toMatchObject({code: 'driver/busy'});
    // Who listens is told, and not the console.
    persister.addDurabilityListener(() => undefined);
    await persister.load([{pets: {fido: {species: 'default'}}}, {open: true}]);
    expect(store.getTables()).toEqual({pets: {fido: {species: 'default'}}});
    expect(await catchError(persister.save())).toMatchObject({code: 'driver/busy'});
    store.setCell('pets', 'fido', 'owner', 'Ann');
    first.exec('COMMIT');
    await persister.whenDurable();
    await close();
    await first.persister.load();
    expect(first.store.getTables()).toEqual({pets: {fido: {species: 'dog', age: 3, owner: 'Ann'}}});
    await first.close();
  },
);

test.each(LAYOUTS)(
  '[PR2] a save of nothing that failed is made up for, and nobody waits for ever (%s)',
  async (layout) => {
    const path = createFolder()('locked.sqlite');
    const config: DatabasePersisterConfig = {...configOf(layout, ['pets']), busyTimeoutMs: BUSY_TIMEOUT_MS};
    const {store, persister, exec, close} = openDatabase(path, config);
    exec('PRAGMA busy_timeout = 0');
    store.setTables({pets: {fido: {species: 'dog'}}});
    await persister.save();
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await catchError(persister.save());
    other.exec('COMMIT');
    other.close();
    await persister.whenDurable();
    expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
    await close();
  },
);

test('[PE4] [PR8] what turns out to be damaged after a load that failed is put aside, and stops no save', async () => {
  const path = createFolder()('locked.sqlite');
  const other = new Database(path);
  onTestFinished(() => {
    other.close();
  });
  other.exec(
    `CREATE TABLE tinybase (_id TEXT PRIMARY KEY, store TEXT); INSERT INTO tinybase VALUES ('_', 'damaged')`,
  );
  const {store, persister, exec, close} = openDatabase(path, {mode: 'json', busyTimeoutMs: BUSY_TIMEOUT_MS});
  exec('PRAGMA busy_timeout = 0');
  persister.addDurabilityListener(() => undefined);
  other.exec('BEGIN EXCLUSIVE');
  expect(await catchError(persister.load())).toMatchObject({code: 'driver/busy'});
  store.setValues({open: true});
  other.exec('COMMIT');
  await persister.save();
  await close();
  expect(other.prepare('SELECT store FROM tinybase ORDER BY _id').pluck().all()).toEqual([
    '[{},{"open":true}]',
    'damaged',
  ]);
});
