// A place for one text on a simulated disk: writes take their time, fail, or are lost in a crash where they were not synced; several
// processes may write to it. Knows nothing of what the text says.

import {HoldfastError} from '../../src/base/errors.ts';
import type {DocumentPlace} from '../../src/storage/document-storage.ts';
import type {Breakage} from './breakage.ts';
import type {Process, World} from './world.ts';

export interface Disk {
  readonly name: string;
  /** What lies there, synced or not. */
  text(): string | undefined;
  open(process: Process): DocumentPlace;
  /** Fails the next operations: before they do anything, or after they did it. */
  fail(count: number): void;
  repair(): void;
  /** The machine loses its power: what was not synced may be gone. */
  crash(): void;
}

interface DiskOptions {
  readonly onWritten: (disk: Disk) => void;
  readonly breakage: Breakage;
}

const MAX_DELAY_MS = 150;

/** `onWritten` is told whenever something lies there anew. */
export const createDisk = (
  world: World,
  name: string,
  {onWritten, breakage: {acknowledgesEarly, writesBlindly}}: DiskOptions,
): Disk => {
  let visible: string | undefined;
  let synced: string | undefined;
  let faultCount = 0;
  const watchers = new Set<{readonly process: Process; readonly listener: () => void}>();

  const fault = (): HoldfastError =>
    new HoldfastError('storage/file-failed', `${name} failed, as it was told to`);
  const takeFault = (): 'before' | 'after' | undefined => {
    if (faultCount === 0) {
      return undefined;
    }
    faultCount--;
    return world.random() < 0.5 ? 'before' : 'after';
  };

  const tellOthers = (writer: Process): void => {
    for (const {process, listener} of watchers) {
      if (process !== writer) {
        world.after(world.delay(1, MAX_DELAY_MS), () => process.isAlive && listener());
      }
    }
  };

  const disk: Disk = {
    name,
    text: () => visible,
    open: (process) => ({
      name,
      read: async () => {
        await world.sleep(process, world.pick(MAX_DELAY_MS));
        if (takeFault() !== undefined) {
          throw fault();
        }
        return visible;
      },
      swap: async (expected, next) => {
        const failing = takeFault();
        await world.sleep(process, world.pick(MAX_DELAY_MS));
        if (failing === 'before') {
          throw fault();
        }
        if (visible !== expected && !writesBlindly) {
          return false;
        }
        visible = next;
        onWritten(disk);
        tellOthers(process);
        const isSynced = world.sleep(process, world.pick(MAX_DELAY_MS)).then(() => {
          synced = visible;
        });
        if (!acknowledgesEarly) {
          await isSynced;
        }
        if (failing === 'after') {
          throw fault();
        }
        world.note(name, `has stored ${next.length} characters of ${process.name}`);
        return true;
      },
      quarantine: async () => {
        throw new Error(`${name} holds what cannot be read: ${visible}`);
      },
      watch: async (listener) => {
        const watcher = {process, listener};
        watchers.add(watcher);
        return () => {
          watchers.delete(watcher);
        };
      },
    }),
    fail: (count) => {
      faultCount = count;
    },
    repair: () => {
      faultCount = 0;
    },
    crash: () => {
      if (visible !== synced) {
        visible = world.random() < 0.5 ? synced : visible;
        synced = visible;
        world.note(name, 'lost its power while something was not synced');
      }
    },
  };
  return disk;
};
