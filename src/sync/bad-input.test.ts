// What no honest client says, said to a server and to clients of ours: whoever says it loses its connection at most, and the others go on.
// HOLDFAST_SEED=… repeats a run.

import {describe, expect, onTestFinished, test} from 'vitest';
import {hostPorts} from '../base/ports.ts';
import {getHlcFunctions} from '../merge/hlc.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {connectRude, connectSocket} from './links.fake.ts';
import type {PathPersister} from './room-keeper.ts';
import type {SyncServerOptions} from './server-options.ts';
import {createSyncServer, type SyncServer} from './sync-server.ts';
import {createWsSynchronizer} from './ws-synchronizer.ts';

const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
console.log(`HOLDFAST_SEED=${SEED} (what no honest client says)`);

const createRandom = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    below: (count: number): number => Math.floor(next() * count),
    pick: <Thing>(things: readonly Thing[]): Thing => things[Math.floor(next() * things.length)] as Thing,
  };
};

/** A persister that keeps nothing, and so a server's own store. */
const memoryPersister = (store: MergeableStore): PathPersister => {
  const persister = {
    startAutoPersisting: async () => persister,
    destroy: async () => persister,
    getStore: () => store,
  };
  return persister as never;
};

const startServer = (options: SyncServerOptions = {}, isKept = true) => {
  const errors: unknown[] = [];
  const roomStore = createMergeableStore('room');
  const server = createSyncServer({
    createPersisterForPath: isKept
      ? (pathId) => memoryPersister(pathId === 'room' ? roomStore : createMergeableStore(pathId))
      : undefined,
    onIgnoredError: (error) => errors.push(error),
    requestTimeoutSeconds: 0.2,
    options,
    onPath: () => undefined,
    onClient: () => undefined,
    onPresence: () => undefined,
  });
  onTestFinished(() => server.destroy());
  return {server, roomStore, errors};
};

