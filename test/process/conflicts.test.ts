// Processes that edit the same rows, cells and values of one place at once: when all are done, every store holds what is
// stored. HOLDFAST_SEED takes the printed seed back.

import type {ChildProcess} from 'node:child_process';
import {createInterface} from 'node:readline';
import {expect, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore} from '../../src/entry/store.ts';
import {bundleScript} from '../places/child.ts';
import {configOf, DRIVERS, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {takeSeed} from '../places/random.ts';
import type {ConflictSettings} from './conflicting-writer.ts';

const COUNTS = {rows: 300, tabular: 300, json: 200, file: 60} as const;
const WRITERS = ['ann', 'bob', 'cem'];

test.each(Object.keys(COUNTS) as (keyof typeof COUNTS)[])(
  '[PR7] [WA1] three processes that edit the same cells at once end with the same content (%s)',
  async (layout) => {
    const seed = takeSeed(`conflicts in ${layout}`);
    const folder = createFolder();
    const path = folder('place');
    const start = await bundleScript(
      new URL('./conflicting-writer.ts', import.meta.url),
      folder('writer.cjs'),
    );
    const talks = WRITERS.map((writer, index) => {
      const driver = DRIVERS[index % DRIVERS.length] as ConflictSettings['driver'];
      const settings: ConflictSettings = {
        path,
        layout,
        driver,
        writer,
        writers: WRITERS,
        count: COUNTS[layout],
        seed,
      };
      return talkTo(start(JSON.stringify(settings)));
    });
    const hearAll = () => Promise.all(talks.map(({hear}) => hear()));
    const sayAll = (line: string) => {
      for (const {say} of talks) {
        say(line);
      }
    };

    expect(await hearAll()).toEqual(WRITERS.map(() => 'ready'));
    sayAll('go');
    expect(await hearAll()).toEqual(WRITERS.map(() => 'done'));
    const stored = await readStored(layout, path);
    sayAll(JSON.stringify(stored));
    for (const content of await hearAll()) {
      expect(JSON.parse(content)).toEqual(stored);
    }
    await Promise.all(talks.map(({ended}) => ended));
  },
);

/** Lines to and from a child. */
const talkTo = (child: ChildProcess) => {
  const lines = createInterface({input: child.stdout as NodeJS.ReadableStream})[Symbol.asyncIterator]();
  return {
    hear: async () => (await lines.next()).value as string,
    say: (line: string) => child.stdin?.write(`${line}\n`),
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
};

const readStored = async (layout: keyof typeof COUNTS, path: string): Promise<unknown> => {
  const store = createStore();
  if (layout === 'file') {
    await createFilePersister(store, path).load();
  } else {
    const {persister, close} = openDatabase(path, configOf(layout, ['pets']), {store});
    await persister.load();
    await close();
  }
  return JSON.parse(JSON.stringify(store.getContent()));
};
