// The server in a Durable Object, in a real workerd, with clients of Holdfast and of TinyBase.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {
  createPresence,
  createReconnectingWebSocket,
  createWsSynchronizer,
  type Presence,
} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createFolder} from '../contract/databases.ts';
import {startWorker} from './workerd.ts';

type Told = {readonly objects: number; readonly events: readonly (readonly unknown[])[]};

const start = async (folder?: string, port?: number) => {
  const worker = await startWorker(new URL('./server-objects.ts', import.meta.url), folder, true, port);
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) {
      isStopped = true;
      await worker.stop();
    }
  };
  onTestFinished(stop);
  return {
    stop,
    url: (path: string) => `${worker.url.replace('http', 'ws')}${path}`,
    port: Number(new URL(worker.url).port),
    get: (path: string) => fetch(`${worker.url}${path}`),
    told: async () => (await (await fetch(`${worker.url}told`)).json()) as Told,
  };
};

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => isSo() && resolve();
    store.addDidFinishTransactionListener(look);
    look();
  });

const untilPresent = (presence: Presence, ...wanted: unknown[]): Promise<void> =>
  new Promise((resolve) => {
    const look = () =>
      JSON.stringify(Object.values(presence.getStates())) === JSON.stringify(wanted) && resolve();
    presence.addListener(look);
    look();
  });