const connect = async (server: SyncServer, url = '/room') => {
  const store = createMergeableStore();
  const errors: {code?: string}[] = [];
  const socket = connectSocket(server, url);
  const synchronizer = await createWsSynchronizer(store, socket, 0.2, undefined, undefined, (error) =>
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

const hashesOf = (store: MergeableStore): string => JSON.stringify(store.getMergeableContentHashes());

/** Edits at one, and waits until all hold the same. */
const expectConverging = async (stores: readonly MergeableStore[]): Promise<void> => {
  const mark = hostPorts.now() + Math.random();
  stores[0]?.setValue('mark', mark);
  await until(() => stores.every((store) => store.getValue('mark') === mark));
  await until(() => new Set(stores.map(hashesOf)).size === 1);
};

const [nextHlc, , encodeHlc] = getHlcFunctions('fuzz');
const AHEAD = encodeHlc(Date.now() + 10 * 365 * 86_400_000, 0);

/** A sound message of each kind. */
const soundMessages = (): unknown[][] => {
  const tables = [{pets: [{fido: [{age: [1, nextHlc()], toys: ['\uFFFD["ball"]', nextHlc()]}]}]}];
  const values = [{open: [true, nextHlc()]}];
  return [
    ['request', 0, [1, 2]],
    ['request', 0, [tables, {pets: 5}]],
    ['request', 1, ''],
    [null, 2, [17, 4]],
    [null, 3, [tables, values, 1]],
    ['request', 4, {pets: 17}],
    ['request', 5, {pets: {fido: 17}}],
    ['request', 6, {pets: {fido: {age: 17}}}],
    ['request', 7, {open: 17}],
  ];
};

const ODD = [
  null,
  -1,
  0.5,
  2 ** 53,
  '',
  'x'.repeat(10_000),
  '\uFFFC',
  '\uFFFD',
  '\uFFFD{"not": json',
  `\uFFFD${'['.repeat(10_000)}`,
  '\uD800',
  [],
  [[]],
  {},
  {__proto__: null},
  [null, null, null],
  [{}, AHEAD],
  [1, AHEAD],
  [1, 'no stamp at all!'],
  [1, '\u0000'.repeat(16)],
  true,
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  JSON.parse('[{"__proto__":[{"__proto__":[{"__proto__":["polluted","-----------------"]}]}]}]'),
];

const mutate = (thing: unknown, random: ReturnType<typeof createRandom>): unknown => {
  const keys = typeof thing === 'object' && thing !== null ? Object.keys(thing) : [];
  if (typeof thing !== 'object' || keys.length === 0 || random.below(4) === 0) {
    return random.pick(ODD);
  }
  const copy = (Array.isArray(thing) ? [...thing] : {...thing}) as {[key: string]: unknown};
  const key = random.pick(keys);
  switch (random.below(6)) {
    case 0:
      Array.isArray(copy) ? copy.splice(Number(key), 1) : delete copy[key];
      break;
    case 1:
      Array.isArray(copy)
        ? copy.push(random.pick(ODD))
        : Object.defineProperty(copy, random.pick(['__proto__', 'constructor', '', 'x'.repeat(999)]), {
            value: random.pick(ODD),
            enumerable: true,
          });
      break;
    default:
      copy[key] = mutate(copy[key], random);
  }
  return copy;
};

/** A frame that was sound, with something in it changed. */
const randomFrame = (random: ReturnType<typeof createRandom>): string => {
  const text = JSON.stringify(mutate(random.pick(soundMessages()), random)) ?? '';
  const to = random.pick(['', '', '', 'S', 'nobody', '__proto__']);
  const cut = random.below(text.length + 1);
  switch (random.below(12)) {
    case 0:
      return `${to}\n${text.slice(0, cut)}`;
    case 1:
      return `${to}\n${text.slice(0, cut)}\u0000${text.slice(cut)}`;
    case 2:
      return text;
    case 3:
      return `${to}\n0123456789abcdef\n${random.pick(['0', '-1', '', '1e1', '999'])}\n${random.pick(['0', '1', '1001', '2', 'x'])}\n${text}`;
    case 4:
      return `S\n${JSON.stringify(mutate(['id', -1, [random.below(5), 'channel', {name: 'x'}]], random))}`;
    case 5:
      return `M\n${random.pick(['', 'channel', '__proto__'])}\n${to}\n${text}`;
    default:
      return `${to}\n${text}`;
  }
};

const expectNothingPolluted = (): void => {
  expect(({} as {polluted?: unknown}).polluted).toBe(undefined);
  expect(Object.keys(Object.prototype)).toEqual([]);
};

/** What nobody ever meant to be a message: characters from everywhere, those of messages more often. */
const randomText = (random: ReturnType<typeof createRandom>): string =>
  Array.from({length: random.below(60)}, () =>
    random.below(3) === 0
      ? String.fromCharCode(random.below(0x1_00_00))
      : random.pick([...'\n\n[]{}",:0123456789SMnul\\-\u0000\uFFFC\uFFFD']),
  ).join('');

const ROUNDS = Number(process.env.HOLDFAST_FUZZ_ROUNDS ?? 3_000);

describe.each([
  ['keeps', true],
  ['does not keep', false],
])('a room that the server %s', (_title, isKept) => {
  test('[SY8] outlasts whatever is said in it', {timeout: 120_000 + ROUNDS * 100}, async () => {
    const random = createRandom(SEED);
    const {server, roomStore, errors} = startServer({maxMessageBytes: 100_000}, isKept);
    const [one, other] = [await connect(server), await connect(server)];
    const elsewhere = await connect(server, '/elsewhere');
    elsewhere.store.setValue('from', 'before');
    const elsewhereHashes = hashesOf(elsewhere.store);
    const listener = connectRude(server, '/room');
    await listener.settle();
    const codes = new Map<number | undefined, number>();
    let frameCount = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const rude = connectRude(server, '/room');
      await rude.settle();
      for (let frame = 0; frame < 30 && rude.closedWith() === undefined; frame++) {
        const [before, heardCount] = [hashesOf(roomStore), listener.heard.length];
        rude.say(random.below(4) === 0 ? randomText(random) : randomFrame(random));
        frameCount++;
        // What costs it the connection is handed on to nobody, and taken in by nobody.
        const after = [hashesOf(roomStore), listener.heard.length];
        rude.closedWith() === undefined || expect(after).toEqual([before, heardCount]);
        await rude.settle();
      }
      codes.set(rude.closedWith(), (codes.get(rude.closedWith()) ?? 0) + 1);
      rude.leave();
      listener.heard.splice(0);
      if (round % 100 === 0) {
        one.store.setCell('pets', 'rex', 'round', round);
      }
    }
    await expectConverging(isKept ? [one.store, other.store, roomStore] : [one.store, other.store]);
    await expectConverging([other.store, one.store]);
    expect(hashesOf(elsewhere.store)).toBe(elsewhereHashes);
    elsewhere.store.setValue('still', 'here');
    expect([one.socket.readyState, other.socket.readyState, elsewhere.socket.readyState]).toEqual([1, 1, 1]);
    // Nearly all of it is refused, each time with a code that says why; and nothing but refusals went wrong.
    expect([...codes.keys()].filter((code) => ![1007, 1008, 1009, 1013, undefined].includes(code))).toEqual(
      [],
    );
    expect(codes.get(1007)).toBeGreaterThan(ROUNDS * 0.8);
    expect(errors.filter((error) => !String((error as {code?: string}).code).startsWith('sync/'))).toEqual(
      [],
    );
    expect(server.getServerStats().heldBytes).toBe(0);
    expectNothingPolluted();
    console.log(`${frameCount} frames of ${ROUNDS} rude clients`);
  });
});

test('[SY8] a client of ours outlasts whatever a server says', async () => {
  const random = createRandom(SEED + 1);
  const {server} = startServer({}, false);
  const {store, socket, errors, synchronizer} = await connect(server);
  const onMessage = new Set<(event: unknown) => void>();
  const plain = {
    readyState: 1,
    send: () => undefined,
    close: () => undefined,
    addEventListener: (type: string, listener: (event: unknown) => void) => {
      type === 'message' && onMessage.add(listener);
    },
    removeEventListener: () => undefined,
  };
  const attacked = createMergeableStore();
  const attackedErrors: {code?: string}[] = [];
  const attackedSynchronizer = await createWsSynchronizer(
    attacked,
    plain,
    0.01,
    undefined,
    undefined,
    (error) => attackedErrors.push(error as {code?: string}),
  );
  await attackedSynchronizer.startSync();
  for (let round = 0; round < 2_000; round++) {
    const frame = randomFrame(random);
    for (const listener of onMessage) {
      listener({data: frame});
    }
    attacked.setValue('round', round);
    expect(attacked.getValue('round')).toBe(round);
  }
  await attackedSynchronizer.destroy();
  const unexpected = attackedErrors.filter(({code}) => !String(code).startsWith('sync/'));
  expect(unexpected).toEqual([]);
  // What it took in is sound.
  store.merge(attacked);
  expect(hashesOf(store)).toBe(hashesOf(attacked));
  await synchronizer.destroy();
  expect(socket.readyState).toBe(3);
  expect(errors.filter(({code}) => code !== 'sync/timeout')).toEqual([]);
  expectNothingPolluted();
});

const envelopes: readonly [what: string, text: string, code: number][] = [
  ['nested a million deep', `[null,3,${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}]`, 1007],
  ['nested inside of a cell', diffOf(`"\uFFFD${'['.repeat(2_000)}${']'.repeat(2_000)}"`), 1007],
  ['a number that underflows to another kind', '["x",4e-400,[0,0]]', 1007],
  ['a kind that there is not', '[null,8,[]]', 1007],
  ['an escaped id', '["\\u0061",1,""]', 1007],
  ['white space', '[ null,1,""]', 1007],
  ['a clock years ahead', diffOf('1', AHEAD), 1008],
  ['a stamp that is none', diffOf('1', 'zzzzzzzzzzzzzzz!'), 1007],
  ['a million empty tables', emptyTables(1_000_000), 1007],
  ['too many tables with clocks alone', emptyTables(2_000), 1007],
];

function diffOf(cell: string, hlc = nextHlc()): string {
  return `[null,3,[[{"t":[{"r":[{"c":[${cell},"${hlc}"]}]}]}],[{}],1]]`;
}
function emptyTables(count: number): string {
  const hlc = nextHlc();
  const tables = Array.from({length: count}, (_, index) => `"t${index}":[{},"${hlc}"]`);
  return `[null,3,[[{${tables}}],[{}],1]]`;
}

test.each(envelopes)('[SY8] %s costs the sender its connection', async (_what, text, code) => {
  const {server, roomStore} = startServer({maxMessageBytes: 64 * 1024 * 1024});
  const one = await connect(server);
  const rude = connectRude(server, '/room');
  await rude.settle();
  rude.say(`\n${text}`);
  await rude.settle();
  expect(rude.closedWith()).toBe(code);
  expect(roomStore.getTables()).toEqual({});
  await expectConverging([one.store, roomStore]);
});

test('[SY8] ids such as __proto__ are just ids, from client to server to client', async () => {
  const {server, roomStore} = startServer();
  const [one, other] = [await connect(server), await connect(server)];
  for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
    one.store.setCell(id, id, id, {[id]: id}).setValue(id, id);
  }
  await expectConverging([one.store, other.store, roomStore]);
  expect(other.store.getCell('__proto__', '__proto__', '__proto__')).toEqual(
    JSON.parse('{"__proto__":"__proto__"}'),
  );
  const late = await connect(server);
  await until(() => hashesOf(late.store) === hashesOf(one.store));
  expectNothingPolluted();
});

