// A process that edits what others edit too: `conflicting-writer <settings as JSON>`. Waits for a line, sets and deletes the
// same few rows, cells and values as everybody, at random, and says when it has heard that all are done. Then it is told
// what is stored, and prints what its store holds as soon as that is the same, or after five seconds.

import {createInterface} from 'node:readline';
import {isDeepStrictEqual} from 'node:util';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, type DriverName, type LayoutName, openDatabase} from '../places/databases.ts';
import {createRandom} from '../places/random.ts';

export interface ConflictSettings {
  readonly path: string;
  readonly layout: LayoutName | 'file';
  readonly driver: DriverName;
  readonly writer: string;
  readonly writers: readonly string[];
  readonly count: number;
  readonly seed: number;
}

const LIMIT_MS = 5_000;

const open = ({path, layout, driver}: ConflictSettings) => {
  if (layout === 'file') {
    const store = createStore();
    const persister = createFilePersister(store, path);
    return {store, persister, close: () => persister.destroy()};
  }
  return openDatabase(path, configOf(layout, ['pets']), {driver, journalMode: 'WAL'});
};

const editAtRandom = (store: Store, random: () => number, text: string): void => {
  const pick = (count: number) => Math.floor(random() * count);
  const rowId = `row${pick(4)}`;
  store.transaction(() => {
    switch (pick(6)) {
      case 0:
        store.delRow('pets', rowId);
        break;
      case 1:
        store.delCell('pets', rowId, `cell${pick(3)}`);
        break;
      case 2:
        store.setRow('pets', rowId, {cell0: text, [`cell${pick(3)}`]: [text]});
        break;
      case 3:
        store.setValue('value', text);
        break;
      default:
        store.setCell('pets', rowId, `cell${pick(3)}`, text);
        store.setCell('pets', `row${pick(4)}`, `cell${pick(3)}`, pick(2) === 0 ? null : pick(100));
    }
  });
};

const whenTrue = (store: Store, check: () => boolean, limitMs?: number): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      store.delListener(listenerId);
      resolve();
    };
    const look = () => {
      if (check()) {
        end();
      }
    };
    const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs);
    const listenerId = store.addDidFinishTransactionListener(look);
    look();
  });

const plain = (store: Store): unknown => JSON.parse(JSON.stringify(store.getContent()));

const run = async (settings: ConflictSettings): Promise<void> => {
  const {writer, writers, count, seed} = settings;
  const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
  const {store, persister, close} = open(settings);
  await persister.startAutoPersisting();
  process.stdout.write('ready\n');
  await lines.next();
  const random = createRandom(seed + writers.indexOf(writer));
  for (let k = 1; k <= count; k++) {
    editAtRandom(store, random, `${writer} ${k}`);
    if (random() < 0.7) {
      await persister.whenDurable();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  store.setValue(`done ${writer}`, true);
  await persister.whenDurable();
  await whenTrue(store, () => writers.every((other) => store.hasValue(`done ${other}`)));
  process.stdout.write('done\n');
  const stored: unknown = JSON.parse((await lines.next()).value as string);
  await whenTrue(store, () => isDeepStrictEqual(plain(store), stored), LIMIT_MS);
  process.stdout.write(`${JSON.stringify(plain(store))}\n`);
  await close();
  process.stdin.destroy();
};

void run(JSON.parse(process.argv[2] as string));
