// A simulated disk with one text on it: writes take their time, fail, or are lost in a crash where they were not synced; several
// processes may write to it.

import type {Id} from '../../src/base/content.ts';
import {HoldfastError} from '../../src/base/errors.ts';
import {createPersister} from '../../src/persister/create-persister.ts';
import type {Persister, Persists} from '../../src/persister/persister.ts';
import {createDocumentStorage, type DocumentPlace} from '../../src/storage/document-storage.ts';
import type {MergeableStore} from '../../src/store/mergeable-store.ts';
import type {Breakage} from './breakage.ts';
import {type Model, mergeInto} from './model.ts';
import type {Process, World} from './world.ts';

export type KeptPersister = Persister<Persists.StoreOrMergeableStore>;

/** What keeps stores: a text, or a database (`database.ts`). */
export interface Disk {
  readonly name: Id;
  /** What lies there, synced or not. */
  stored(): Model;
  keep(store: MergeableStore, process: Process, onIgnoredError: (error: unknown) => void): KeptPersister;
  /** Deletions before this stamp may be forgotten. */
  floor: string;
  /** Fails the next operations: before they do anything, or after they did it. */
  fail(count: number): void;
  /** Every operation fails until it is repaired. */
  breakDown(): void;
  repair(): void;
  /** A process is gone, in whatever it was doing. */
  drop(process: Process): void;
  /** The machine loses its power: what was not synced may be gone. */
  crash(): void;
  dispose(): void;
}

export interface DiskOptions {
  readonly onWritten: (disk: Disk) => void;
  readonly breakage: Breakage;
}

/** Which of the operations on a disk fail. */
export const createFaults = (world: World, name: string) => {
  let faultCount = 0;
  let isDown = false;
  return {
    fail: (count: number): void => {
      faultCount = count;
    },
    breakDown: (): void => {
      isDown = true;
    },
    repair: (): void => {
      faultCount = 0;
      isDown = false;
    },
    error: (): HoldfastError => new HoldfastError('storage/file-failed', `${name} failed, as it was told to`),
    /** When the operation that is about to begin fails. */
    take: (): 'before' | 'after' | undefined => {
      if (isDown) {
        world.count('operation on a disk that is down');
        return 'before';
      }
      if (faultCount === 0) {
        return undefined;
      }
      faultCount--;
      const when = world.random() < 0.5 ? 'before' : 'after';
      world.count(`disk fault ${when} the operation`);
      return when;
    },
  };
};

/** Those who want to hear when others write. */
export const createWatchers = (world: World) => {
  const watchers = new Set<{readonly process: Process; readonly listener: () => void}>();
  return {
    add: (process: Process, listener: () => void): (() => void) => {
      const watcher = {process, listener};
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    tellOthers: (writer: Process): void => {
      for (const {process, listener} of watchers) {
        if (process !== writer) {
          world.after(world.delay(1, MAX_DELAY_MS), () => process.isAlive && listener());
        }
      }
    },
  };
};

const MAX_DELAY_MS = 150;

/** `onWritten` is told whenever something lies there anew. */
export const createDisk = (
  world: World,
  name: string,
  {onWritten, breakage: {acknowledgesEarly, writesBlindly}}: DiskOptions,
): Disk => {
  let visible: string | undefined;
  let synced: string | undefined;
  let lastWriter: Process | undefined;
  const faults = createFaults(world, name);
  const watchers = createWatchers(world);

  const open = (process: Process): DocumentPlace => ({
    name,
    read: async () => {
      await world.sleep(process, world.pick(MAX_DELAY_MS));
      if (faults.take() !== undefined) {
        throw faults.error();
      }
      // What another is shown is there for good: as of a database, and of a file that is put in its place once it is synced.
      if (lastWriter !== process && !acknowledgesEarly) {
        synced = visible;
      }
      return visible;
    },
    swap: async (expected, next) => {
      const failing = faults.take();
      await world.sleep(process, world.pick(MAX_DELAY_MS));
      if (failing === 'before') {
        throw faults.error();
      }
      if (visible !== expected && !writesBlindly) {
        world.count('text swapped by another meanwhile');
        return false;
      }
      visible = next;
      lastWriter !== undefined &&
        lastWriter.name !== process.name &&
        world.count('text of another was merged with');
      lastWriter = process;
      onWritten(disk);
      watchers.tellOthers(process);
      const isSynced = world.sleep(process, world.pick(MAX_DELAY_MS)).then(() => {
        synced = visible;
      });
      if (!acknowledgesEarly) {
        await isSynced;
      }
      if (failing === 'after') {
        throw faults.error();
      }
      world.note(name, `has stored ${next.length} characters of ${process.name}`);
      return true;
    },
    quarantine: async () => {
      throw new Error(`${name} holds what cannot be read: ${visible}`);
    },
    watch: async (listener) => watchers.add(process, listener),
  });

  const disk: Disk = {
    ...faults,
    name,
    floor: '',
    stored: () => {
      const stored: Model = new Map();
      visible === undefined || mergeInto(stored, JSON.parse(visible, unspell));
      return stored;
    },
    keep: (store, process, onIgnoredError) =>
      createPersister(
        {
          store: store as never,
          storage: createDocumentStorage(open(process)),
          onIgnoredError,
          ports: world.portsOf(process),
        },
        {},
      ) as unknown as KeptPersister,
    drop: () => undefined,
    crash: () => {
      if (visible !== synced) {
        const isLost = world.random() < 0.5;
        isLost && world.count('write lost that was not synced');
        visible = isLost ? synced : visible;
        synced = visible;
        world.note(name, 'lost its power while something was not synced');
      }
    },
    dispose: () => undefined,
  };
  return disk;
};

// How a text spells what JSON cannot carry: nothing at all, and objects and arrays where a cell stands.
const unspell = (_key: string, thing: unknown): unknown => {
  if (Array.isArray(thing) && typeof thing[0] === 'string') {
    const [spelt, ...rest] = thing;
    return [
      spelt === '\uFFFC' ? undefined : spelt.startsWith('\uFFFD') ? JSON.parse(spelt.slice(1)) : spelt,
      ...rest,
    ];
  }
  return thing;
};
