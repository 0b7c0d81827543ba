// A mergeable store and a storage that keeps it, saved and loaded when a test says so: what is between them without a persister.

import {copyChanges, mergeChanges, noChanges} from '../../src/base/changes.ts';
import type {Changes, Content} from '../../src/base/content.ts';
import {createMergeableStore} from '../../src/entry/index.ts';
import type {MergeableStore} from '../../src/entry/mergeable-store.ts';
import {fromStampedCells, toStampedChanges} from '../../src/merge/stamped-cells.ts';
import {readerOf} from '../../src/storage/content-reader.ts';
import type {Storage} from '../../src/storage/storage.ts';

export interface StampedReplica {
  readonly store: MergeableStore;
  readonly storage: Storage;
  /** Stores what changed since the last time. */
  save(): Promise<void>;
  saveWhole(): Promise<void>;
  load(): Promise<void>;
  /** Loads what others did since the last time. */
  loadOutside(): Promise<void>;
}

export const createReplica = (
  uniqueId: string,
  plainStorage: Storage,
  getNow?: () => number,
): StampedReplica => {
  const storage = plainStorage.forMergeable?.();
  if (storage === undefined) {
    throw new TypeError('A storage that keeps no mergeable store');
  }
  const store = createMergeableStore(uniqueId, getNow);
  let pending: Changes = noChanges();
  store.addDidFinishTransactionListener(() => {
    pending = mergeChanges(pending, toStampedChanges(store.getTransactionMergeableChanges()));
  });

  const write = async (changes: Changes | undefined): Promise<void> => {
    const [tables, values] = toStampedChanges(store.getMergeableContent());
    const how = {
      isExplicit: false,
      store: readerOf([tables, values] as Content),
      onProgress: ignore,
      onFault,
    };
    const result = await storage.write({...how, changes});
    if (result === 'whole-needed') {
      await storage.write({...how, changes: undefined});
    }
    pending = noChanges();
  };

  const take = (loaded: Content | Changes): void => {
    const before = copyChanges(pending);
    store.applyMergeableChanges(fromStampedCells(loaded));
    pending = before;
  };

  const load = async (): Promise<void> => {
    const stored = await storage.read(ignore);
    if (stored?.fault !== undefined) {
      throw stored.fault;
    }
    stored && take(stored.content);
  };

  return {
    store,
    storage,
    save: () => write(pending),
    saveWhole: () => write(undefined),
    load,
    loadOutside: async () => {
      const outside = await storage.readOutside?.();
      if (outside?.kind === 'unknown') {
        await load();
      } else if (outside !== undefined) {
        take(outside.kind === 'changes' ? outside.changes : outside.stored.content);
      }
    },
  };
};

/** What merging stores in memory gives. */
export const mergeAll = (stores: readonly MergeableStore[]): MergeableStore => {
  const merged = createMergeableStore('merged');
  for (const store of stores) {
    merged.applyMergeableChanges(store.getMergeableContent());
  }
  return merged;
};

const ignore = (): void => undefined;

const onFault = (fault: Error): never => {
  throw fault;
};
