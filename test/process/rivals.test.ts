// Processes that write to one place at the same time: all edits of all of them are there at the end.

import {join} from 'node:path';
import {expect, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {bundleScript, collectOutput} from '../places/child.ts';
import {configOf, DRIVERS, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {contentOfRivals, RIVAL_TABLES} from './rival-edits.ts';
import type {RivalSettings} from './rival-writer.ts';

/** Edits a writer; a save of a document holds everything, and is synced to disk. */
const COUNTS = {rows: 3_000, tabular: 3_000, json: 1_500, file: 300} as const;

const MERGEABLE_COUNT = 500;

type Layout = keyof typeof COUNTS;

interface RunOptions {
  readonly isAuto: boolean;
  readonly isMergeable?: boolean;
}

const runRivals = async (
  layout: Layout,
  writers: readonly string[],
  {isAuto, isMergeable = false}: RunOptions,
) => {
  const folder = createFolder();
  const path = folder('place');
  const start = await bundleScript(new URL('./rival-writer.ts', import.meta.url), folder('writer.cjs'));
  const count = isMergeable ? MERGEABLE_COUNT : COUNTS[layout];
  const children = writers.map((writer, index) => {
    const driver = DRIVERS[index % DRIVERS.length] as RivalSettings['driver'];
    const settings: RivalSettings = {path, layout, driver, writer, writers, count, isAuto, isMergeable};
    return start(JSON.stringify(settings));
  });
  const ends = children.map(collectOutput);
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout?.once('data', resolve))));
  for (const child of children) {
    child.stdin?.write('go\n');
  }
  const outputs = await Promise.all(ends);
  expect(outputs.map(({code}) => code)).toEqual(writers.map(() => 0));
  const contents = outputs.map(({output}) => JSON.parse(output.split('\n')[1] as string));
  const expected = contentOfRivals(writers, count);
  expect((await loadStored(layout, path)).getContent()).toEqual(expected);
  return {contents, expected};
};

const loadStored = async (layout: Layout, path: string): Promise<Store> => {
  const store = createStore();
  if (layout === 'file') {
    await createFilePersister(store, path).load();
    return store;
  }
  const {persister, close} = openDatabase(join(path), configOf(layout, RIVAL_TABLES), {store});
  await persister.load();
  await close();
  return store;
};

const LAYOUT_NAMES = Object.keys(COUNTS) as Layout[];

test.each(LAYOUT_NAMES)(
  '[PR7] [RW2] three processes that save to one place (%s) keep all edits of all',
  async (layout) => {
    await runRivals(layout, ['ann', 'bob', 'cem'], {isAuto: false});
  },
);

test.each(LAYOUT_NAMES)(
  '[PR7] [WA1] two processes that auto-persist to one place (%s) keep all edits and converge',
  async (layout) => {
    const {contents, expected} = await runRivals(layout, ['ann', 'bob'], {isAuto: true});
    expect(contents).toEqual([expected, expected]);
  },
);

test.each([
  [['ann', 'bob', 'cem'], false],
  [['ann', 'bob'], true],
] as const)(
  '[MS21] processes that keep mergeable stores beside tables keep all edits of all: %s, by themselves %s',
  async (writers, isAuto) => {
    const {contents, expected} = await runRivals('tabular', writers, {isAuto, isMergeable: true});
    if (isAuto) {
      expect(contents).toEqual([expected, expected]);
    }
  },
);
