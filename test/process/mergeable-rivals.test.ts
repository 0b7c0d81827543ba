// Processes that keep mergeable stores in one database file, one of them killed again and again: all come to hold what merging in memory
// gives, and what was acknowledged is there. HOLDFAST_SEED takes the printed seed back.

import type {ChildProcess} from 'node:child_process';
import {createInterface} from 'node:readline';
import {expect, test} from 'vitest';
import type {Changes} from '../../src/base/content.ts';
import {createMergeableStore} from '../../src/entry/mergeable-store.ts';
import {fromStampedCells} from '../../src/merge/stamped-cells.ts';
import {bundleScript, collectOutput} from '../places/child.ts';
import {configOf, DRIVERS, type JournalMode, type LayoutName, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {createRandom, takeSeed} from '../places/random.ts';
import type {MergeableWriterSettings} from './mergeable-writer.ts';

const WRITERS = ['ann', 'bob'];
const EDITS = 700;
const MAX_LIFE_MS = 150;

/** What a process said that it made, and how far it said that it was stored. */
interface Said {
  readonly writer: string;
  readonly made: readonly Changes[];
  readonly stored: number;
}

const readSaid = (writer: string, output: string): Said => {
  const made: Changes[] = [];
  let stored = 0;
  // A line that was cut is none.
  for (const line of output.split('\n').slice(0, -1)) {
    const [word, k, ...rest] = line.split(' ');
    if (word === 'made') {
      made[Number(k) - 1] = JSON.parse(rest.join(' '));
    } else if (word === 'stored') {
      stored = Number(k);
    }
  }
  return {writer, made, stored};
};

const lineOf = (child: ChildProcess, wanted: string): Promise<void> =>
  new Promise((resolve) => {
    createInterface({input: child.stdout as NonNullable<ChildProcess['stdout']>}).on(
      'line',
      (line) => line === wanted && resolve(),
    );
  });

test.each([
  ['rows', 'WAL'],
  ['rows', 'DELETE'],
  ['tabular', 'WAL'],
] as const satisfies readonly (readonly [LayoutName, JournalMode])[])(
  '[MS10] [MS21] [PR1] processes on one file (%s, %s), one of them killed again and again, come to hold what merging gives',
  async (layout, journalMode) => {
    const config = configOf(layout, ['pets', 'edits']);
    const seed = takeSeed('mergeable rivals');
    const random = createRandom(seed);
    const folder = createFolder();
    const path = folder('store.sqlite');
    const start = await bundleScript(new URL('./mergeable-writer.ts', import.meta.url), folder('writer.cjs'));
    const startWriter = (writer: string, index: number, count?: number) => {
      const settings: MergeableWriterSettings = {
        path,
        config,
        driver: DRIVERS[index % DRIVERS.length] as MergeableWriterSettings['driver'],
        journalMode,
        writer,
        seed: seed + index,
        ...(count === undefined ? {} : {count}),
      };
      return start(JSON.stringify(settings));
    };

    const children = WRITERS.map((writer, index) => startWriter(writer, index, EDITS));
    const ends = children.map(collectOutput);
    let areDone = false;
    const done = Promise.all(children.map((child) => lineOf(child, 'done'))).then(() => {
      areDone = true;
    });

    const said: Said[] = [];
    for (let life = 0; !areDone; life++) {
      const child = startWriter(`killed${life}`, life);
      const end = collectOutput(child);
      await lineOf(child, 'ready');
      await new Promise((resolve) => setTimeout(resolve, random() ** 2 * MAX_LIFE_MS));
      child.kill('SIGKILL');
      said.push(readSaid(`killed${life}`, (await end).output));
    }
    await done;

    const open = () =>
      openDatabase(path, config, {
        driver: 'node:sqlite',
        store: createMergeableStore(),
      });
    const found = open();
    await found.persister.load();
    const stored = found.store as ReturnType<typeof createMergeableStore>;
    for (const child of children) {
      child.stdin?.write(`${JSON.stringify(stored.getMergeableContentHashes())}\n`);
    }
    const outputs = await Promise.all(ends);
    expect(outputs.map(({code}) => code)).toEqual(WRITERS.map(() => 0));
    expect(outputs.map(({output}) => output.trimEnd().split('\n').at(-1))).toEqual(WRITERS.map(() => 'same'));
    said.push(...outputs.map(({output}, index) => readSaid(WRITERS[index] as string, output)));

    const merged = createMergeableStore();
    let unacknowledged = 0;
    for (const {writer, made, stored: last} of said) {
      const first = stored.getCell('edits', writer, 'first') ?? 0;
      expect(stored.getCell('edits', writer, 'last') ?? 0).toBe(first);
      // One more than was acknowledged may be there: the process died before it could say so.
      expect([last, Math.min(last + 1, made.length)], writer).toContain(first);
      unacknowledged += made.length - last;
      for (const changes of made.slice(0, Number(first))) {
        merged.applyMergeableChanges(fromStampedCells(changes));
      }
    }
    expect(stored.getMergeableContent()).toEqual(merged.getMergeableContent());
    await found.close();
    const edits = said.reduce((sum, each) => sum + each.stored, 0);
    console.log(
      `${said.length - WRITERS.length} kills, ${edits} edits acknowledged, ${unacknowledged} were on their way`,
    );
    expect(said.length).toBeGreaterThan(WRITERS.length + 1);
  },
);
