// The synchronizers beside TinyBase's own, which are told the same things at the same times: what they say, hear, count and call back.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {
  createCustomSynchronizer as createTinyCustom,
  type Synchronizer as TinySynchronizer,
} from 'tinybase/synchronizers';
import {createBroadcastChannelSynchronizer as createTinyBroadcast} from 'tinybase/synchronizers/synchronizer-broadcast-channel';
import {createLocalSynchronizer as createTinyLocal} from 'tinybase/synchronizers/synchronizer-local';
import {createWsSynchronizer as createTinyWs} from 'tinybase/synchronizers/synchronizer-ws-client';
import {describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {createBroadcastChannelSynchronizer} from './broadcast-channel-synchronizer.ts';
import {createLocalSynchronizer} from './local-synchronizer.ts';
import type {Receive, Send} from './messages.ts';
import {createCustomSynchronizer} from './synchronizer.ts';
import type {Synchronizer} from './synchronizer-contract.ts';
import {createWsServer} from './ws-server.ts';
import {createWsSynchronizer} from './ws-synchronizer.ts';

/** One of the two packages, by our types. */
interface Kit {
  readonly createStore: (id: string, getNow?: () => number) => MergeableStore;
  readonly createLocal: typeof createLocalSynchronizer;
  readonly createCustom: typeof createCustomSynchronizer;
  readonly createBroadcast: typeof createBroadcastChannelSynchronizer;
  readonly createWs: typeof createWsSynchronizer;
}

const OURS: Kit = {
  createStore: createMergeableStore,
  createLocal: createLocalSynchronizer,
  createCustom: createCustomSynchronizer,
  createBroadcast: createBroadcastChannelSynchronizer,
  createWs: createWsSynchronizer,
};
const THEIRS = {
  createStore: createTinyStore,
  createLocal: createTinyLocal,
  createCustom: createTinyCustom,
  createBroadcast: createTinyBroadcast,
  createWs: createTinyWs,
} as unknown as Kit;

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Resolves once nothing more is written down. */
const settle = async (log: readonly unknown[]): Promise<void> => {
  for (let quiet = 0, before = log.length; quiet < 10; quiet++) {
    await turn();
    if (log.length !== before) {
      before = log.length;
      quiet = 0;
    }
  }
};

// A leaf without a clock is `[1]` in some of their answers, and `[1, ""]` in others; hashes that are told to all bear an id there.
const bodyOf = (body: unknown): string => JSON.stringify(body).replaceAll(',""]', ']');

type Step = readonly [what: string, run: (one: Synchronizer, two: Synchronizer, log: unknown[]) => unknown];

const awkward = {list: [1, {two: 2}], object: {of: {things: []}}, nothing: null, isOn: true};

const storeOf = (synchronizer: Synchronizer) => synchronizer.getStore();

const STEPS: readonly Step[] = [
  ['one starts, alone', (one) => one.startSync([{pets: {fido: {age: 1}}}, {}])],
  ['two starts', (_one, two) => two.startSync([{pets: {felix: {age: 1}}}, {open: true}])],
  ['an edit', (one) => storeOf(one).setCell('pets', 'fido', 'age', 2)],
  [
    'edits of both',
    (one, two) => [storeOf(one).setCell('pets', 'fido', 'age', 3), storeOf(two).setValue('open', false)],
  ],
  ['an edit of many things', (one) => storeOf(one).setTables({pets: {rex: {age: 1, ...awkward}}})],
  ['an edit that changes nothing', (one) => storeOf(one).setCell('pets', 'rex', 'age', 1)],
  [
    'a transaction that is taken back',
    (one) =>
      storeOf(one).transaction(
        () => storeOf(one).delTables(),
        () => true,
      ),
  ],
  ['load', (one) => one.load()],
  ['save', (one) => one.save()],
  ['two stops', (_one, two) => two.stopSync()],
  ['edits apart', (one, two) => [storeOf(one).setCell('pets', 'rex', 'b', 3), storeOf(two).setValue('w', 3)]],
  ['load, of nobody', (one) => one.load()],
  ['two starts again', (_one, two) => two.startSync()],
  ['two stops again', (_one, two) => two.stopAutoPersisting()],
  ['two only loads', (_one, two) => two.startAutoLoad()],
  ['an edit that is not told', (_one, two) => storeOf(two).setValue('u', 4)],
  ['an edit that is heard', (one) => storeOf(one).setValue('t', 4)],
  ['two saves, too', (_one, two) => two.startAutoSave()],
  ['two no longer loads', (_one, two) => two.stopAutoLoad()],
  ['an edit that is not heard', (one) => storeOf(one).setValue('s', 4)],
  ['two no longer saves', (_one, two) => two.stopAutoSave()],
  ['two does both, and saves first', (_one, two) => two.startAutoPersisting(undefined, true)],
  [
    'what is scheduled',
    (one, _two, log) =>
      one.schedule(
        async () => log.push('first'),
        async () => Promise.reject(new Error('second')),
        async () => log.push('third'),
      ),
  ],
  ['one is destroyed', (one) => one.destroy()],
  ['an edit of who is destroyed', (one) => storeOf(one).setValue('r', 4)],
  ['an edit that nobody is there for', (_one, two) => storeOf(two).setValue('r', 5)],
  ['two is destroyed', (_one, two) => two.destroy()],
];

/** Plays all steps: by step, what each did, in order; what one did and the other did at the same time have none. */
const play = async ({createStore, createLocal}: Kit) => {
  let nowMs = 1_700_000_000_000;
  const log: unknown[] = [];
  const found: {[step: string]: unknown} = {};
  const make = (name: string) => {
    const statuses: unknown[] = [];
    const sends: unknown[] = [];
    const receives: unknown[] = [];
    let ignored = 0;
    const note = (list: unknown[], thing: unknown) => log.push(list.push(thing));
    const synchronizer = createLocal(
      createStore(name, () => nowMs),
      (to, _requestId, message, body) => note(sends, [to === null ? 'all' : 'one', message, bodyOf(body)]),
      (_from, _requestId, message, body) => note(receives, [message, bodyOf(body)]),
      (error) => {
        ignored += Number(error instanceof Error);
        note([], error);
      },
    );
    const listenerId = synchronizer.addStatusListener((one, status) =>
      note(statuses, [one === synchronizer, status, one.getStatus()]),
    );
    const take = () => ({
      statuses: statuses.splice(0),
      sends: sends.splice(0),
      receives: receives.splice(0),
      ignored,
      status: synchronizer.getStatus(),
      isAutoLoading: synchronizer.isAutoLoading(),
      isAutoSaving: synchronizer.isAutoSaving(),
      stats: synchronizer.getStats(),
      synchronizerStats: synchronizer.getSynchronizerStats(),
      content: storeOf(synchronizer).getMergeableContent(),
    });
    return {synchronizer, take, listenerId};
  };
  const [one, two] = [make('one'), make('two')];
  for (const [what, run] of STEPS) {
    nowMs += 1_000;
    const result = await run(one.synchronizer, two.synchronizer, log);
    await settle(log);
    found[what] = {
      isItself: result === one.synchronizer || result === two.synchronizer,
      one: one.take(),
      two: two.take(),
      said: log.splice(0).filter((thing) => typeof thing === 'string'),
    };
  }
  found.listenerIds = [one.listenerId, two.listenerId];
  return found;
};

describe('synchronizers beside TinyBase’s', () => {
  test('[SY20] say, hear, count and call back the same, step by step', async () => {
    const theirs = await play(THEIRS);
    const ours = await play(OURS);
    for (const [what] of STEPS) {
      expect([what, ours[what]]).toEqual([what, theirs[what]]);
    }
    expect(ours).toEqual(theirs);
  });

  test.each([
    ['ours', OURS],
    ['theirs', THEIRS],
  ])(
    '[SY20] count what the documentation says that they do: %s',
    async (_whose, {createStore, createLocal}) => {
      const stores = [createStore('one'), createStore('two')] as const;
      const [one, two] = [createLocal(stores[0]), createLocal(stores[1])] as const;
      await one.startSync();
      await two.startSync();
      stores[0].setTables({pets: {fido: {species: 'dog'}}});
      await settle([]);
      stores[1].setRow('pets', 'felix', {species: 'cat'});
      await settle([]);
      expect(one.getSynchronizerStats()).toEqual({receives: 4, sends: 5});
      expect(two.getSynchronizerStats()).toEqual({receives: 5, sends: 4});
      expect(stores[0].getTables()).toEqual(stores[1].getTables());
      await one.destroy();
      await two.destroy();
    },
  );

  test('[SY20] have all their methods', async () => {
    const [webSocketServer] = [new WebSocketServer({port: 0, host: '127.0.0.1'})];
    await new Promise((resolve) => webSocketServer.once('listening', resolve));
    const server = createWsServer(webSocketServer as never);
    onTestFinished(() => server.destroy());
    const url = `ws://127.0.0.1:${(webSocketServer.address() as {port: number}).port}`;
    const membersOf = async (kit: Kit) => {
      const socket = new WebSocket(url) as never;
      const store = kit.createStore('store');
      const made = [
        kit.createLocal(store),
        kit.createCustom(
          store,
          () => undefined,
          () => undefined,
          () => undefined,
          1,
        ),
        kit.createBroadcast(store, 'the channel'),
        await kit.createWs(store, socket),
      ] as const;
      expect(made[2].getChannelName()).toBe('the channel');
      expect(made[3].getWebSocket()).toBe(socket);
      const members = made.map((one) => Object.keys(one).sort());
      expect(made.map((one) => one.getStore() === store && Object.isFrozen(one))).toEqual(
        Array(4).fill(true),
      );
      for (const one of made) {
        expect(await one.destroy()).toBe(one);
      }
      return members;
    };
    expect(await membersOf(OURS)).toEqual(await membersOf(THEIRS));
    const missing: Exclude<keyof TinySynchronizer, keyof Synchronizer>[] = [];
    expect(missing satisfies never[]).toEqual([]);
  });
});

/** A custom synchronizer, and what was done with it. */
const createWatched = (
  kit: Kit,
  {seconds = 1, send = () => undefined}: {seconds?: number; send?: Send} = {},
) => {
  const calls: unknown[] = [];
  const store = kit.createStore('store');
  let receive: Receive = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const synchronizer = kit.createCustom(
    store,
    (to, requestId, message, body) => {
      calls.push(['send', to, typeof requestId, message, body]);
      send(to, requestId, message, body);
    },
    (toReceive, toFail) => {
      calls.push('registerReceive');
      receive = toReceive;
      fail = toFail;
    },
    () => calls.push('destroy'),
    seconds,
    (to, requestId, message, body) => calls.push(['onSend', to, typeof requestId, message, body]),
    (from, requestId, message, body) => calls.push(['onReceive', from, requestId, message, body]),
    (error) => calls.push(['onIgnoredError', error instanceof Error]),
  );
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {
    store,
    synchronizer,
    calls,
    receive: (...args: Parameters<Receive>) => receive(...args),
    fail: (error: Error) => fail(error),
  };
};

const both = async (run: (kit: Kit) => Promise<unknown>): Promise<unknown> => {
  const [ours, theirs] = [await run(OURS), await run(THEIRS)];
  expect(ours).toEqual(theirs);
  return ours;
};

describe('synchronizers of both kinds', () => {
  const toCustom = (): ((kit: Kit, store: MergeableStore) => Synchronizer) => {
    const members = new Map<object, Receive>();
    return (kit, store) => {
      const id = kit === OURS ? 'ours' : 'theirs';
      return kit.createCustom(
        store,
        (_to, requestId, message, body) => {
          const copy = structuredClone(body);
          for (const [member, receive] of members) {
            member === kit || queueMicrotask(() => receive(id, requestId, message, copy));
          }
        },
        (receive) => members.set(kit, receive),
        () => members.delete(kit),
        0.05,
      );
    };
  };
  test.each([
    ['a transport of one’s own', toCustom()],
    [
      'a BroadcastChannel',
      (kit: Kit, store: MergeableStore) => kit.createBroadcast(store, 'holdfast, both kinds'),
    ],
  ])('[SY1] come together, and agree on hashes, over %s', async (_what, create) => {
    const stores = [OURS, THEIRS].map((kit) => kit.createStore('')) as [MergeableStore, MergeableStore];
    const [ours, theirs] = stores;
    ours.setRow('pets', 'before', awkward).setValue('before', [1]);
    theirs.setRow('pets', 'tiny before', awkward).setValue('before', {two: 2});
    const synchronizers = [create(OURS, ours), create(THEIRS, theirs)];
    for (const synchronizer of synchronizers) {
      await synchronizer.startSync();
    }
    ours.setRow('pets', 'ours', awkward).delRow('pets', 'before').setValue('list', ['ours']);
    theirs.setRow('pets', 'theirs', awkward).delRow('pets', 'tiny before');
    theirs.setValue('object', {of: 'theirs'});
    const areSame = () =>
      JSON.stringify(ours.getMergeableContentHashes()) ===
        JSON.stringify(theirs.getMergeableContentHashes()) && ours.getRowCount('pets') === 2;
    while (!areSame()) {
      await turn();
    }
    expect(ours.getContent()).toEqual(theirs.getContent());
    expect(ours.getTables()).toEqual({pets: {ours: awkward, theirs: awkward}});
    for (const synchronizer of synchronizers) {
      await synchronizer.destroy();
    }
  });
});

describe('a synchronizer of one’s own functions, beside TinyBase’s', () => {
  test('[SY20] registers once, tells of what is sent before it is, and is destroyed once', async () => {
    expect(
      await both(async (kit) => {
        const {synchronizer, calls} = createWatched(kit, {seconds: 0.02});
        await synchronizer.load();
        await synchronizer.destroy();
        await synchronizer.destroy();
        return calls;
      }),
    ).toEqual([
      'registerReceive',
      ['onSend', null, 'string', 1, ''],
      ['send', null, 'string', 1, ''],
      ['onIgnoredError', true],
      'destroy',
    ]);
  });

  test('[SY20] waits for an answer for as long as it was told to, and begins with what it was given', async () => {
    await both(async (kit) => {
      const {synchronizer, calls, store} = createWatched(kit, {seconds: 0.1});
      const startMs = performance.now();
      await synchronizer.startSync([{pets: {fido: {age: 1}}}, {open: true}]);
      const waitedMs = performance.now() - startMs;
      expect(waitedMs).toBeGreaterThan(95);
      expect(waitedMs).toBeLessThan(10_000);
      return [
        calls.filter((call) => Array.isArray(call) && call[0] === 'onIgnoredError'),
        store.getContent(),
      ];
    });
  });

  test('[SY20] gives up at once what its transport says will not be answered', async () => {
    await both(async (kit) => {
      const {synchronizer, calls, fail} = createWatched(kit, {seconds: 600});
      const started = synchronizer.startSync();
      while (calls.length < 3) {
        await turn();
      }
      fail(new Error('The line is dead'));
      await started;
      return [calls.slice(0, 4), synchronizer.getStats(), synchronizer.isAutoLoading()];
    });
  });

  test('[SY20] goes on where sending throws', async () => {
    await both(async (kit) => {
      const {synchronizer, store, calls} = createWatched(kit, {
        seconds: 0.02,
        send: () => {
          throw new Error('Nothing can be sent');
        },
      });
      await synchronizer.startSync();
      store.setValue('open', true);
      await settle(calls);
      return [
        calls.filter((call) => Array.isArray(call) && call[0] === 'onIgnoredError'),
        synchronizer.getStats(),
        synchronizer.getSynchronizerStats(),
        store.getContent(),
      ];
    });
  });

  test('[SY20] answers others once it saves, and takes in what they say once it loads', async () => {
    await both(async (kit) => {
      const {synchronizer, store, calls, receive} = createWatched(kit, {seconds: 0.02});
      const stranger = kit.createStore('stranger', () => 1_700_000_000_000);
      let changes: unknown;
      stranger.addDidFinishTransactionListener(() => {
        changes = stranger.getTransactionMergeableChanges();
      });
      stranger.setCell('pets', 'fido', 'age', 1);
      const tell = () => {
        receive('other', 'request', 1, '');
        receive('other', null, 3, changes);
      };
      tell();
      await settle(calls);
      const before = JSON.stringify(store.getContent());
      await synchronizer.startSync();
      calls.splice(0);
      tell();
      await settle(calls);
      return [before, store.getContent(), calls.slice(0, 4), synchronizer.getSynchronizerStats()];
    });
  });

  test('[SY20] wants a store that merges', () => {
    for (const {createCustom} of [OURS, THEIRS]) {
      const make = () =>
        createCustom(
          {} as never,
          () => undefined,
          () => undefined,
          () => undefined,
          1,
        );
      expect(make).toThrow();
    }
  });
});
