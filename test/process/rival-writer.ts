// A process that writes to a place while others do: `rival-writer <settings as JSON>`. Waits for a line, makes its edits,
// each of them durable before the next, and prints the content of its store at the end. With `isAuto` it loads and saves
// by itself, and ends when it has heard of all edits of all others.

import {createMergeableStore} from '../../src/entry/mergeable-store.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, type DriverName, type LayoutName, openDatabase} from '../places/databases.ts';
import {editAsRival, hasAllEdits, RIVAL_TABLES} from './rival-edits.ts';

export interface RivalSettings {
  readonly path: string;
  readonly layout: LayoutName | 'file';
  readonly driver: DriverName;
  readonly writer: string;
  readonly writers: readonly string[];
  readonly count: number;
  readonly isAuto: boolean;
  readonly isMergeable: boolean;
}

const open = ({path, layout, driver, isMergeable}: RivalSettings) => {
  if (layout === 'file') {
    const store = createStore();
    const persister = createFilePersister(store, path);
    return {store, persister, close: () => persister.destroy()};
  }
  return openDatabase(path, configOf(layout, RIVAL_TABLES), {
    driver,
    journalMode: 'WAL',
    store: isMergeable ? createMergeableStore() : createStore(),
  });
};

const whenComplete = (store: Store, {writers, count}: RivalSettings): Promise<void> =>
  new Promise((resolve) => {
    const check = () => {
      if (hasAllEdits(store, writers, count)) {
        store.delListener(listenerId);
        resolve();
      }
    };
    const listenerId = store.addDidFinishTransactionListener(check);
    check();
  });

const run = async (settings: RivalSettings): Promise<void> => {
  const {writer, count, isAuto} = settings;
  const {store, persister, close} = open(settings);
  if (isAuto) {
    await persister.startAutoPersisting();
  } else {
    await persister.load();
  }
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let k = 1; k <= count; k++) {
    editAsRival(store, writer, k);
    await (isAuto ? persister.whenDurable() : persister.save());
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (isAuto) {
    await whenComplete(store, settings);
  }
  await close();
  process.stdout.write(`${JSON.stringify(store.getContent())}\n`);
  process.stdin.destroy();
};

void run(JSON.parse(process.argv[2] as string));