test('[SY8] what is said twice, or again, or in another order, changes nothing', async () => {
  const {server, roomStore, errors} = startServer();
  const one = await connect(server);
  const rude = connectRude(server, '/room');
  await rude.settle();
  for (let round = 0; round < 20; round++) {
    one.store.setCell('pets', 'fido', 'age', round).setValue('round', round);
  }
  await until(() => rude.heard.some((frame) => frame.includes('"round":[19')));
  const diffs = rude.heard
    .filter((frame) => frame.includes(',3,'))
    .map((frame) => frame.slice(frame.indexOf('\n')));
  expect(diffs.length).toBe(40);
  for (const frame of [...diffs, ...diffs.toReversed(), ...diffs]) {
    rude.say(frame);
  }
  await expectConverging([one.store, roomStore]);
  expect(one.store.getCell('pets', 'fido', 'age')).toBe(19);
  expect(rude.closedWith()).toBe(undefined);
  expect(errors.filter((error) => (error as {code?: string}).code !== 'sync/timeout')).toEqual([]);
});

test.each([true, false])(
  '[SY8] what is told to one alone sets nobody apart; on a path that is kept: %s',
  async (isKept) => {
    const {server, roomStore} = startServer({}, isKept);
    const [one, other] = [await connect(server), await connect(server)];
    const rude = connectRude(server, '/room');
    await rude.settle();
    const [first] = server.getClientIds('room');
    ['S', first as string, 'nobody'].forEach((to, index) => {
      rude.say(`${to}\n[null,3,[[{"t":[{"r":[{"c${index}":[1,"${nextHlc()}"]}]}]}],[{}],1]]`);
    });
    const stores = isKept ? [one.store, other.store, roomStore] : [one.store, other.store];
    await expectConverging(stores);
    expect(one.store.getTables()).toEqual({t: {r: {c0: 1, c1: 1, c2: 1}}});
    expect(rude.closedWith()).toBe(undefined);
  },
);

