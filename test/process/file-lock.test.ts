// The lock beside a file, left behind by a process that died: whoever comes next takes it over, and only one does.

import {spawnSync} from 'node:child_process';
import {lstatSync, readdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createStore} from '../../src/entry/store.ts';
import {createFolder} from '../places/folder.ts';

const WRITERS = 10;
const ROUNDS = 15;

test('[FL2] [PR7] a lock of a dead process is taken over by one writer at a time', async () => {
  const folder = createFolder();
  const {pid} = spawnSync(process.execPath, ['--version']);
  const path = folder('store.json');
  const stores = Array.from({length: WRITERS}, () => createStore());
  const persisters = stores.map((store) => createFilePersister(store, path));
  for (const persister of persisters) {
    await persister.load();
  }
  for (let round = 0; round < ROUNDS; round++) {
    writeFileSync(`${path}.lock`, String(pid));
    await Promise.all(
      persisters.map((persister, writer) => {
        stores[writer]?.setValue(`${round} ${writer}`, true);
        return persister.save();
      }),
    );
  }
  const store = createStore();
  await createFilePersister(store, path).load();
  expect(store.getValueIds().length).toBe(ROUNDS * WRITERS);
  expect(readdirSync(folder())).toEqual(['store.json']);
});

test('[FL2] a lock whose owner died before it could name itself is taken over, too', async () => {
  const folder = createFolder();
  const path = folder('store.json');
  writeFileSync(`${path}.lock`, '');
  const beforeSeconds = Date.now() / 1_000 - 3;
  utimesSync(`${path}.lock`, beforeSeconds, beforeSeconds);
  await createFilePersister(createStore().setValue('open', true), path).save();
  expect(readdirSync(folder())).toEqual(['store.json']);
});

test('[FL2] [FL1] what processes that died left half written is removed by the next save, and nothing else', async () => {
  const folder = createFolder();
  const path = folder('store.json');
  const others = [
    'store.json.mine.tmp',
    'store.json.bak',
    'other.json.0ddc0ffe-0000-4000-8000-000000000000.tmp',
  ];
  for (const name of [...others, 'store.json.0ddc0ffe-0000-4000-8000-000000000000.tmp']) {
    writeFileSync(folder(name), 'half');
  }
  await createFilePersister(createStore().setValue('open', true), path).save();
  expect(readdirSync(folder()).sort()).toEqual([...others, 'store.json'].sort());
});

test('[FL1] [PR7] writers who name a file by a link and by itself keep each other’s edits', async () => {
  const folder = createFolder();
  const [path, link] = [folder('store.json'), folder('link.json')];
  await createFilePersister(createStore().setValue('first', true), path).save();
  symlinkSync(path, link);
  const stores = [createStore(), createStore()] as const;
  const persisters = [createFilePersister(stores[0], path), createFilePersister(stores[1], link)] as const;
  await Promise.all(persisters.map((persister) => persister.load()));
  for (let round = 0; round < 20; round++) {
    stores[0].setValue(`a${round}`, round);
    stores[1].setValue(`b${round}`, round);
    await Promise.all(persisters.map((persister) => persister.save()));
  }
  const store = createStore();
  await createFilePersister(store, link).load();
  expect(store.getValueIds().length).toBe(41);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder()).sort()).toEqual(['link.json', 'store.json']);
});
