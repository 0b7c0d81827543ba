// Measures each driver in the layout `rows`: saving and loading 10,000 rows of 5 cells, one edited cell until it is durable
// (with its statements and bytes), and how long another handle's auto-loading store takes to hear of it; beside
// tinybase@10.0.1 in json, where it has the same binding.
//
//   npm test -- src/driver        (once: installs the databases)
//   npm run bench -- drivers

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createStore, type Store} from '../../src/entry/store.ts';
import {makeRows} from '../engine/cases.ts';
import {KINDS, type Kind} from './kinds.ts';
import {endPostgres} from './postgres.ts';
import {measureTinyBase} from './tinybase.ts';

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
  const persister = await database.createPersister(store, CONFIG, (sql, params = []) => {
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
  const listening = await other.createPersister(otherStore, CONFIG);
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

const show = (ms: number | undefined): string =>
  ms === undefined ? '' : `${ms < 10 ? ms.toFixed(2) : Math.round(ms).toLocaleString('en')} ms`;

// `npm run bench -- drivers --only=pg,postgres` measures those whose names begin so.
const only = process.argv
  .find((argument) => argument.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');

console.log(
  '| driver | save 10,000 rows | load | one-cell edit | statements | bytes | heard elsewhere | tinybase: save | load | edit | heard |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [index, kind] of KINDS.entries()) {
  if (only?.some((name) => kind.name.startsWith(name)) === false) {
    continue;
  }
  const {saveMs, loadMs, editMs, feedMs, statements, bytes} = await measure(
    kind,
    join(folder, `${index}.db`),
  );
  const theirs = await measureTinyBase(kind.name, join(folder, `${index}-tinybase.db`), makeRows(ROW_COUNT), {
    median,
    timeMs,
  });
  console.log(
    `| ${kind.name} | ${show(saveMs)} | ${show(loadMs)} | ${show(editMs)} | ${statements} | ${bytes} | ${show(feedMs)} | ${[theirs?.saveMs, theirs?.loadMs, theirs?.editMs, theirs?.feedMs].map(show).join(' | ')} |`,
  );
}
await endPostgres();
clearInterval(keepAlive);
