// The key-value storage of Durable Objects, in a real workerd: the suites for storages and persisters, and the quirks. As of
// 2026 a workerd of one's own keeps keys in SQLite too, so that a value of up to 2 MB is taken, and not of 128 KiB.

import {afterAll, describe, expect, onTestFinished, test} from 'vitest';
import {createDurableObjectStoragePersister} from '../../src/entry/persisters/persister-durable-object-storage.ts';
import {createStore} from '../../src/entry/store.ts';
import {createFolder} from '../contract/databases.ts';
import type {KeySteps} from './key-objects.ts';
import {startWorker} from './workerd.ts';

const start = (folder?: string) =>
  startWorker<KeySteps>(new URL('./key-objects.ts', import.meta.url), folder, false);

const SKIP = {PR4: 'a row has 2 MB at most there; a test of its own stores thousands'};

const workerd = await start();
afterAll(() => workerd.stop());

describe('the key-value storage of a Durable Object in workerd', async () => {
  for (const title of await workerd.ask('collect', 'collect', SKIP)) {
    test(title, async (context) => {
      const skipped = await workerd.ask(title, 'runTest', SKIP, title);
      if (skipped !== null) {
        context.skip(skipped);
      }
    });
  }
});

test('[PR1] an object that is started again has what was saved, in order', async () => {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const first = await start(folder.path);
  await first.ask('restarted', 'save', 3_000);
  await first.stop();
  const second = await start(folder.path);
  onTestFinished(() => second.stop());
  expect(await second.ask('restarted', 'load')).toEqual([
    ['row 0', 'row 1', 'row 2'],
    3_000,
    {index: 1, text: 'edited', isEven: false},
    {open: true},
  ]);
});

test('[PR2] [PR3] what is larger than the host takes is told of, stays pending, and nothing else is stored', async () => {
  expect(await workerd.ask('large', 'tooLarge')).toEqual({
    code: 'driver/too-large',
    state: 'failing',
    between: {pets: {fido: {species: 'dog', age: 1}}},
    after: {pets: {fido: {species: 'dog', age: 2}, felix: {text: 'short'}}},
  });
});

test.each(['', 'app/'])(
  'what TinyBase has stored is read, and taken over with the first save: prefix "%s"',
  async (prefix) => {
    const pets = {fido: {species: 'dog', owner: null, tags: ['a', {b: 1}]}};
    const others = {'a,b': {'x"y': {c: ''}}};
    expect(await workerd.ask(`theirs ${prefix}`, 'takeOver', prefix)).toEqual({
      read: [{pets, ...others}, {open: true}],
      reopened: [{pets: {...pets, rex: {species: 'dog'}}, ...others}, {open: true}],
      isUntouched: true,
    });
  },
);

test('[MS20] a mergeable store comes back with its content, stamps and hashes', async () => {
  const [saved, loaded] = await workerd.ask('mergeable', 'mergeable');
  expect(loaded).toBe(saved);
});

test('[MS21] two mergeable stores of an object come to hold what merging in memory gives, and who is late gives way', async () => {
  const [merged, stored] = await workerd.ask('mergeable writers', 'mergeableWriters');
  expect(stored).toBe(merged);
});

test('[MS26] what a plain store left is taken over, and a plain one is refused from then on', async () => {
  expect(await workerd.ask('other kinds', 'otherKinds')).toEqual([
    ['storage/wrong-kind', 'storage/wrong-kind'],
    [{pets: {fido: {age: 5, name: 'Fido'}, felix: {age: 2}}}, {open: true}],
    ['Fido', ''],
  ]);
});

test.each(['', 'app/'])(
  '[MS26] what TinyBase stored is taken over with its stamps: prefix "%s"',
  async (prefix) => {
    const [theirs, ...ours] = await workerd.ask(`theirs, mergeable ${prefix}`, 'takeOverMergeable', prefix);
    expect(ours).toEqual([theirs, theirs, theirs]);
  },
);

test('[PR8] a damaged row is moved aside and told of, and the rest is read', async () => {
  expect(await workerd.ask('damaged', 'damaged')).toEqual([
    'storage/unreadable',
    {pets: {fido: {species: 'dog'}}},
    [['holdfast!r["pets","felix"]', [1, '{"species":"c']]],
  ]);
});

test('[PR8] a damaged row that an edit is to go into is put aside first', async () => {
  expect(await workerd.ask('damaged at write', 'damagedAtWrite')).toEqual([
    ['storage/unreadable'],
    {pets: {fido: {species: 'dog', age: 2}}},
    [['holdfast!r["pets","fido"]', [1, '{"species":"d']]],
  ]);
});

test('[CN7] what is no storage of a Durable Object is refused at once', () => {
  expect(() => createDurableObjectStoragePersister(createStore(), {get: () => undefined} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle'}),
  );
});
