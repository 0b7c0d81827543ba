// A process that keeps a mergeable store in a database that others write to, too: `mergeable-writer <settings as JSON>`. Prints
// `made <edit> <changes>` when it has made a random edit, and `stored <edit>` when it is durable. After its last edit it prints `done`,
// reads from its input the hashes that it is to come to, prints `same` when it has them, and ends.

import {writeSync} from 'node:fs';
import {createMergeableStore} from '../../src/entry/mergeable-store.ts';
import type {DatabasePersisterConfig} from '../../src/entry/persisters.ts';
import {toStampedChanges} from '../../src/merge/stamped-cells.ts';
import {type DriverName, type JournalMode, openDatabase} from '../places/databases.ts';
import {createRandom} from '../places/random.ts';

export interface MergeableWriterSettings {
  readonly path: string;
  readonly config: DatabasePersisterConfig;
  readonly driver: DriverName;
  readonly journalMode: JournalMode;
  readonly writer: string;
  readonly seed: number;
  /** How many edits it makes; it goes on until it is killed without it. */
  readonly count?: number;
}

const STDOUT = 1;
const ROWS = 8;
const CELLS = 4;

const say = (line: string): void => {
  writeSync(STDOUT, `${line}\n`);
};

const run = async ({
  path,
  config,
  driver,
  journalMode,
  writer,
  seed,
  count = Number.POSITIVE_INFINITY,
}: MergeableWriterSettings): Promise<void> => {
  const store = createMergeableStore();
  const {persister, close} = openDatabase(path, config, {
    driver,
    journalMode,
    store,
  });
  const random = createRandom(seed);
  const any = (limit: number) => Math.floor(random() * limit);
  await persister.startAutoPersisting();
  say('ready');

  const edit = (k: number): void => {
    store.transaction(() => {
      const rowId = `row${any(ROWS)}`;
      const cellId = `cell${any(CELLS)}`;
      const how = random();
      if (how < 0.5) {
        store.setCell('pets', rowId, cellId, `${writer} ${k}`);
      } else if (how < 0.7) {
        store.setPartialRow('pets', rowId, {[cellId]: k, both: [writer, k]});
      } else if (how < 0.85) {
        store.delCell('pets', rowId, cellId, true);
      } else if (how < 0.95) {
        store.delRow('pets', rowId);
      } else {
        store.delTable('pets');
      }
      random() < 0.3 && store.setValue(`value${any(CELLS)}`, k).delValue(`value${any(CELLS)}`);
      // Of one transaction: both are there, or neither.
      store.setRow('edits', writer, {first: k, last: k});
    });
  };

  for (let k = 1; k <= count; k++) {
    const listenerId = store.addDidFinishTransactionListener(() =>
      say(`made ${k} ${JSON.stringify(toStampedChanges(store.getTransactionMergeableChanges()))}`),
    );
    edit(k);
    store.delListener(listenerId);
    await persister.whenDurable();
    say(`stored ${k}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  say('done');
  const hashes = await new Promise<string>((resolve) =>
    process.stdin.once('data', (text) => resolve(String(text).trim())),
  );
  await new Promise<void>((resolve) => {
    const look = () => {
      if (JSON.stringify(store.getMergeableContentHashes()) === hashes) {
        store.delListener(listenerId);
        resolve();
      }
    };
    const listenerId = store.addDidFinishTransactionListener(look);
    look();
  });
  say('same');
  await close();
  process.stdin.destroy();
};

void run(JSON.parse(process.argv[2] as string));
