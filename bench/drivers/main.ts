// Measures each driver in the layout `rows`: saving and loading 10,000 rows of 5 cells, one edited cell until it is durable
// (with its statements and bytes), and how long another handle's auto-loading store takes to hear of it; beside
// tinybase@10.0.1, which asks once a second, where it has the same binding.
//
//   npm test -- src/driver        (once: installs the databases)
//   npm run bench -- drivers

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import BetterSqlite3 from 'better-sqlite3';
import {createStore as createTinyBaseStore} from 'tinybase';
import {createBetterSqlite3Persister as createTinyBaseBetter} from 'tinybase/persisters/persister-better-sqlite3';
import {createSqliteNodePersister as createTinyBaseNode} from 'tinybase/persisters/persister-sqlite-node';
import {createStore, type Store} from '../../src/entry/store.ts';
import {makeRows} from '../engine/cases.ts';
import {KINDS, type Kind} from './kinds.ts';

const ROW_COUNT = 10_000;
const EDITS = 200;
const FEEDS = 15;
const CONFIG = {mode: 'rows'} as const;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-drivers-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
// Watching alone does not keep a process alive.
const keepAlive = setInterval(() => undefined, 1_000);

const median = (figures: readonly number[]): number =>
  [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN;

const timeMs = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const heard = (store: Pick<Store, 'addCellListener' | 'delListener'>): Promise<void> =>
  new Promise((resolve) => {
    const listenerId = store.addCellListener('t', 'row7', 'count', () => {
      store.delListener(listenerId);
      resolve();
    });
  });

const measure = async (kind: Kind, path: string) => {
  const database = await kind.open(path);
  const store = createStore().setTable('t', makeRows(ROW_COUNT));
  let statements = 0;
  let bytes = 0;
  const persister = database.createPersister(store, CONFIG, (sql, params = []) => {
    statements++;
    bytes +=
      sql.length +
      params.reduce<number>((sum, param) => sum + (typeof param === 'string' ? param.length : 8), 0);
  });
  const saveMs = await timeMs(() => persister.startAutoSave());
  statements = 0;
  bytes = 0;
  const edits: number[] = [];
  for (let edit = 0; edit < EDITS; edit++) {
    edits.push(
      await timeMs(() => {
        store.setCell('t', `row${edit % 100}`, 'count', edit + 0.5);
        return persister.whenDurable();
      }),
    );
  }
  const counts = {statements: statements / EDITS, bytes: Math.round(bytes / EDITS)};

  const other = await kind.open(path);
  const otherStore = createStore();
  const listening = other.createPersister(otherStore, CONFIG);
  const loadMs = await timeMs(() => listening.load());
  await listening.startAutoLoad();
  const feeds: number[] = [];
  for (let feed = 0; feed < FEEDS; feed++) {
    const hears = heard(otherStore);
    store.setCell('t', 'row7', 'count', -feed - 1);
    await persister.whenDurable();
    feeds.push(await timeMs(() => hears));
  }
  await listening.destroy();
  await persister.destroy();
  await other.close();
  await database.close();
  return {saveMs, loadMs, editMs: median(edits), feedMs: median(feeds), ...counts};
};

// How long TinyBase's auto-loading store takes to hear of another handle's save, in json mode.
const measureTinyBaseFeed = async (name: string, path: string): Promise<number | undefined> => {
  const open = {
    'better-sqlite3': () => {
      const db = new BetterSqlite3(path);
      return {db, create: (store: ReturnType<typeof createTinyBaseStore>) => createTinyBaseBetter(store, db)};
    },
    'node:sqlite': () => {
      const db = new DatabaseSync(path);
      return {db, create: (store: ReturnType<typeof createTinyBaseStore>) => createTinyBaseNode(store, db)};
    },
  }[name];
  if (open === undefined) {
    return undefined;
  }
  const [one, other] = [open(), open()];
  const store = createTinyBaseStore().setTable('t', makeRows(100));
  const saving = one.create(store);
  await saving.save();
  const otherStore = createTinyBaseStore();
  const listening = other.create(otherStore);
  await listening.startAutoLoad();
  const feeds: number[] = [];
  for (let feed = 0; feed < 5; feed++) {
    const hears = heard(otherStore as unknown as Store);
    store.setCell('t', 'row7', 'count', -feed - 1);
    await saving.save();
    feeds.push(await timeMs(() => hears));
  }
  await listening.destroy();
  await saving.destroy();
  one.db.close();
  other.db.close();
  return median(feeds);
};

const show = (ms: number | undefined): string =>
  ms === undefined ? '' : `${ms < 10 ? ms.toFixed(2) : Math.round(ms).toLocaleString('en')} ms`;

console.log(
  '| driver | save 10,000 rows | load | one-cell edit | statements | bytes | heard elsewhere | tinybase: heard |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [index, kind] of KINDS.entries()) {
  const {saveMs, loadMs, editMs, feedMs, statements, bytes} = await measure(
    kind,
    join(folder, `${index}.db`),
  );
  const tinyBaseMs = await measureTinyBaseFeed(kind.name, join(folder, `${index}-tinybase.db`));
  console.log(
    `| ${kind.name} | ${show(saveMs)} | ${show(loadMs)} | ${show(editMs)} | ${statements} | ${bytes} | ${show(feedMs)} | ${show(tinyBaseMs)} |`,
  );
}
clearInterval(keepAlive);