const untilTold = async (told: () => Promise<Told>, isSo: (told: Told) => boolean): Promise<Told> => {
  for (;;) {
    const now = await told();
    if (isSo(now)) {
      return now;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const connect = async (url: string, id: string, onIgnoredError?: (error: {code?: string}) => void) => {
  const store = createMergeableStore(id);
  const synchronizer = await createWsSynchronizer(
    store,
    new WebSocket(url) as never,
    1,
    undefined,
    undefined,
    onIgnoredError as never,
  );
  onTestFinished(async () => void (await synchronizer.destroy()));
  await synchronizer.startSync();
  return {store, synchronizer};
};

const connectTiny = async (url: string) => {
  const store = createTinyStore('tiny');
  const synchronizer = await createTinySynchronizer(store, new WebSocket(url));
  onTestFinished(async () => void (await synchronizer.destroy()));
  await synchronizer.startSync();
  return {store: store as unknown as MergeableStore, synchronizer};
};

describe('a server in a Durable Object in workerd', () => {
  test('[SY50] brings clients of both kinds together, tells of them, and keeps what they leave', async () => {
    const folder = createFolder();
    onTestFinished(folder.remove);
    const first = await start(folder.path);
    const one = await connect(first.url('pets/dogs'), 'one');
    const other = await connectTiny(first.url('pets/dogs'));
    const elsewhere = await connect(first.url('pets/cats'), 'elsewhere');
    one.store.setRow('pets', 'fido', {species: 'dog', tags: ['good', {of: 'boys'}]});
    other.store.setValue('open', true);
    await until(other.store, () => other.store.hasRow('pets', 'fido'));
    await until(one.store, () => one.store.getValue('open') === true);
    expect(elsewhere.store.getContent()).toEqual([{}, {}]);
    await one.synchronizer.destroy();
    await other.synchronizer.destroy();
    const {events} = await untilTold(
      first.told,
      (told) => told.events.filter(([kind]) => kind === 'path').length === 3,
    );
    expect(events.filter(([kind, pathId]) => kind === 'client' && pathId === 'pets/dogs')).toEqual([
      ['client', 'pets/dogs', 1, 'pets/dogs', 1],
      ['client', 'pets/dogs', 1, 'pets/dogs', 2],
      ['client', 'pets/dogs', -1, 'pets/dogs', expect.any(Number)],
      ['client', 'pets/dogs', -1, 'pets/dogs', expect.any(Number)],
    ]);
    expect(events.filter(([kind, pathId]) => kind === 'path' && pathId === 'pets/dogs')).toEqual([
      ['path', 'pets/dogs', 1],
      ['path', 'pets/dogs', -1],
    ]);
    await elsewhere.synchronizer.destroy();
    await first.stop();

    const second = await start(folder.path);
    const late = await connect(second.url('pets/dogs'), 'late');
    await until(late.store, () => late.store.hasRow('pets', 'fido') && late.store.hasValue('open'));
    expect(late.store.getContent()).toEqual([
      {pets: {fido: {species: 'dog', tags: ['good', {of: 'boys'}]}}},
      {open: true},
    ]);
  });

  test('[SY50] takes no changes from a reader, and no nonsense from anybody', async () => {
    const {url, get, told} = await start();
    const writer = await connect(url('room'), 'writer');
    const errors: (string | undefined)[] = [];
    const reader = await connect(url('room?reader'), 'reader', (error) => errors.push(error.code));
    reader.store.setCell('pets', 'felix', 'age', 1);
    writer.store.setCell('pets', 'fido', 'age', 2);
    await until(reader.store, () => reader.store.hasRow('pets', 'fido'));
    expect(writer.store.getTables()).toEqual({pets: {fido: {age: 2}}});
    expect(errors).toContain('sync/refused');

    const hostile = new WebSocket(url('room'));
    await new Promise((resolve) => hostile.once('open', resolve));
    const closed = new Promise((resolve) => hostile.once('close', resolve));
    hostile.send('\n[null,3,"nonsense"]');
    expect(await closed).toBe(1007);
    expect((await told()).events).toContainEqual(['error', 'sync/malformed']);
    expect((await get('room')).status).toBe(426);
  });

  test('[SY51] sleeps while nobody speaks, with its sockets open, and wakes with all that it knew', async () => {
    const {url, told} = await start();
    const one = await connect(url('room'), 'one');
    const other = await connect(url('room'), 'other');
    one.store.setCell('pets', 'fido', 'age', 1);
    await until(other.store, () => other.store.hasRow('pets', 'fido'));
    const [ones, others] = [one, other].map(({synchronizer}) =>
      createPresence(synchronizer.getWebSocket()),
    ) as [Presence, Presence];
    ones.setState({name: 'One'});
    await untilPresent(others, {name: 'One'});
    const heard: unknown[] = [];
    others.addListener((_presence, _clientId, state) => heard.push(state));
    const before = await told();
    // The host lets an object go some ten seconds after its last event.
    await new Promise((resolve) => setTimeout(resolve, 18_000));
    one.store.setCell('pets', 'fido', 'age', 2);
    await until(other.store, () => other.store.getCell('pets', 'fido', 'age') === 2);
    const after = await told();
    expect(after.objects).toBe(before.objects + 1);
    const kindsOf = ({events}: Told) => events.map(([kind]) => kind);
    expect(kindsOf(after).filter((kind) => kind === 'client' || kind === 'authorize')).toEqual(
      kindsOf(before).filter((kind) => kind === 'client' || kind === 'authorize'),
    );
    // What clients say of themselves is known still, and nobody was told of it again.
    expect(heard).toEqual([]);
    const later = await connect(url('room'), 'later');
    await untilPresent(createPresence(later.synchronizer.getWebSocket()), {name: 'One'});
    await one.synchronizer.destroy();
    await untilPresent(others);
    expect(heard).toEqual([null]);
    await later.synchronizer.destroy();
    await other.synchronizer.destroy();
    const late = await connect(url('room'), 'late');
    await until(late.store, () => late.store.getCell('pets', 'fido', 'age') === 2);
  }, 60_000);

  test('[SY40] is found again by sockets that reconnect', async () => {
    const folder = createFolder();
    onTestFinished(folder.remove);
    const first = await start(folder.path);
    const store = createMergeableStore('one');
    const socket = createReconnectingWebSocket(first.url('room'), {
      WebSocket: WebSocket as never,
      minDelayMs: 10,
      maxDelayMs: 100,
    });
    const synchronizer = await createWsSynchronizer(store, socket, 0.5);
    onTestFinished(async () => void (await synchronizer.destroy()));
    await synchronizer.startSync();
    store.setCell('pets', 'fido', 'age', 1);
    await first.stop();
    store.setCell('pets', 'fido', 'age', 2);
    const second = await start(folder.path, first.port);
    const late = await connect(second.url('room'), 'late');
    await until(late.store, () => late.store.getCell('pets', 'fido', 'age') === 2);
  });
});
