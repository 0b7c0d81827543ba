// Runs a history, and says what is wrong behind it: replicas that differ, something lost that was acknowledged, something that nobody
// wrote.

import {createMergeableStore} from '../../src/store/create-mergeable-store.ts';
import type {MergeableStore} from '../../src/store/mergeable-store.ts';
import type {Breakage} from './breakage.ts';
import {createBus} from './bus.ts';
import {type Client, createClient} from './client.ts';
import {createDatabase} from './database.ts';
import {createDisk, type Disk} from './disk.ts';
import {argumentsOf, type DiskKind, type Edit, type History, isFar, nameOf, type Op} from './history.ts';
import {describe, findMissing, type Model, mergeInto, type Written} from './model.ts';
import {createNetwork} from './network.ts';
import {editing, findForgotten, type Node, type Scene} from './scene.ts';
import {createServer} from './server.ts';
import {createWorld} from './world.ts';

export interface Outcome {
  /** What is wrong; nothing where all is well. */
  readonly faults: readonly string[];
  readonly trace: readonly string[];
  readonly digest: string;
  /** How often what happened, by name. */
  readonly counts: ReadonlyMap<string, number>;
}

/** How long replicas may take to come together once all is well: longer than the longest back-off. */
const HEALING_MS = 90_000;
const LOOK_MS = 5_000;

