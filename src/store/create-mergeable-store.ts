// Puts a mergeable store together: a store, stamps for all that is set in it, and the methods by which it is merged with others.

import type {Content, Id} from '../base/content.ts';
import {getUniqueId} from '../base/ids.ts';
import {hostNow} from '../base/ports.ts';
import type {GetNow} from '../merge/hlc.ts';
import type {MergeableChanges, MergeableContent} from '../merge/mergeable.ts';
import {assembleStore, createState} from './create-store.ts';
import {createMergeableReaders} from './mergeable-readers.ts';
import type {MergeableStore} from './mergeable-store.ts';
import {createMerging} from './merging.ts';
import {transact} from './transaction.ts';

/**
 * Creates a store that can be merged with others of its kind, which always come to hold the same: the cell or value that was set last
 * stays, deletions included.
 *
 * @param uniqueId Tells this store from all others that it may meet; a random one without. Two stores of one id at the same time may
 * give one stamp to different things.
 * @param getNow The clock, in milliseconds since the epoch; default the host's.
 */
export const createMergeableStore = (
  uniqueId: Id = getUniqueId(),
  getNow: GetNow = hostNow,
): MergeableStore => {
  const state = createState();
  const merging = createMerging(state, uniqueId, getNow);
  const readers = createMergeableReaders(merging);
  const write = (actions: () => void): MergeableStore => {
    transact(state, actions);
    return store;
  };
  const applyMergeableChanges = (changes: MergeableChanges | MergeableContent) =>
    write(() => merging.apply(changes));

  const store: MergeableStore = assembleStore(state, {
    ...readers,
    applyMergeableChanges,
    setMergeableContent: (content: MergeableContent) =>
      isMergeableContent(content)
        ? write(() => {
            merging.clear();
            merging.apply(content);
          })
        : store,
    setDefaultContent: (content: Content | (() => Content)) =>
      write(() => merging.setDefault(typeof content === 'function' ? content() : content)),
    merge: (other: MergeableStore) => {
      const content = readers.getMergeableContent();
      applyMergeableChanges(other.getMergeableContent());
      other.applyMergeableChanges(content);
      return store;
    },
  }) as unknown as MergeableStore;
  return store;
};

const isMergeableContent = (content: unknown): boolean =>
  Array.isArray(content) && Array.isArray(content[0]) && Array.isArray(content[1]);
