// Measures each driver in the layout `rows`: saving and loading 10,000 rows of 5 cells, one edited cell until it is durable
// (with its statements and bytes), and how long another handle's auto-loading store takes to hear of it; beside
// tinybase@10.0.1, which asks once a second, where it has the same binding.
//
//   npm test -- src/driver        (once: installs the databases)
//   npm run bench -- drivers [--only=<part of a driver's name>]

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createStore as createTinyBaseStore} from 'tinybase';
import {createStore, type Store} from '../../src/entry/store.ts';
import {componentFolder} from '../../test/components/component.ts';
import {makeRows} from '../engine/rows.ts';
import {BUN_KINDS, KINDS, type Kind} from './kinds.ts';
import {endPostgres} from './postgres.ts';

const ROW_COUNT = 10_000;
const EDITS = 200;
const FEEDS = 15;
const TINYBASE_FEEDS = 5;
const MAX_WAIT_MS = 10_000;
const CONFIG = {mode: 'rows'} as const;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-drivers-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
// Watching alone does not keep a process alive.
const keepAlive = setInterval(() => undefined, 1_000);

interface Figures {
  readonly saveMs: number;
  readonly loadMs: number;
  readonly editMs: number;
  readonly feedMs: number | undefined;
  readonly statements: number;
  readonly bytes: number;
}

const median = (figures: readonly number[]): number =>
  [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN;

const timeMs = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

// Resolves with whether it was heard of before the patience ended.
const heard = (store: Pick<Store, 'addCellListener' | 'delListener'>): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (isHeard: boolean) => {
      clearTimeout(timer);
      store.delListener(listenerId);
      resolve(isHeard);
    };
    const timer = setTimeout(end, MAX_WAIT_MS, false);
    const listenerId = store.addCellListener('t', 'row7', 'count', () => end(true));
  });

const measure = async (kind: Kind, path: string): Promise<Figures> => {
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

interface TinyBasePersister {
  save(): Promise<unknown>;
  startAutoLoad(): Promise<unknown>;
  destroy(): Promise<unknown>;
}

// How long TinyBase's auto-loading store takes to hear of another handle's save, in json mode.
const measureTinyBaseFeed = async (kind: Kind, path: string): Promise<number | undefined> => {
  const [one, other] = [await kind.open(path), await kind.open(path)];
  const create = async (
    {tinyBase}: typeof one,
    store: ReturnType<typeof createTinyBaseStore>,
  ): Promise<TinyBasePersister | undefined> => {
    if (tinyBase === undefined) {
      return undefined;
    }
    const module = await import(`tinybase/persisters/${tinyBase.module}`);
    return module[tinyBase.create](store, ...tinyBase.handles);
  };
  const store = createTinyBaseStore().setTable('t', makeRows(100));
  const otherStore = createTinyBaseStore();
  const [saving, listening] = [await create(one, store), await create(other, otherStore)];
  const feeds: number[] = [];
  if (saving !== undefined && listening !== undefined) {
    await saving.save();
    await listening.startAutoLoad();
    for (let feed = 0; feed < TINYBASE_FEEDS; feed++) {
      const hears = heard(otherStore as unknown as Store);
      store.setCell('t', 'row7', 'count', -feed - 1);
      await saving.save();
      const feedMs = await timeMs(() => hears);
      feeds.push((await hears) ? feedMs : Number.POSITIVE_INFINITY);
    }
    await listening.destroy();
    await saving.destroy();
  }
  await one.close();
  await other.close();
  return feeds.length === 0 ? undefined : median(feeds);
};

const show = (ms: number | undefined): string =>
  ms === undefined
    ? ''
    : ms === Number.POSITIVE_INFINITY
      ? 'never'
      : `${ms < 10 ? ms.toFixed(2) : Math.round(ms).toLocaleString('en')} ms`;

const print = (name: string, figures: Figures, tinyBaseMs: number | undefined): void => {
  const {saveMs, loadMs, editMs, statements, bytes, feedMs} = figures;
  console.log(
    `| ${name} | ${show(saveMs)} | ${show(loadMs)} | ${show(editMs)} | ${statements} | ${bytes} | ${show(feedMs)} | ${show(tinyBaseMs)} |`,
  );
};

const printAll = async (kinds: readonly Kind[]): Promise<void> => {
  for (const [index, kind] of kinds.entries()) {
    const figures = await measure(kind, join(folder, `${index}.db`));
    print(kind.name, figures, await measureTinyBaseFeed(kind, join(folder, `${index}-tinybase.db`)));
  }
};

const only = /^--only=(.+)$/.exec(process.argv.find((argument) => argument.startsWith('--only=')) ?? '')?.[1];
const isWanted = ({name}: {readonly name: string}): boolean => only === undefined || name.includes(only);

if ('bun' in process.versions) {
  await printAll(BUN_KINDS);
} else {
  console.log(
    '| driver | save 10,000 rows | load | one-cell edit | statements | bytes | heard elsewhere | tinybase: heard |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  await printAll(KINDS.filter(isWanted));
  const bun = `${componentFolder('bun')}node_modules/@oven/bun-linux-x64/bin/bun`;
  if (BUN_KINDS.some(isWanted) && existsSync(bun)) {
    spawnSync(bun, [fileURLToPath(import.meta.url)], {stdio: 'inherit'});
  }
  const name = 'a Durable Object in workerd';
  if (isWanted({name})) {
    const {measureDurableObject} = await import('./durable-object.ts');
    const place = join(folder, 'objects');
    mkdirSync(place);
    print(name, await measureDurableObject(place, ROW_COUNT, EDITS), undefined);
  }
}
await endPostgres();
clearInterval(keepAlive);
