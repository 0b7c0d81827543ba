// One measurement of one contestant, in a process of its own so that no other's heap is in the way: `node one.ts holdfast fill`.
// Prints one line of JSON.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import type {MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createStore} from '../../src/entry/store.ts';
import {makeRows} from '../engine/rows.ts';
import {type Client, type Contestant, contestants} from './contestants.ts';

const ROW_COUNT = 100_000;

const [, , name = 'holdfast', what = 'fill'] = process.argv;
const contestant = contestants[name] as Contestant;

const collect = (): number => {
  (globalThis as {gc?: () => void}).gc?.();
  return process.memoryUsage().heapUsed;
};

const quantile = (figures: number[], part: number): number =>
  figures.sort((a, b) => a - b)[Math.min(figures.length - 1, Math.floor(figures.length * part))] as number;

const median = (figures: number[]): number => quantile(figures, 0.5);

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (isSo()) {
        store.delListener(id);
        resolve();
      }
    };
    const id = store.addDidFinishTransactionListener(look);
    look();
  });

const withDatabase = async <Result>(work: (db: InstanceType<typeof Database>) => Promise<Result>) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const db = new Database(join(folder, 'store.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  try {
    return await work(db);
  } finally {
    db.close();
    rmSync(folder, {recursive: true});
  }
};

/** Cells of a row in four; 50,000 rows of them are the first sync's. */
const fourCells = (rowCount: number) => {
  const rows = makeRows(rowCount) as unknown as {[id: string]: {[id: string]: never}};
  for (const row of Object.values(rows)) {
    delete row[Object.keys(row)[0] as string];
  }
  return rows;
};

const editMs = async (
  store: Pick<MergeableStore, 'setCell'>,
  durable: () => Promise<unknown>,
  editCount: number,
): Promise<number> => {
  const figures: number[] = [];
  for (let edit = 0; edit < editCount; edit++) {
    const start = performance.now();
    store.setCell('t', `row${edit}`, 'edited', edit);
    await durable();
    figures.push(performance.now() - start);
  }
  return median(figures);
};

const measurements: {readonly [what: string]: () => Promise<object>} = {
  fill: async () => {
    const warm = contestant.createStore('warm').setTable('t', makeRows(1_000));
    const rows = makeRows(ROW_COUNT);
    const before = collect();
    const start = performance.now();
    const store = contestant.createStore('s').setTable('t', rows);
    const ms = performance.now() - start;
    const heapMb = (collect() - before) / 1e6;
    const hashing = performance.now();
    store.getMergeableContentHashes();
    const hashMs = performance.now() - hashing;
    const editing = performance.now();
    for (let row = 0; row < 10_000; row++) {
      store.setCell('t', `row${row}`, 'edited', row);
    }
    const setCellUs = (performance.now() - editing) / 10;
    return {ms, heapMb, hashMs, setCellUs, rows: store.getRowCount('t') + warm.getRowCount('t') * 0};
  },

  persist: () =>
    withDatabase(async (db) => {
      const store = contestant.createStore('s').setTable('t', makeRows(ROW_COUNT));
      const persister = contestant.createPersister(store as never, db, 'rows');
      const start = performance.now();
      await persister.save();
      const saveMs = performance.now() - start;
      await persister.startAutoSave();
      const oneEditMs = await editMs(
        store as never,
        // TinyBase has no word for "it is stored": what is scheduled behind the save comes after it.
        () => persister.whenDurable?.() ?? persister.schedule(async () => undefined),
        name === 'tinybase' ? 5 : 1_000,
      );
      await persister.destroy();
      const loaded = contestant.createStore('l');
      const loader = contestant.createPersister(loaded, db, 'rows');
      const loading = performance.now();
      await loader.load();
      const loadMs = performance.now() - loading;
      if (loaded.getRowCount('t') < ROW_COUNT) {
        throw new Error('the load is not whole');
      }
      await loader.destroy();
      return {saveMs, editMs: oneEditMs, loadMs};
    }),

  plain: () =>
    withDatabase(async (db) => {
      const store = createStore().setTable('t', makeRows(ROW_COUNT));
      const persister = createBetterSqlite3Persister(store, db, {mode: 'rows'});
      const start = performance.now();
      await persister.save();
      const saveMs = performance.now() - start;
      await persister.startAutoSave();
      const oneEditMs = await editMs(store as never, () => persister.whenDurable(), 1_000);
      await persister.destroy();
      return {saveMs, editMs: oneEditMs};
    }),

  first: async () => {
    const rowCount = 50_000;
    const server = await contestant.serve(false);
    const url = `ws://127.0.0.1:${server.port}/room`;
    const full = contestant.createStore('full').setTable('t', fourCells(rowCount)) as MergeableStore;
    const one = await contestant.connect(full, url, 30);
    await one.synchronizer.startSync();
    const before = one.bytes();
    const empty = contestant.createStore('empty');
    const start = performance.now();
    const other = await contestant.connect(empty, url, 30);
    const arrived = until(empty, () => empty.getRowCount('t') === rowCount);
    await other.synchronizer.startSync();
    await arrived;
    const ms = performance.now() - start;
    const firstBytes = one.bytes() - before;
    await other.synchronizer.destroy();
    // The same two meet again, and nothing differs.
    const beforeAgain = one.bytes();
    const again = await contestant.connect(empty, url, 30);
    await again.synchronizer.startSync();
    const againBytes = again.bytes();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const figures = {
      ms,
      megabytes: firstBytes / 1e6,
      reconnectBytes: Math.max(againBytes, one.bytes() - beforeAgain),
    };
    await again.synchronizer.destroy();
    await one.synchronizer.destroy();
    await server.destroy();
    return figures;
  },

  latency: async () => {
    const server = await contestant.serve(false);
    const url = `ws://127.0.0.1:${server.port}/room`;
    const [store, hearing] = [contestant.createStore('one'), contestant.createStore('other')];
    const clients: Client[] = [];
    for (const each of [store, hearing]) {
      const client = await contestant.connect(each, url, 1);
      await client.synchronizer.startSync();
      clients.push(client);
    }
    const figures: number[] = [];
    for (let edit = 0; edit < 3_000; edit++) {
      const start = performance.now();
      store.setCell('t', 'r', 'c', edit);
      await until(hearing, () => hearing.getCell('t', 'r', 'c') === edit);
      edit >= 500 && figures.push(performance.now() - start);
    }
    for (const {synchronizer} of clients) {
      await synchronizer.destroy();
    }
    await server.destroy();
    return {p50: quantile(figures, 0.5), p99: quantile(figures, 0.99)};
  },
};

console.log(JSON.stringify(await (measurements[what] as () => Promise<object>)()));
process.exit(0);
