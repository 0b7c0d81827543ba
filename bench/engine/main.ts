// Measures the engine over better-sqlite3: full save, one-cell auto-save, load, in each layout, beside tinybase@10.0.1
// and the bare driver, in one run.
//
//   npm run bench -- engine        (a table)
//   npm run bench -- engine --json (the figures)

import {createStore as createTinyBaseStore} from 'tinybase';
import {createBetterSqlite3Persister as createTinyBasePersister} from 'tinybase/persisters/persister-better-sqlite3';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createStore} from '../../src/entry/store.ts';
import {bareInsert, bareLoad, bareUpsert, openDatabase} from './cases.ts';
import {makeRows} from './rows.ts';

const ROW_COUNT = 100_000;
const RUNS = 5;
const EDITS = 1_000;

const layouts = {
  rows: {mode: 'rows'},
  tabular: {mode: 'tabular', tables: {load: {t: 't'}, save: {t: 't'}}},
  json: {mode: 'json'},
} as const;

type Figure = {
  name: string;
  holdfast: number;
  tinybase?: number | undefined;
  bare?: number | undefined;
  unit: string;
};

const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

const timeMs = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const repeat = async (runs: number, measure: () => Promise<number>): Promise<number> => {
  const figures: number[] = [];
  for (let run = 0; run < runs; run++) {
    figures.push(await measure());
  }
  return median(figures);
};

const rows = makeRows(ROW_COUNT);

const measureSave = (layout: keyof typeof layouts) => async (): Promise<number> => {
  const {db, dispose} = openDatabase();
  const persister = createBetterSqlite3Persister(createStore().setTable('t', rows), db, layouts[layout]);
  const ms = await timeMs(() => persister.save());
  await persister.destroy();
  dispose();
  return ms;
};

const measureTinyBaseSave = (layout: 'json' | 'tabular', rowCount: number) => async (): Promise<number> => {
  const {db, dispose} = openDatabase();
  const store = createTinyBaseStore().setTable('t', rowCount === ROW_COUNT ? rows : makeRows(rowCount));
  const persister = createTinyBasePersister(store, db, layouts[layout] as never);
  const ms = await timeMs(() => persister.save());
  await persister.destroy();
  dispose();
  return ms;
};

const measureEdit = async (
  layout: keyof typeof layouts,
  rowCount: number,
  edits: number,
): Promise<number> => {
  const {db, dispose} = openDatabase();
  const store = createStore().setTable('t', rowCount === ROW_COUNT ? rows : makeRows(rowCount));
  const persister = createBetterSqlite3Persister(store, db, layouts[layout]);
  await persister.startAutoSave();
  const figures: number[] = [];
  for (let round = 0; round < 7; round++) {
    figures.push(
      await timeMs(async () => {
        for (let edit = 0; edit < edits; edit++) {
          store.setCell('t', `row${edit % 100}`, 'count', round * edits + edit + 0.5);
          await persister.whenDurable();
        }
      }),
    );
  }
  await persister.destroy();
  dispose();
  return (median(figures.slice(2)) / edits) * 1_000;
};

const measureBareEdit = async (): Promise<number> => {
  const {db, dispose} = openDatabase();
  bareInsert(db, rows);
  const upsert = bareUpsert(db);
  const figures: number[] = [];
  for (let round = 0; round < 7; round++) {
    figures.push(
      await timeMs(() => {
        for (let edit = 0; edit < EDITS; edit++) {
          upsert(round * EDITS + edit);
        }
      }),
    );
  }
  dispose();
  return (median(figures.slice(2)) / EDITS) * 1_000;
};

// TinyBase has no promise that tells when an auto-save is stored: its own save status does.
const measureTinyBaseEdit = async (
  layout: 'json' | 'tabular',
  rowCount: number,
  edits: number,
): Promise<number> => {
  const {db, dispose} = openDatabase();
  const store = createTinyBaseStore().setTable('t', makeRows(rowCount));
  const persister = createTinyBasePersister(store, db, layouts[layout] as never);
  await persister.startAutoSave();
  const figures: number[] = [];
  for (let edit = 0; edit < edits; edit++) {
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const listenerId = persister.addStatusListener((_persister, status) => {
        if (status === 0) {
          persister.delListener(listenerId);
          resolve();
        }
      });
      store.setCell('t', `row${edit % 100}`, 'count', edit + 0.5);
    });
    figures.push(performance.now() - start);
  }
  await persister.destroy();
  dispose();
  return median(figures) * 1_000;
};

