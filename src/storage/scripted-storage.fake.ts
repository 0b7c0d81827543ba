// A storage in memory that does what a test scripts: it fails, waits, tells of changes made by others, and keeps a
// record of what it was asked for.

import {applyChanges, copyChanges, missingContent} from '../base/changes.ts';
import type {Changes, Content} from '../base/content.ts';
import type {OutsideListener, Storage, StoredContent} from './storage.ts';

export interface ScriptedStorage extends Storage {
  /** What is stored. */
  content: Content | undefined;
  /** `read`, `write all`, `write changes`, `watch`, `unwatch`, `close`, in the order in which they began. */
  readonly log: string[];
  /** The changes of every write that was stored; undefined for everything. */
  readonly written: (Changes | undefined)[];
  /** What the persister was told to be refused by the store. */
  readonly refused: Changes[];
  /** What every read adds to its result. */
  readExtras: Partial<StoredContent>;
  /** Has the next calls of this kind fail. */
  fail(kind: 'read' | 'write', error: unknown, callCount?: number): void;
  /** Has the next call of this kind wait until the function that is returned is called. */
  hold(kind: 'read' | 'write'): () => void;
  /** Somebody else changes what is stored, and everybody who watches is told so. */
  changeOutside(changes: Changes, isTold?: 'with changes' | 'with content' | 'without'): void;
}

export const createScriptedStorage = (stored?: Content): ScriptedStorage => {
  const faults = {read: [] as unknown[], write: [] as unknown[]};
  const holds = {read: [] as Promise<void>[], write: [] as Promise<void>[]};
  const listeners = new Set<OutsideListener>();

  const begin = async (kind: 'read' | 'write', entry: string): Promise<void> => {
    storage.log.push(entry);
    await holds[kind].shift();
    if (faults[kind].length > 0) {
      throw faults[kind].shift();
    }
  };

  const storage: ScriptedStorage = {
    content: stored,
    log: [],
    written: [],
    refused: [],
    readExtras: {},

    read: async () => {
      await begin('read', 'read');
      return storage.content && {content: storage.content, ...storage.readExtras};
    },
    write: async ({changes, store}) => {
      await begin('write', changes === undefined ? 'write all' : 'write changes');
      const before: Content = storage.content ?? [{}, {}];
      const ours = store.getContent();
      storage.content =
        changes === undefined
          ? applyChanges(ours, missingContent(ours, before))
          : applyChanges(before, changes);
      storage.written.push(changes && copyChanges(changes));
      return 'stored';
    },
    watch: async (listener) => {
      storage.log.push('watch');
      listeners.add(listener);
      return () => {
        storage.log.push('unwatch');
        listeners.delete(listener);
      };
    },
    keep: (refused) => {
      storage.refused.push(refused);
    },
    close: async () => {
      storage.log.push('close');
    },

    fail: (kind, error, callCount = 1) => {
      for (let call = 0; call < callCount; call++) {
        faults[kind].push(error);
      }
    },
    hold: (kind) => {
      let release: () => void = () => undefined;
      holds[kind].push(
        new Promise((resolve) => {
          release = resolve;
        }),
      );
      return () => release();
    },
    changeOutside: (changes, isTold = 'without') => {
      const content = applyChanges(storage.content ?? [{}, {}], changes);
      storage.content = content;
      for (const listener of listeners) {
        listener(isTold === 'with changes' ? {changes} : isTold === 'with content' ? {content} : undefined);
      }
    },
  };
  return storage;
};