export const simulate = async (history: History, breakage: Breakage = {}): Promise<Outcome> => {
  const world = createWorld(history.seed + history.luck * 0x9e3779b1);
  const scene: Scene = {
    world,
    network: createNetwork(world),
    bus: createBus(world, {isReliable: history.mode === 'tabs'}),
    breakage,
    written: new Set(),
    faults: [],
  };
  const {faults} = scene;
  const disks: Disk[] = [];
  const newDisk = (name: string, kind: DiskKind): Disk => {
    const options = {onWritten: (written: Disk) => faults.push(...findForgotten(written)), breakage};
    const disk = kind === 'text' ? createDisk(world, name, options) : createDatabase(world, name, options);
    disks.push(disk);
    return disk;
  };
  const {mode} = history;
  const sharedDisk = mode === 'relay' || mode === 'peers' ? undefined : newDisk('disk', history.sharedDisk);
  const servers = history.servers.map((setup, address) =>
    createServer(scene, {name: `server ${address}`, address, setup, disk: sharedDisk}),
  );
  const clients = history.clients.map((setup, index) =>
    createClient(scene, {
      name: nameOf(history, index),
      setup,
      mode,
      disk: mode === 'tabs' ? sharedDisk : setup.hasDisk ? newDisk(`disk ${index}`, 'text') : undefined,
      serverCount: servers.length,
    }),
  );
  const nodes: readonly Node[] = [...clients, ...servers];
  const allReplicas = () => nodes.flatMap((node) => node.replicas());
  // Whose clock was off by years, and ahead: what such a client has set nobody takes.
  const wasFar = new Set<Node>();
  const astray = new Set<Node>();

  // Who is down, or on the way there; each time is one of its own.
  const down = new Map<Node, object>();
  const goDown = (node: Node): object => {
    const time = {};
    down.set(node, time);
    return time;
  };
  const startAgain = (node: Node, time: unknown): void => {
    if (time !== undefined && down.get(node) === time) {
      down.delete(node);
      node.start();
      world.note(node.name, 'is there again');
    }
  };

  const crash = (node: Node, isPower: boolean, forMs: number): void => {
    world.count(isPower ? 'power lost' : 'process killed');
    // Whoever shares the machine goes with it.
    const gone = nodes.filter(
      (one) => one === node || (isPower && node.disk !== undefined && one.disk === node.disk),
    );
    for (const one of gone) {
      one.kill();
      const time = goDown(one);
      world.after(forMs, () => startAgain(one, time));
    }
    if (isPower && node.disk !== undefined) {
      node.disk.crash();
      faults.push(...findForgotten(node.disk));
    }
  };

  const befall = (op: Op): void => {
    const node = nodes[op.who];
    if (node === undefined || down.has(node)) {
      return;
    }
    world.note(node.name, op.kind);
    world.count(`${op.who < clients.length ? 'client' : 'server'}: ${op.kind}`);
    switch (op.kind) {
      case 'edit': {
        const {store} = node as Client;
        isFar(node.skewMs()) && world.count(`edit by a clock years ${node.skewMs() > 0 ? 'ahead' : 'back'}`);
        editing(store(), scene.written, () => runEdits(store(), op.edits, op.isTakenBack));
        break;
      }
      case 'clock':
        node.setClock(op.skewMs);
        isFar(op.skewMs) && wasFar.add(node);
        isFar(op.skewMs) && op.skewMs > 0 && astray.add(node);
        break;
      case 'cut':
        scene.network.cut(node.name);
        break;
      case 'partition':
        scene.network.partition(node.name);
        scene.bus.partition(node.name);
        world.after(op.forMs, () => {
          scene.network.heal(node.name);
          scene.bus.heal(node.name);
          op.isCut && scene.network.cut(node.name);
        });
        break;
      case 'crash':
        crash(node, op.isPower, op.forMs);
        break;
      case 'disk':
        node.disk?.fail(op.faultCount);
        break;
      case 'outage':
        node.disk?.breakDown();
        world.after(op.forMs, () => node.disk?.repair());
        break;
      case 'compact':
        isFar(node.skewMs()) || node.compact?.();
        break;
      case 'restart': {
        const time = goDown(node);
        node.stop(op.isDrained).then(
          () => startAgain(node, time),
          (error) => faults.push(`${node.name} could not be ended: ${String(error)}`),
        );
        break;
      }
      default:
        op satisfies never;
    }
    for (const replica of allReplicas()) {
      replica.acknowledge();
    }
  };

  for (const node of [...servers, ...clients]) {
    node.start();
  }
  for (const op of history.ops) {
    world.after(op.atMs, () => befall(op));
  }
  await world.runUntil((history.ops.at(-1)?.atMs ?? 0) + 1);

  // All is well from here on.
  scene.network.heal();
  scene.bus.heal();
  for (const disk of disks) {
    disk.repair();
    faults.push(...findForgotten(disk));
  }
  for (const [node, time] of [...down]) {
    node.kill();
    isFar(node.skewMs()) && node.setClock(0);
    startAgain(node, time);
  }
  // As its owner is told: the clock is set, and what had it is started again.
  for (const node of nodes) {
    if (wasFar.has(node)) {
      node.kill();
      isFar(node.skewMs()) && node.setClock(0);
      node.start();
    }
  }
  // What was stored with stamps of years ahead stays where it is, and with nobody else.
  const isSound = (node: Node): boolean => !(astray.has(node) && node.disk !== undefined);
  const sound = nodes.filter(isSound);
  const soundDisks = disks.filter((disk) => sound.some((node) => node.disk === disk));
  const soundReplicas = () => sound.flatMap((node) => node.replicas());
  const surviving: Model = new Map();
  for (const {store} of soundReplicas()) {
    mergeInto(surviving, store.getMergeableContent());
  }
  for (const disk of soundDisks) {
    for (const [path, written] of disk.stored()) {
      surviving.has(path) || surviving.set(path, written);
    }
  }
  const differences = (): string[] =>
    findDifferences(
      soundReplicas().map(({store}) => store),
      soundDisks,
    );
  const endMs = world.nowMs() + HEALING_MS;
  for (let isFirst = true; isFirst || (differences().length > 0 && world.nowMs() < endMs); isFirst = false) {
    if (history.mode === 'peers') {
      for (const client of clients) {
        void client.askAndTell();
      }
    }
    await world.runUntil(world.nowMs() + LOOK_MS);
  }
  // Where deletions are forgotten, a straggler's cell is deleted anew.
  const floor = floorOf(disks);
  const isWritten = (path: string, {hlc, text}: Written): boolean =>
    scene.written.has(`${path} ${hlc} ${text}`) || (floor !== '' && text === '');
  faults.push(...differences(), ...findUntrue(clients.filter(isSound), {surviving, isWritten, floor}));
  for (const node of nodes) {
    node.kill();
  }
  for (const disk of disks) {
    disk.dispose();
  }
  for (const line of faults) {
    world.note('found', line);
  }
  return {faults, trace: world.trace, digest: world.digest(), counts: world.counts};
};

