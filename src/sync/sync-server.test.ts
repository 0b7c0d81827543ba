// The server without sockets: limits, pieces, presence, databases that fail, draining, and what it says of itself.

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createFakePorts} from '../base/ports.fake.ts';
import {getHlcFunctions} from '../merge/hlc.ts';
import type {Durability} from '../persister/persister.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import {connectRude, connectSocket} from './links.fake.ts';
import {createPresence} from './presence.ts';
import type {CreatedPersister} from './room-keeper.ts';
import type {ServerLogEntry, SyncServerOptions} from './server-options.ts';
import {createSyncServer, type SyncServer} from './sync-server.ts';
import {createWsSynchronizer} from './ws-synchronizer.ts';

const startServer = (
  options: SyncServerOptions = {},
  createPersisterForPath?: (pathId: string) => CreatedPersister | Promise<CreatedPersister>,
) => {
  const errors: unknown[] = [];
  const log: ServerLogEntry[] = [];
  const told: unknown[] = [];
  const server = createSyncServer({
    createPersisterForPath,
    onIgnoredError: (error) => errors.push(error),
    requestTimeoutSeconds: 0.1,
    options: {onLog: (entry) => log.push(entry), ...options},
    onPath: () => undefined,
    onClient: () => undefined,
    onPresence: (pathId, clientId, state) => told.push([pathId, clientId, state]),
  });
  onTestFinished(() => server.destroy());
  return {server, errors, log, told};
};

const connect = async (server: SyncServer, url = '/room') => {
  const store = createMergeableStore();
  const errors: {code?: string; message?: string}[] = [];
  const socket = connectSocket(server, url);
  const synchronizer = await createWsSynchronizer(store, socket, 0.1, undefined, undefined, (error) =>
    errors.push(error as {code?: string}),
  );
  await synchronizer.startSync();
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {store, socket, synchronizer, errors};
};