const measureLoad = async (layout: keyof typeof layouts): Promise<number> => {
  const {db, dispose} = openDatabase();
  const saver = createBetterSqlite3Persister(createStore().setTable('t', rows), db, layouts[layout]);
  await saver.save();
  await saver.destroy();
  const ms = await repeat(RUNS, async () => {
    const store = createStore();
    const persister = createBetterSqlite3Persister(store, db, layouts[layout]);
    const taken = await timeMs(() => persister.load());
    if (store.getRowCount('t') !== ROW_COUNT) {
      throw new Error(`loaded ${store.getRowCount('t')} rows`);
    }
    await persister.destroy();
    return taken;
  });
  dispose();
  return ms;
};

const measureTinyBaseLoad = async (layout: 'json' | 'tabular', rowCount: number): Promise<number> => {
  const {db, dispose} = openDatabase();
  const saver = createTinyBasePersister(
    createTinyBaseStore().setTable('t', makeRows(rowCount)),
    db,
    layouts[layout] as never,
  );
  await saver.save();
  await saver.destroy();
  const ms = await repeat(RUNS, async () => {
    const store = createTinyBaseStore();
    const persister = createTinyBasePersister(store, db, layouts[layout] as never);
    const taken = await timeMs(() => persister.load());
    await persister.destroy();
    return taken;
  });
  dispose();
  return ms;
};

const main = async (): Promise<void> => {
  const bare = openDatabase();
  const bareSave = await repeat(RUNS, async () => {
    const {db, dispose} = openDatabase();
    const ms = await timeMs(() => bareInsert(db, rows));
    dispose();
    return ms;
  });
  bareInsert(bare.db, rows);
  const bareLoadMs = await repeat(RUNS, () => timeMs(() => bareLoad(bare.db)));
  bare.dispose();
  const bareEdit = await measureBareEdit();
  const figures: Figure[] = [];
  for (const layout of ['rows', 'tabular', 'json'] as const) {
    const isJson = layout === 'json';
    const edits = isJson ? 5 : EDITS;
    figures.push(
      {
        name: `${layout}: save 100,000 rows`,
        holdfast: await repeat(RUNS, measureSave(layout)),
        tinybase: isJson ? await repeat(RUNS, measureTinyBaseSave('json', ROW_COUNT)) : undefined,
        bare: bareSave,
        unit: 'ms',
      },
      {
        name: `${layout}: load 100,000 rows`,
        holdfast: await measureLoad(layout),
        tinybase: isJson ? await measureTinyBaseLoad('json', ROW_COUNT) : undefined,
        bare: bareLoadMs,
        unit: 'ms',
      },
      {
        name: `${layout}: one-cell edit, 100 rows`,
        holdfast: await measureEdit(layout, 100, EDITS),
        bare: bareEdit,
        unit: 'µs',
      },
      {
        name: `${layout}: one-cell edit, 100,000 rows`,
        holdfast: await measureEdit(layout, ROW_COUNT, edits),
        tinybase: isJson ? await measureTinyBaseEdit('json', ROW_COUNT, 5) : undefined,
        bare: bareEdit,
        unit: 'µs',
      },
    );
  }
  figures.push({
    name: 'tabular: one-cell edit, 5,000 rows',
    holdfast: await measureEdit('tabular', 5_000, EDITS),
    tinybase: await measureTinyBaseEdit('tabular', 5_000, 200),
    bare: bareEdit,
    unit: 'µs',
  });
  print(figures);
};

const print = (figures: readonly Figure[]): void => {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(figures, undefined, 2));
    return;
  }
  const show = (figure: number | undefined, unit: string) =>
    figure === undefined
      ? ''
      : `${figure < 100 ? figure.toFixed(1) : Math.round(figure).toLocaleString('en')} ${unit}`;
  console.log('| what | holdfast | tinybase 10.0.1 | bare driver | of bare |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const {name, holdfast, tinybase, bare, unit} of figures) {
    console.log(
      `| ${name} | ${show(holdfast, unit)} | ${show(tinybase, unit)} | ${show(bare, unit)} | ${bare === undefined ? '' : `${(holdfast / bare).toFixed(1)} x`} |`,
    );
  }
};

await main();