const runEdits = (store: MergeableStore, edits: readonly Edit[], isTakenBack: boolean): void => {
  store.transaction(
    () => {
      for (const edit of edits) {
        (store[edit.kind] as (...args: unknown[]) => unknown)(...argumentsOf(edit));
      }
    },
    () => isTakenBack,
  );
};

/** What replicas and disks do not agree on. */
const findDifferences = (stores: readonly MergeableStore[], disks: readonly Disk[]): string[] => {
  const floor = floorOf(disks);
  const [first, ...others] = stores.map((store) =>
    floor === '' ? textOf(store) : textOfRemembered(store, floor),
  );
  const found: string[] = [];
  others.forEach((other, index) => {
    other === first || found.push(`replicas 0 and ${index + 1} differ:\n    ${first}\n    ${other}`);
  });
  const [store] = stores;
  const model: Model = new Map();
  store && mergeInto(model, store.getMergeableContent());
  for (const disk of disks) {
    const stored = disk.stored();
    const missing = [...findMissing(model, stored, floor), ...findMissing(stored, model, floor)];
    missing.length > 0 && found.push(`${disk.name} and the replicas differ: ${missing.join('; ')}`);
  }
  return found;
};

/** Deletions before this stamp may be forgotten by some, and remembered by others. */
const floorOf = (disks: readonly Disk[]): string =>
  disks
    .map(({floor}) => floor)
    .sort()
    .at(-1) ?? '';

/** What a store shows, and all stamps but those of deletions that may be forgotten. */
const textOfRemembered = (store: MergeableStore, floor: string): string => {
  const model: Model = new Map();
  mergeInto(model, store.getMergeableContent());
  const remembered = [...model].filter(([, {hlc, text}]) => text !== '' || hlc >= floor);
  return JSON.stringify(sorted([remembered.sort(), store.getContent()]));
};

/** What a store holds, as text: stamps, hashes and what is shown; and the hashes of a store that was given the same. */
const textOf = (store: MergeableStore): string => {
  const content = store.getMergeableContent();
  const fresh = createMergeableStore('fresh', () => Number.MAX_SAFE_INTEGER / 4096);
  fresh.setMergeableContent(content);
  return JSON.stringify(
    sorted([content, store.getContent(), fresh.getMergeableContentHashes(), fresh.getContent()]),
  );
};

const sorted = (thing: unknown): unknown =>
  Array.isArray(thing)
    ? thing.map(sorted)
    : typeof thing === 'object' && thing !== null
      ? Object.keys(thing)
          .sort()
          .map((key) => [key, sorted((thing as {[key: string]: unknown})[key])])
      : thing;

/** What was lost that survived, and what nobody wrote. */
const findUntrue = (
  clients: readonly Client[],
  {
    surviving,
    isWritten,
    floor,
  }: {
    readonly surviving: Model;
    readonly isWritten: (path: string, found: Written) => boolean;
    readonly floor: string;
  },
): string[] => {
  const model: Model = new Map();
  const [client] = clients;
  client && mergeInto(model, client.store().getMergeableContent());
  return [
    ...findMissing(surviving, model, floor).map((missing) => `what survived was lost: ${missing}`),
    ...[...model].flatMap(([path, found]) =>
      isWritten(path, found) ? [] : [`nobody wrote ${path}: ${describe(found)}`],
    ),
  ];
};