const until = async (isSo: () => boolean): Promise<void> => {
  const endMs = performance.now() + 10_000;
  while (!isSo()) {
    expect(performance.now()).toBeLessThan(endMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What is reachable. */
const heapBytes = (): number => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
};

/** A database that is down until it is told otherwise; what it has stored is in `stored`. */
const createFlakyDatabase = () => {
  const listeners = new Set<(persister: unknown, durability: Durability) => void>();
  let durability: Durability = {state: 'durable', pendingCount: 0};
  let save: () => void = () => undefined;
  const setDurability = (now: Durability): void => {
    durability = now;
    for (const listener of listeners) {
      listener(undefined, now);
    }
  };
  const database = {
    isUp: false,
    opened: 0,
    closed: 0,
    stored: createMergeableStore('stored'),
    /** Tries again what could not be saved. */
    save: () => save(),
    openPersister: (): CreatedPersister => {
      const store = createMergeableStore();
      save = () => {
        if (database.isUp) {
          database.stored.merge(store);
          setDurability({state: 'durable', pendingCount: 0});
        } else {
          setDurability({state: 'failing', pendingCount: 1, error: new Error('down')});
        }
      };
      const persister = {
        startAutoPersisting: async () => {
          if (!database.isUp) {
            throw new Error('the database is down');
          }
          database.opened++;
          store.merge(database.stored);
          store.addDidFinishTransactionListener(() => save());
          return persister;
        },
        destroy: async () => {
          database.closed++;
          return persister;
        },
        getStore: () => store,
        getDurability: () => durability,
        addDurabilityListener: (listener: (persister: unknown, durability: Durability) => void) => {
          listeners.add(listener);
          return '';
        },
        whenDurable: () => until(() => durability.state === 'durable'),
      };
      return persister as never;
    },
  };
  return database;
};

describe('limits', () => {
  const cases: readonly [
    string,
    SyncServerOptions,
    (rude: ReturnType<typeof connectRude>) => void,
    number,
  ][] = [
    ['messages a second', {maxMessagesPerSecond: 2, rateBurstSeconds: 5}, (rude) => flood(rude, 11), 1013],
    ['bytes a second', {maxBytesPerSecond: 100}, (rude) => flood(rude, 100), 1013],
    ['bytes of a message', {maxMessageBytes: 100}, (rude) => rude.say(`\n${'x'.repeat(100)}`), 1009],
    [
      'pieces that never end',
      {maxHeldBytes: 10_000},
      (rude) => {
        for (let index = 0; index < 20; index++) {
          rude.say(`\n0123456789abcdef\n${index}\n21\n${'x'.repeat(1_000)}`);
        }
      },
      1013,
    ],
    [
      'messages in pieces at a time',
      {},
      (rude) => {
        for (let index = 0; index < 101; index++) {
          rude.say(`\n${`${index}`.padStart(16, '0')}\n0\n2\nx`);
        }
      },
      1013,
    ],
    [
      'channels',
      {maxChannelsPerClient: 3},
      (rude) => {
        for (let index = 0; index < 5; index++) {
          rude.say(`S\n["id",-1,[1,"channel ${index}"]]`);
        }
      },
      1013,
    ],
    [
      'presence',
      {maxPresenceBytes: 100},
      (rude) => rude.say(`S\n[null,-1,[3,null,"${'x'.repeat(100)}"]]`),
      1007,
    ],
  ];
  const flood = (rude: ReturnType<typeof connectRude>, count: number) => {
    for (let index = 0; index < count; index++) {
      rude.say('\n[null,2,[0,0]]');
    }
  };
  test.each(cases)(
    '[SY9] on %s cost who exceeds them the connection',
    async (_what, options, exceed, code) => {
      const {server} = startServer({...options, maxClientsPerPath: 3});
      const other = connectRude(server, '/room');
      const rude = connectRude(server, '/room');
      await rude.settle();
      exceed(rude);
      await rude.settle();
      expect(rude.closedWith()).toBe(code);
      expect(other.closedWith()).toBe(undefined);
      expect(server.getServerStats()).toMatchObject({clients: 1, heldBytes: 0});
      expect(Object.values(server.getServerStats().refusals)).toEqual([1]);
    },
  );

  test('[SY9] on rates are averages: what was not used at once may be used later', async () => {
    const ports = {...createFakePorts(), nowMs: 0};
    const {server} = startServer({
      ports: {...ports, now: () => ports.nowMs},
      maxMessagesPerSecond: 2,
      rateBurstSeconds: 2,
    });
    const client = connectRude(server, '/room');
    await client.settle();
    for (let second = 0; second < 10; second++) {
      flood(client, second === 0 ? 4 : 2);
      ports.nowMs += 1_000;
    }
    expect(client.closedWith()).toBe(undefined);
    flood(client, 3);
    expect(client.closedWith()).toBe(1013);
  });

  test('[SY9] on clients and paths keep newcomers out', async () => {
    const {server} = startServer({maxClients: 4, maxClientsPerPath: 2, maxPaths: 2, maxPathIdBytes: 10});
    const codes: (number | undefined)[] = [];
    for (const path of ['/a', '/a', '/a', '/b', '/c', '/b', '/b']) {
      const client = connectRude(server, path);
      await client.settle();
      codes.push(client.closedWith());
    }
    // The third of a path, the third path, and the fifth of all.
    expect(codes).toEqual([undefined, undefined, 1013, undefined, 1013, undefined, 1013]);
    for (const path of ['/much-too-long', '/%0a', '/ééééééé']) {
      const {server: another} = startServer({maxPathIdBytes: 10});
      const client = connectRude(another, path);
      await client.settle();
      expect(client.closedWith()).toBe(1008);
    }
  });

  test('[SY9] who does not read is closed, and the others hear everything meanwhile', async () => {
    const {server, log} = startServer({maxBufferedBytes: 1_000_000});
    let buffered = 0;
    const deaf = connectRude(server, '/room', {bufferedBytes: () => buffered});
    const [one, other] = [await connect(server), await connect(server)];
    await deaf.settle();
    buffered = 1_000_001;
    one.store.setValue('said', 1);
    await until(() => other.store.getValue('said') === 1);
    expect(deaf.closedWith()).toBe(1013);
    expect(log.find(({event}) => event === 'client-refused')).toMatchObject({
      clientId: deaf.id,
      reason: 'not-reading',
    });
    expect(server.getStats()).toEqual({paths: 1, clients: 2});
  });

  test('[SY9] where all together hold too much, who holds most is closed', async () => {
    const {server} = startServer({maxTotalBufferedBytes: 1_000_000, maxTotalHeldBytes: 10_000});
    const deaf = [300_000, 600_000, 400_000].map((bytes) =>
      connectRude(server, '/deaf', {bufferedBytes: () => bytes}),
    );
    await deaf[2]?.settle();
    const speaker = connectRude(server, '/deaf');
    await speaker.settle();
    speaker.say('\n[null,2,[0,0]]');
    expect(deaf.map((client) => client.closedWith())).toEqual([undefined, 1013, undefined]);

    const holders = [2_000, 6_000, 4_000].map((length) => {
      const client = connectRude(server, '/held');
      return {client, length};
    });
    await holders[2]?.client.settle();
    for (const {client, length} of holders) {
      client.say(`\n0123456789abcdef\n0\n2\n${'x'.repeat(length)}`);
    }
    expect(holders.map(({client}) => client.closedWith())).toEqual([undefined, 1013, undefined]);
  });

  test('[SY9] what waits for permission is held, and no more than may be', async () => {
    let permit: (access: 'read-write') => void = () => undefined;
    const {server} = startServer({
      maxHeldBytes: 10_000,
      authorize: () =>
        new Promise((resolve) => {
          permit = resolve;
        }),
    });
    const [patient, rude] = [connectRude(server, '/room'), connectRude(server, '/room')];
    patient.say('\n[null,2,[0,0]]');
    expect(server.getServerStats().heldBytes).toBeGreaterThan(0);
    for (let index = 0; index < 200; index++) {
      rude.say(`\n${'x'.repeat(100)}`);
    }
    expect(rude.closedWith()).toBe(1013);
    permit('read-write');
    await settle();
    expect(server.getServerStats().heldBytes).toBeLessThan(200);
  });

  test('[SY9] an option that does not exist, or is no number above 0, is refused', () => {
    for (const [options, code] of [
      [{maxClient: 1}, 'argument/unknown-option'],
      [{maxClients: 0}, 'argument/invalid'],
      [{maxBufferedBytes: Number.NaN}, 'argument/invalid'],
      [{idlePathMs: -1}, 'argument/invalid'],
      [{authorize: 'read'}, 'argument/invalid'],
    ] as const) {
      expect(() => startServer(options as never)).toThrow(expect.objectContaining({code}));
    }
  });
});

test('[SY10] a message in pieces is handed on once it is whole, in pieces again', async () => {
  const {server} = startServer();
  const [listener, speaker] = [connectRude(server, '/room'), connectRude(server, '/room')];
  await speaker.settle();
  const text = JSON.stringify([null, 2, [123_456_789, 987_654_321]]);
  const pieces = text.match(/.{1,7}/g) ?? [];
  const order = [...pieces.keys()].reverse();
  for (const index of order.slice(0, -1)) {
    speaker.say(`\n0123456789abcdef\n${index}\n${pieces.length}\n${pieces[index]}`);
  }
  expect(listener.heard).toEqual([]);
  speaker.say(`\n0123456789abcdef\n${order.at(-1)}\n${pieces.length}\n${pieces[order.at(-1) as number]}`);
  expect(listener.heard.length).toBeGreaterThan(1);
  expect(listener.heard.map((frame) => frame.split('\n').slice(4).join('\n')).join('')).toBe(text);
  expect(listener.heard.every((frame) => frame.startsWith(`${speaker.id}\n`))).toBe(true);
});

describe('ids of clients', () => {
  test('[SY11] that are taken, or that none could have, give way to others, and nobody is disconnected', async () => {
    const {server} = startServer();
    const clients = [
      'same-id-of-both-clients',
      'same-id-of-both-clients',
      'S',
      'M',
      '',
      'a\nb',
      '__proto__',
    ].map((clientId) => connectRude(server, '/room', {clientId}));
    await clients.at(-1)?.settle();
    expect(clients[0]?.id).toBe('same-id-of-both-clients');
    expect(new Set(clients.map(({id}) => id)).size).toBe(clients.length);
    expect(clients.map(({closedWith}) => closedWith())).toEqual(clients.map(() => undefined));
    expect(server.getStats().clients).toBe(clients.length);
    clients[1]?.leave();
    clients[2]?.say('\n[null,2,[7,7]]');
    expect(clients[0]?.heard.length).toBe(1);
  });

  test('[SY11] two stores of one id still come together', async () => {
    const {server} = startServer();
    const open = async () => {
      const store = createMergeableStore('the same');
      const synchronizer = await createWsSynchronizer(store, connectSocket(server, '/room'), 0.1);
      await synchronizer.startSync();
      onTestFinished(async () => {
        await synchronizer.destroy();
      });
      return store;
    };
    const [one, other] = [await open(), await open()];
    for (let index = 0; index < 50; index++) {
      one.setCell('t', 'r', 'both', `one ${index}`);
      other.setCell('t', 'r', 'both', `other ${index}`);
      await settle();
    }
    await until(
      () =>
        JSON.stringify(one.getMergeableContentHashes()) === JSON.stringify(other.getMergeableContentHashes()),
    );
    expect(one.getContent()).toEqual(other.getContent());
  });
});

describe('a clock years ahead', () => {
  const inTenYears = () => Date.now() + 10 * 365 * 86_400_000;

  test.each([true, false])(
    '[SY12] is not followed, and its owner is told; on a path that is kept: %s',
    async (isKept) => {
      const roomStore = createMergeableStore('room');
      const persister = {
        startAutoPersisting: async () => persister,
        destroy: async () => persister,
        getStore: () => roomStore,
      };
      const {server} = startServer({}, isKept ? () => persister as never : undefined);
      const one = await connect(server);
      const store = createMergeableStore('ahead', inTenYears);
      const told: {code?: string; message: string}[] = [];
      const synchronizer = await createWsSynchronizer(
        store,
        connectSocket(server, '/room'),
        0.1,
        undefined,
        undefined,
        (error) => told.push(error as never),
      );
      await synchronizer.startSync();
      store.setValue('from', 'the future');
      one.store.setValue('from', 'now');
      await until(() => told.some(({message}) => message.includes('five minutes ahead')));
      expect(one.store.getValues()).toEqual({from: 'now'});
      // Its own clock is as it was.
      const [, , , decodeHlc] = getHlcFunctions();
      const [, [values]] = one.store.getMergeableContent();
      expect(decodeHlc(values.from?.[1] ?? '')[0]).toBeLessThan(Date.now() + 1_000);
      await synchronizer.destroy();
    },
  );
});

describe('presence', () => {
  test('[SY13] is told to the others of a path, and gone with who said it', async () => {
    const {server, told} = startServer();
    const sockets = [connectSocket(server, '/room'), connectSocket(server, '/room')] as const;
    const elsewhere = createPresence(connectSocket(server, '/elsewhere'));
    elsewhere.setState({name: 'Elsewhere'});
    const [one, other] = [createPresence(sockets[0]), createPresence(sockets[1])];
    const heard: unknown[] = [];
    const listenerId = other.addListener((_presence, clientId, state) =>
      heard.push([clientId === one.getClientId(), state]),
    );
    one.setState({name: 'One', __proto__: null, cursor: [1, 2]});
    other.setState('Other');
    await until(() => Object.keys(one.getStates()).length === 1 && heard.length > 0);
    expect(Object.values(one.getStates())).toEqual(['Other']);
    expect(Object.values(other.getStates())).toEqual([{name: 'One', cursor: [1, 2]}]);
    expect(server.getPresence('room')).toEqual({
      [one.getClientId() as string]: {name: 'One', cursor: [1, 2]},
      [other.getClientId() as string]: 'Other',
    });
    one.setState({name: 'One, moved'});
    await until(() => heard.length === 2);
    // A synchronizer on the same socket is not troubled.
    const errors: unknown[] = [];
    const synchronizer = await createWsSynchronizer(
      createMergeableStore(),
      sockets[1],
      0.05,
      undefined,
      undefined,
      (error) => errors.push(error),
    );
    one.setState(null);
    await until(() => heard.length === 3);
    one.setState('again');
    await until(() => heard.length === 4);
    sockets[0].close();
    await until(() => heard.length === 5);
    expect(heard.map((entry) => (entry as unknown[])[1])).toEqual([
      {name: 'One', cursor: [1, 2]},
      {name: 'One, moved'},
      null,
      'again',
      null,
    ]);
    expect(Object.keys(server.getPresence('room'))).toEqual([other.getClientId()]);
    expect(one.getStates()).toEqual({});
    expect(told.filter((entry) => (entry as string[])[0] === 'room').length).toBe(6);
    expect(errors).toEqual([]);
    other.delListener(listenerId);
    other.destroy();
    await until(() => Object.keys(server.getPresence('room')).length === 0);
    await synchronizer.destroy();
  });

  test('[SY13] of a channel waits until the channel is subscribed to, and is refused to who is refused there', async () => {
    const {server} = startServer({
      authorize: (_request, pathId) => (pathId.endsWith('secret') ? 'refused' : 'read'),
    });
    const socket = connectSocket(server, '/base', {isShared: true});
    const presence = createPresence(socket, 'channel');
    presence.setState({name: 'Reader'});
    const synchronizer = await createWsSynchronizer(createMergeableStore(), socket, 'channel', 0.1);
    await until(() => Object.keys(server.getPresence('base/channel')).length === 1);
    const rude = connectRude(server, '/base', {isShared: true});
    rude.say('S\n[null,-1,[3,"secret",{"name":"Spy"}]]');
    expect(rude.heard).toEqual(['S\n[null,-1,[3,"secret",null]]']);
    expect(server.getPresence('base/secret')).toEqual({});
    rude.say('S\n["id",-1,[1,"secret"]]');
    await rude.settle();
    expect(rude.closedWith()).toBe(1008);
    presence.destroy();
    await synchronizer.destroy();
  });
});

describe('each channel of a socket', () => {
  test('[SY5] is asked about with its own path, and has its own rights', async () => {
    const asked: string[] = [];
    const {server} = startServer({
      authorize: (_request, pathId) => {
        asked.push(pathId);
        return pathId.endsWith('secret') ? 'refused' : pathId.endsWith('news') ? 'read' : 'read-write';
      },
    });
    const [onNews, onChat] = [connectRude(server, '/base/news'), connectRude(server, '/base/chat')];
    await onChat.settle();
    expect(asked.splice(0)).toEqual(['base/news', 'base/chat']);
    const rude = connectRude(server, '/base', {isShared: true});
    const diff = `[null,3,[[{"t":[{"r":[{"c":[1,"${getHlcFunctions('x')[0]()}"]}]}]}],[{}],1]]`;
    for (const channelId of ['news', 'chat']) {
      rude.say(`S\n["id",-1,[1,"${channelId}"]]`);
      await rude.settle();
      rude.say(`M\n${channelId}\n\n${diff}`);
    }
    await rude.settle();
    expect(asked.splice(0)).toEqual(['base/news', 'base/chat']);
    expect(onNews.heard).toEqual([]);
    expect(onChat.heard).toEqual([`${rude.id}\n${diff}`]);
    expect(rude.heard.filter((frame) => frame.includes('holdfast:refused'))).toEqual([
      'M\nnews\nS\n["holdfast:refused",0,[0,0]]',
    ]);
    // Whoever left a channel is asked about anew.
    rude.say('S\n["id",-1,[2,"chat"]]');
    rude.say('S\n["id",-1,[1,"chat"]]');
    await rude.settle();
    expect(asked.splice(0)).toEqual(['base/chat']);
    rude.say('S\n["id",-1,[1,"secret"]]');
    await rude.settle();
    expect(asked).toEqual(['base/secret']);
    expect(rude.closedWith()).toBe(1008);
    expect(server.getClientIds('base/chat')).toEqual([onChat.id]);
  });
});

describe('who may only read', () => {
  test('[SY5] cannot pass changes off as answers, in pieces, or as another kind of message', async () => {
    const {server} = startServer({
      authorize: ({url = ''}) => (url.includes('reader') ? 'read' : 'read-write'),
    });
    const [writer, reader] = [connectRude(server, '/room'), connectRude(server, '/room?reader')];
    await reader.settle();
    const diff = '[[{"t":[{"r":[{"c":[1,"-----------------"]}]}]}],[{}],1]';
    for (const text of [
      `["x",0,${diff}]`,
      `[null,3,${diff}]`,
      '[null,2,[1,1]]',
      `["x",4e-400,${diff}]`,
      `0123456789abcdef\n0\n1\n[null,3,${diff}]`,
    ]) {
      const again = connectRude(server, '/room?reader');
      await again.settle();
      again.say(`\n${text}`);
      again.say(`${writer.id}\n${text}`);
    }
    expect(writer.heard).toEqual([]);
    reader.say('\n["question",1,""]');
    reader.say('\n0123456789abcdef\n0\n1\n["long question",7,{}]');
    expect(writer.heard.length).toBe(2);
    expect(server.getServerStats().changesRefused).toBe(6);
  });
});

describe('a database that is down', () => {
  test('[SY14] leaves clients working with one another, is told of, and catches up when it is back', async () => {
    const database = createFlakyDatabase();
    const {server, errors, log} = startServer({}, database.openPersister);
    const [one, other] = [await connect(server), await connect(server)];
    one.store.setCell('pets', 'fido', 'age', 1);
    other.store.setCell('pets', 'felix', 'age', 2);
    await until(() => one.store.getRowCount('pets') === 2 && other.store.getRowCount('pets') === 2);
    expect(server.getHealth()).toMatchObject({status: 'degraded', reasons: [{pathId: 'room'}]});
    expect(errors).toContainEqual(new Error('the database is down'));
    expect(log.filter(({event}) => event === 'path-failing').length).toBe(1);
    expect(server.getMetrics()).toContain('holdfast_failing_paths 1');
    // Those who were there, and those who come meanwhile, are told; and once.
    const isNotStored = ({code}: {code?: string}) => code === 'sync/not-stored';
    const late = await connect(server);
    expect([one, other, late].map((client) => client.errors.filter(isNotStored).length)).toEqual([1, 1, 1]);

    database.isUp = true;
    await until(() => database.stored.getRowCount('pets') === 2);
    expect(server.getHealth()).toEqual({status: 'ok', reasons: []});
    expect(log.some(({event, pathId}) => event === 'path-recovered' && pathId === 'room')).toBe(true);
    one.store.setCell('pets', 'rex', 'age', 3);
    await until(() => database.stored.getRowCount('pets') === 3);

    // It cannot save any more, and can again.
    database.isUp = false;
    one.store.setCell('pets', 'fido', 'age', 10);
    await until(() => server.getHealth().status === 'degraded');
    await until(() => other.store.getCell('pets', 'fido', 'age') === 10);
    await until(() => other.errors.filter(isNotStored).length === 2);
    expect((await connect(server)).errors.some(isNotStored)).toBe(true);
    database.isUp = true;
    database.save();
    expect(server.getHealth().status).toBe('ok');
    expect(database.stored.getCell('pets', 'fido', 'age')).toBe(10);
    expect((await connect(server)).errors.some(isNotStored)).toBe(false);
  });

  test('[SY14] costs no memory, however much is said', async () => {
    const {server} = startServer({}, createFlakyDatabase().openPersister);
    const rude = connectRude(server, '/room');
    await rude.settle();
    await until(() => server.getHealth().status === 'degraded');
    const [nextHlc] = getHlcFunctions('a lot');
    const say = (count: number): void => {
      for (let index = 0; index < count; index++) {
        const text = `${index}`.padEnd(10_000, 'x');
        rude.say(`\n[null,3,[[{"t":[{"r${index}":[{"c":["${text}","${nextHlc()}"]}]}]}],[{}],1]]`);
      }
    };
    say(100);
    const before = heapBytes();
    // 100 MB.
    say(10_000);
    expect(heapBytes() - before).toBeLessThan(10_000_000);
    expect(server.getServerStats()).toMatchObject({heldBytes: 0, messagesReceived: 10_100});
    expect(rude.closedWith()).toBe(undefined);
  });

  test('[SY15] keeps the store of a path open until all is stored, though nobody is there', async () => {
    const database = createFlakyDatabase();
    database.isUp = true;
    const {server} = startServer({}, database.openPersister);
    const one = await connect(server);
    await until(() => database.opened === 1);
    database.isUp = false;
    one.store.setValue('last', 'words');
    await until(() => server.getHealth().status === 'degraded');
    await one.synchronizer.destroy();
    await until(() => server.getStats().clients === 0);
    await settle();
    expect(database.closed).toBe(0);
    expect(server.getServerStats()).toMatchObject({paths: 0, openPaths: 1, failingPaths: 1});
    database.isUp = true;
    database.save();
    await until(() => database.closed === 1);
    expect(database.stored.getValue('last')).toBe('words');
    expect(server.getServerStats().openPaths).toBe(0);
  });
});

describe('a path that nobody is on', () => {
  test('[SY15] keeps its store open for a while, if so asked, and gives way to others', async () => {
    const ports = createFakePorts();
    const database = createFlakyDatabase();
    database.isUp = true;
    const {server, log} = startServer({ports, idlePathMs: 5_000, maxPaths: 1}, database.openPersister);
    const visit = async (path: string) => {
      const client = connectRude(server, path);
      await client.settle();
      await ports.settle();
      client.leave();
      return client;
    };
    await visit('/room');
    await visit('/room');
    await visit('/room');
    expect(database).toMatchObject({opened: 1, closed: 0});
    await ports.untilTrue(() => database.closed === 1);
    expect(server.getServerStats().openPaths).toBe(0);
    await visit('/room');
    expect((await visit('/other')).closedWith()).toBe(undefined);
    await until(() => database.opened === 3);
    expect(log.filter(({event}) => event === 'path-closed').map(({pathId}) => pathId)).toEqual([
      'room',
      'room',
    ]);
  });
});

describe('draining', () => {
  test('[SY16] takes what was said, stores it, and closes everybody with 1012', async () => {
    const database = createFlakyDatabase();
    database.isUp = true;
    const {server, log} = startServer({}, database.openPersister);
    const [one, other] = [await connect(server), await connect(server)];
    await until(() => database.opened === 1);
    database.isUp = false;
    one.store.setValue('last', 'words');
    await until(() => server.getHealth().status === 'degraded');
    const drained = server.drain({timeoutMs: 10_000});
    const late = connectRude(server, '/room');
    expect(late.closedWith()).toBe(1012);
    expect(one.socket.readyState).toBe(1);
    expect(server.getHealth().status).toBe('draining');
    database.isUp = true;
    database.save();
    expect(await drained).toEqual({isComplete: true});
    expect(database.stored.getValue('last')).toBe('words');
    expect([one.socket.readyState, other.socket.readyState]).toEqual([3, 3]);
    expect(database.closed).toBe(1);
    expect(log.at(-1)).toMatchObject({level: 'info', event: 'drained'});
  });

  test('[SY16] ends in time, and says that it is not complete, where something cannot be stored', async () => {
    const database = createFlakyDatabase();
    database.isUp = true;
    const {server} = startServer({}, database.openPersister);
    const one = await connect(server);
    await until(() => database.opened === 1);
    database.isUp = false;
    one.store.setValue('last', 'words');
    await until(() => server.getHealth().status === 'degraded');
    expect(await server.drain({timeoutMs: 50})).toEqual({isComplete: false});
    expect(one.socket.readyState).toBe(3);
    database.isUp = true;
    database.save();
  });
});

test('[SY17] metrics are what Prometheus reads, and count', async () => {
  const database = createFlakyDatabase();
  database.isUp = true;
  const {server} = startServer({}, database.openPersister);
  const one = await connect(server);
  await until(() => database.opened === 1);
  one.store.setValue('a', 1);
  await until(() => database.stored.getValue('a') === 1);
  const rude = connectRude(server, '/room');
  await rude.settle();
  rude.say('rude');
  const text = server.getMetrics();
  const lines = text.trimEnd().split('\n');
  expect(
    lines.filter(
      (line) => !/^(# (HELP|TYPE) holdfast_\w+ .+|holdfast_\w+(\{\w+="[^"]+"\})? \d+(\.\d+)?)$/.test(line),
    ),
  ).toEqual([]);
  const names = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
  expect(new Set(names).size).toBe(names.length);
  expect(text).toContain('holdfast_clients 1\n');
  expect(text).toContain('holdfast_refusals_total{reason="malformed"} 1\n');
  expect(text).toMatch(/holdfast_messages_received_total [1-9]/);
  expect(server.getServerStats()).toMatchObject({clients: 1, paths: 1, refusals: {malformed: 1}});
});