test('[SY8] requests to nobody, and answers to nothing, trouble nobody', async () => {
  const {server, roomStore, errors} = startServer();
  const one = await connect(server);
  const rude = connectRude(server, '/room');
  await rude.settle();
  for (const to of ['nobody', rude.id, 'S', '', one.socket.url as string]) {
    rude.say(`${to}\n["unasked",0,[[{"t":[{"r":[{"c":[1,"${nextHlc()}"]}]}]}],{}]]`);
    rude.say(`${to}\n["question",4,{"t":17}]`);
  }
  await expectConverging([one.store, roomStore]);
  expect(one.store.getTables()).toEqual({});
  expect(rude.closedWith()).toBe(undefined);
  expect(errors.filter((error) => (error as {code?: string}).code !== 'sync/timeout')).toEqual([]);
});

test('[SY8] many cells in one message are taken, up to the limit on its length', async () => {
  const {server, roomStore} = startServer({maxMessageBytes: 2 * 1024 * 1024});
  const cells = Array.from({length: 20_000}, (_, index) => `"c${index}":[${index},"${nextHlc()}"]`);
  const text = `[null,3,[[{"t":[{"r":[{${cells}}]}]}],[{}],1]]`;
  const rude = connectRude(server, '/room');
  await rude.settle();
  rude.say(`\n${text}`);
  await rude.settle();
  await until(() => roomStore.getCellIds('t', 'r').length === 20_000);
  rude.say(`\n${text}`, 2 * 1024 * 1024 + 1);
  expect(rude.closedWith()).toBe(1009);
});
