// A storage made of an application's own functions. What they hand over is JSON content: objects and arrays in cells
// are spelt as strings, as they are in files and databases.

import {emptyObject} from '../base/changes.ts';
import type {Changes, Content} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {spellChanges, spellContent, unspellChanges, unspellContent} from './content-json.ts';
import {createCustomMergeableStorage} from './custom-mergeable-storage.ts';
import type {OutsideListener, Storage, StoreReader} from './storage.ts';

export interface CustomFunctions<ListenerHandle> {
  /** Resolves with the stored content, or with nothing where nothing is stored. */
  readonly getPersisted: () => Promise<Content | undefined>;
  /** Stores the content; `changes` are what changed since the last time, where that is known. */
  readonly setPersisted: (getContent: () => Content, changes?: Changes) => Promise<void>;
  readonly addPersisterListener: (
    listener: (content?: Content, changes?: Changes) => void,
  ) => ListenerHandle | Promise<ListenerHandle>;
  readonly delPersisterListener: (listenerHandle: ListenerHandle) => void | Promise<void>;
}

export const createCustomStorage = <ListenerHandle>(functions: CustomFunctions<ListenerHandle>): Storage => {
  const {getPersisted, setPersisted, addPersisterListener, delPersisterListener} = functions;
  return {
    read: async () => {
      const content = await getPersisted();
      if (content === undefined || content === null) {
        return undefined;
      }
      if (!isContent(content)) {
        throw new HoldfastError(
          'storage/unreadable',
          'What getPersisted resolved with is not the content of a store, an array of tables and values',
        );
      }
      return {content: unspellContent(content)};
    },

    write: async ({changes, isExplicit, store}) => {
      const getContent = () => spellContent(store.getContent());
      await (changes === undefined || isExplicit
        ? setPersisted(getContent)
        : setPersisted(getContent, spellChanges(nameDeletedTables(changes, store))));
      return 'stored';
    },

    watch: async (listener: OutsideListener) => {
      const handle = await addPersisterListener((content, changes) => {
        if (changes !== undefined) {
          listener({changes: unspellChanges(changes)});
        } else if (content !== undefined && isContent(content)) {
          listener({content: unspellContent(content)});
        } else {
          listener();
        }
      });
      return () => delPersisterListener(handle);
    },

    // The same functions are given and asked for mergeable content then.
    forMergeable: () => createCustomMergeableStorage(functions as never),
  };
};

// A table that went with all its rows is told of as such.
const nameDeletedTables = ([tables, values]: Changes, store: StoreReader): Changes => {
  const named: Changes = [Object.assign(emptyObject<Changes[0]>(), tables), values, 1];
  for (const tableId of Object.keys(tables)) {
    if (store.getRowCount(tableId) === 0) {
      named[0][tableId] = undefined;
    }
  }
  return named;
};

const isContent = (thing: unknown): thing is Content =>
  Array.isArray(thing) &&
  thing.every((part) => typeof part === 'object' && part !== null && !Array.isArray(part));
