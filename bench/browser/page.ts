// What the page of the browser benchmark measures. Bundled and loaded into Chromium by main.ts.

import * as tinybase from 'tinybase';
import {createOpfsPersister as createTinyBaseOpfsPersister} from 'tinybase/persisters/persister-browser';
import {createIndexedDbPersister as createTinyBaseIndexedDbPersister} from 'tinybase/persisters/persister-indexed-db';
import {createSqliteWasmPersister as createTinyBaseSqliteWasmPersister} from 'tinybase/persisters/persister-sqlite-wasm';
import * as holdfast from '../../src/entry/index.ts';
import {createOpfsPersister} from '../../src/entry/persisters/persister-browser.ts';
import {createIndexedDbPersister} from '../../src/entry/persisters/persister-indexed-db.ts';
import {createWorkerPersister} from '../../src/entry/persisters/persister-worker.ts';
import {answerPage, startWorker} from '../../test/browser/page-worker.ts';
import {exposePool, openPool} from './sqlite.ts';

export type Place = 'IndexedDB' | 'OPFS' | 'SQLite';
export type Library = 'holdfast' | 'tinybase';

export interface Measured {
  /** Milliseconds from the call to the acknowledgement, median. */
  readonly editMs: number;
  /** Milliseconds of the first save. */
  readonly saveMs: number;
  /** The longest time that nothing else could run during the save. */
  readonly saveStallMs: number;
}

export interface Opened {
  readonly loadMs: number;
  readonly loadStallMs: number;
  readonly rowCount: number;
}

interface Persister {
  load(): Promise<unknown>;
  startAutoSave(): Promise<unknown>;
  destroy(): Promise<unknown>;
  delListener(listenerId: string): unknown;
  addStatusListener(listener: (persister: unknown, status: number) => void): string;
  whenDurable?(): Promise<void>;
}
interface Store {
  setCell(tableId: string, rowId: string, cellId: string, cell: number): unknown;
  setTable(tableId: string, table: object): unknown;
  getRowCount(tableId: string): number;
}

const makeTable = (rowCount: number): object => {
  const table: {[rowId: string]: object} = {};
  for (let row = 0; row < rowCount; row++) {
    table[`row${row}`] = {
      name: `name ${row}`,
      count: row,
      score: row * 1.5,
      active: row % 2 === 0,
      note: `some text ${row % 100}`,
    };
  }
  return table;
};

const open = async (
  library: Library,
  place: Place,
  name: string,
): Promise<{store: Store; persister: Persister}> => {
  const isOurs = library === 'holdfast';
  const store = (isOurs ? holdfast : tinybase).createStore() as Store;
  if (place === 'IndexedDB') {
    const create = isOurs ? createIndexedDbPersister : createTinyBaseIndexedDbPersister;
    return {store, persister: create(store as never, name) as unknown as Persister};
  }
  if (place === 'SQLite') {
    return {store, persister: await (isOurs ? openRemote(store, name) : openTinyBaseSqlite(store, name))};
  }
  const {navigator} = globalThis as unknown as {
    navigator: {
      storage: {getDirectory(): Promise<{getFileHandle(name: string, options: object): Promise<never>}>};
    };
  };
  const handle = await (await navigator.storage.getDirectory()).getFileHandle(name, {create: true});
  const create = isOurs ? createOpfsPersister : createTinyBaseOpfsPersister;
  return {store, persister: create(store as never, handle) as unknown as Persister};
};

// Ours has its store on the page, and the handle in the worker.
const openRemote = async (store: Store, name: string): Promise<Persister> => {
  const {port1, port2} = new MessageChannel();
  await startWorker().call('exposePool', name, port1);
  return (await createWorkerPersister(store as never, port2, {mode: 'rows'})) as unknown as Persister;
};

// TinyBase's wants the handle where the store is: in the worker, this runs there.
const openTinyBaseSqlite = async (store: Store, name: string): Promise<Persister> => {
  const {sqlite3, db} = await openPool(name);
  return createTinyBaseSqliteWasmPersister(store as never, sqlite3, db) as unknown as Persister;
};

const isOnPage = (globalThis as {document?: unknown}).document !== undefined;
const isForWorker = (library: Library, place: Place): boolean =>
  isOnPage && library === 'tinybase' && place === 'SQLite';

// TinyBase tells by its status alone when an auto-save is stored.
const untilSaved = (persister: Persister, edit: () => void): Promise<void> => {
  if (persister.whenDurable !== undefined) {
    edit();
    return persister.whenDurable();
  }
  return new Promise((resolve) => {
    const listenerId = persister.addStatusListener((_persister, status) => {
      if (status === 0) {
        persister.delListener(listenerId);
        resolve();
      }
    });
    edit();
  });
};

/** Runs work, and tells how long it took and the longest time that nothing else could run meanwhile. */
const watchStalls = async (work: () => Promise<unknown>): Promise<{ms: number; stallMs: number}> => {
  const channel = new MessageChannel();
  let last = performance.now();
  let stallMs = 0;
  let isDone = false;
  channel.port1.onmessage = () => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last);
    last = now;
    if (!isDone) {
      channel.port2.postMessage('');
    }
  };
  channel.port2.postMessage('');
  const start = performance.now();
  await work();
  const end = performance.now();
  isDone = true;
  stallMs = Math.max(stallMs, end - last);
  channel.port1.close();
  return {ms: end - start, stallMs};
};

export const measureEdits = async ([library, place, name, rowCount, edits]: [
  Library,
  Place,
  string,
  number,
  number,
]): Promise<Measured> => {
  if (isForWorker(library, place)) {
    const how = [library, place, name, rowCount, edits];
    return (await startWorker().call('measureEdits', how)) as Measured;
  }
  const {store, persister} = await open(library, place, name);
  store.setTable('t', makeTable(rowCount));
  const {ms: saveMs, stallMs: saveStallMs} = await watchStalls(() => persister.startAutoSave());
  const figures: number[] = [];
  for (let edit = 0; edit < edits; edit++) {
    const start = performance.now();
    await untilSaved(persister, () => store.setCell('t', `row${edit % 100}`, 'count', edit + 0.5));
    figures.push(performance.now() - start);
  }
  await persister.destroy();
  figures.sort((one, other) => one - other);
  return {editMs: figures[Math.floor(figures.length / 2)] ?? Number.NaN, saveMs, saveStallMs};
};

export const measureLoad = async ([library, place, name]: [Library, Place, string]): Promise<Opened> => {
  if (isForWorker(library, place)) {
    return (await startWorker().call('measureLoad', [library, place, name])) as Opened;
  }
  const {store, persister} = await open(library, place, name);
  const {ms: loadMs, stallMs: loadStallMs} = await watchStalls(() => persister.load());
  await persister.destroy();
  return {loadMs, loadStallMs, rowCount: store.getRowCount('t')};
};

/** What the store alone takes for a load: one transaction that sets everything, median of five. */
export const measureStore = (rowCount: number): number => {
  const figures = Array.from({length: 5}, () => {
    const content = [{t: makeTable(rowCount)}, {}];
    const store = holdfast.createStore();
    const start = performance.now();
    store.transaction(() => store.setContent(content as never));
    return performance.now() - start;
  });
  return figures.sort((one, other) => one - other)[2] ?? Number.NaN;
};

answerPage({exposePool, measureEdits, measureLoad});
