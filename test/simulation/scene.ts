// What all in a simulation share: the world, what connects them, what was written, and what was found to be wrong.

import type {Id} from '../../src/base/content.ts';
import {isHoldfastError} from '../../src/base/errors.ts';
import {createMergeableStore} from '../../src/store/create-mergeable-store.ts';
import type {MergeableStore} from '../../src/store/mergeable-store.ts';
import type {Breakage} from './breakage.ts';
import {breakMerging} from './breakage.ts';
import type {Bus} from './bus.ts';
import type {Disk, KeptPersister} from './disk.ts';
import {describe, findMissing, forEachWritten, isLater, type Model, mergeInto} from './model.ts';
import type {Network} from './network.ts';
import type {Process, World} from './world.ts';

export interface Scene {
  readonly world: World;
  readonly network: Network;
  readonly bus: Bus;
  readonly breakage: Breakage;
  /** All that was ever written, by path and stamp and text. */
  readonly written: Set<string>;
  /** What is wrong, in words. */
  readonly faults: string[];
}

/** A store of a process, and what keeps it. */
export interface Replica {
  readonly store: MergeableStore;
  /** The store as others are given it. */
  readonly shared: MergeableStore;
  readonly persister: KeptPersister | undefined;
  /** Asks whether all that the store has now is stored, and remembers it once it is said to be. */
  acknowledge(): void;
}

/** Somebody in a simulation, from start to end, however often it crashes. */
export interface Node {
  readonly name: string;
  readonly disk: Disk | undefined;
  process(): Process;
  /** How far its clock is from the world's. */
  skewMs(): number;
  setClock(skewMs: number): void;
  start(): void;
  /** Ends it as is due; a server in peace where it is drained. */
  stop(isDrained: boolean): Promise<void>;
  kill(): void;
  /** Forgets on its disk what was deleted; of a server. */
  compact?(): void;
  replicas(): readonly Replica[];
}

/** What each disk was said to have stored. */
const acknowledgedOn = new WeakMap<Disk, Model>();

export const createReplica = (
  {world, breakage, faults}: Scene,
  process: Process,
  id: Id,
  disk: Disk | undefined,
): Replica => {
  const ports = world.portsOf(process);
  const store = createMergeableStore(id, ports.now);
  const shared = breakMerging(store, breakage);
  const known: Model = new Map();
  store.addDidFinishTransactionListener(() => {
    forEachWritten(store.getTransactionMergeableChanges(), (path, now) => {
      const before = known.get(path);
      if (before !== undefined && isLater(before, now)) {
        faults.push(`${process.name} went back from ${describe(before)} to ${describe(now)} in ${path}`);
      }
      known.set(path, now);
    });
  });
  const persister = disk?.keep(shared, process, (error) => noteFault(world, faults, process, error));
  return {
    store,
    shared,
    persister,
    acknowledge: () => {
      if (persister === undefined || disk === undefined) {
        return;
      }
      const content = store.getMergeableContent();
      persister.whenDurable().then(
        () => {
          if (process.isAlive) {
            const acknowledged = acknowledgedOn.get(disk) ?? new Map();
            acknowledgedOn.set(disk, acknowledged);
            mergeInto(acknowledged, content);
          }
        },
        () => undefined,
      );
    },
  };
};

/** Runs edits, and writes down what they stamped. */
export const editing = (store: MergeableStore, written: Set<string>, edit: () => void): void => {
  const listenerId = store.addDidFinishTransactionListener(() => {
    forEachWritten(store.getTransactionMergeableChanges(), (path, {hlc, text}) => {
      written.add(`${path} ${hlc} ${text}`);
    });
  });
  edit();
  store.delListener(listenerId);
};

/** What is told as an error that was expected here, such as of a disk that fails; all else is a fault. */
export const noteFault = (world: World, faults: string[], {name}: Process, error: unknown): void => {
  isHoldfastError(error) && world.count(`told ${error.code}`);
  world.note(name, `was told ${isHoldfastError(error) ? error.code : String(error)}`);
  if (!isHoldfastError(error)) {
    faults.push(`${name} was told of ${error instanceof Error ? error.stack : String(error)}`);
  }
};

/** What a disk was said to have stored, and has not. */
export const findForgotten = (disk: Disk): string[] =>
  findMissing(acknowledgedOn.get(disk) ?? new Map(), disk.stored(), disk.floor).map(
    (missing) => `${disk.name} had acknowledged ${missing}`,
  );
