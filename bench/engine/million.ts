// Saves and loads 1,000,000 rows of five cells, with progress, and says how much memory that takes above the store's
// own. Each step runs in a process of its own, which is measured from inside: the highest resident size.
//
//   npm run bench -- engine

import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createStore} from '../../src/entry/store.ts';

const ROW_COUNT = 1_000_000;
const LAYOUTS = {
  rows: {mode: 'rows'},
  tabular: {mode: 'tabular', tables: {load: {t: 't'}, save: {t: 't'}}},
} as const;
type LayoutName = keyof typeof LAYOUTS;

type Step = {ms: number; storeMegabytes: number; peakMegabytes: number; progressCalls: number};

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);

const collect = (): number => {
  (globalThis as {gc?: () => void}).gc?.();
  return megabytes(process.memoryUsage().rss);
};

const fill = () => {
  const store = createStore();
  store.transaction(() => {
    for (let index = 0; index < ROW_COUNT; index++) {
      store.setRow('t', `row${index}`, {
        name: `name ${index}`,
        count: index,
        score: index * 1.5,
        active: index % 2 === 0,
        note: `some text ${index % 100}`,
      });
    }
  });
  return store;
};

const runStep = async (step: 'save' | 'load', layout: LayoutName, path: string): Promise<Step> => {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  const before = collect();
  const store = step === 'save' ? fill() : createStore();
  const filled = collect();
  const persister = createBetterSqlite3Persister(store, db, LAYOUTS[layout]);
  let progressCalls = 0;
  let peak = filled;
  persister.onProgress(() => {
    progressCalls++;
    peak = Math.max(peak, megabytes(process.memoryUsage().rss));
  });
  const start = performance.now();
  await (step === 'save' ? persister.save() : persister.load());
  const ms = performance.now() - start;
  peak = Math.max(
    peak,
    megabytes(process.memoryUsage().rss),
    megabytes(process.resourceUsage().maxRSS * 1_000),
  );
  const storeMegabytes = step === 'save' ? filled - before : collect() - before;
  if (store.getRowCount('t') !== ROW_COUNT) {
    throw new Error(`the store holds ${store.getRowCount('t')} rows`);
  }
  await persister.destroy();
  db.close();
  return {ms, storeMegabytes, peakMegabytes: peak - before, progressCalls};
};

const runInProcess = (step: 'save' | 'load', layout: LayoutName, path: string): Step => {
  const {stdout, stderr, status} = spawnSync(
    process.execPath,
    [
      '--no-warnings',
      '--expose-gc',
      '--max-old-space-size=8192',
      fileURLToPath(import.meta.url),
      step,
      layout,
      path,
    ],
    {encoding: 'utf8'},
  );
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout) as Step;
};

const main = (): void => {
  console.log(
    '| 1,000,000 rows of 5 cells | seconds | the store | highest above the store | progress calls | file |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const layout of Object.keys(LAYOUTS) as LayoutName[]) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-million-'));
    const path = join(folder, 'million.db');
    try {
      for (const step of ['save', 'load'] as const) {
        const {ms, storeMegabytes, peakMegabytes, progressCalls} = runInProcess(step, layout, path);
        console.log(
          `| ${layout}: ${step} | ${(ms / 1_000).toFixed(1)} | ${storeMegabytes} MB | ${peakMegabytes - storeMegabytes} MB | ${progressCalls} | ${megabytes(statSync(path).size)} MB |`,
        );
      }
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  }
};

const [step, layout, path] = process.argv.slice(2);
if ((step === 'save' || step === 'load') && path !== undefined) {
  console.log(JSON.stringify(await runStep(step, layout as LayoutName, path)));
} else {
  main();
}
