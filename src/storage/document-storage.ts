// A storage that keeps the whole content as one JSON text in one place: a database row, a file, a browser's key.
// The place can read its text and swap it for another if it is still the one that was read last; how, this file does
// not know.
//
// Two writers do not erase one another: each swap names the text it was made from. Who lost the race reads what the
// other wrote, lays its own changes over it, and tries again. What the other wrote is `kept`: stored, but not in this
// store until it is loaded.

import type {Content} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import {type DocumentFormat, mergeableFormat, plainFormat} from './document-format.ts';
import type {OutsideListener, Storage, Write} from './storage.ts';

/** Where one text lies. */
export interface DocumentPlace {
  /** What to call it in errors: `the row "_" of table "tinybase"`. */
  readonly name: string;
  read(): Promise<string | undefined>;
  /** Makes `next` the text, durably, if the text now is `expected` (undefined: there is none); returns whether it was. */
  swap(expected: string | undefined, next: string): Promise<boolean>;
  /** Puts a copy of a text that cannot be read aside, durably; returns where to, for the error. */
  quarantine(text: string): Promise<string>;
  /** Calls back when the text may have changed. */
  watch(listener: () => void): Promise<() => void | Promise<void>>;
  /** Whether somebody else may have written since the last read or swap, where that is cheaper than to read. */
  hasChanged?(): Promise<boolean>;
  close?(): Promise<void>;
}

const MAX_SWAPS = 100;

export const createDocumentStorage = (place: DocumentPlace): Storage => ({
  ...createStorage(place, plainFormat),
  forMergeable: () => createStorage(place, mergeableFormat),
});

const createStorage = (place: DocumentPlace, format: DocumentFormat): Storage => {
  // The text that this storage read or wrote last, and what of it is not in the store.
  let known: {readonly text: string | undefined} | undefined;
  const others = format.createOthers();
  let quarantinedText: string | undefined;
  // What others wrote was merged on the way of a write, and the store has not heard of it.
  let hasUnheard = false;
  const listeners = new Set<OutsideListener>();

  const readText = async (): Promise<string | undefined> => {
    const text = await place.read();
    known = {text};
    return text;
  };

  const parse = async (text: string): Promise<Content> => {
    try {
      return format.parse(text);
    } catch (error) {
      const copy = quarantinedText === text ? undefined : await place.quarantine(text);
      quarantinedText = text;
      throw new HoldfastError(
        'storage/unreadable',
        `What is stored in ${place.name} is not the content of a store${copy === undefined ? '' : `; a copy was put aside in ${copy}`}. ` +
          'The next save stores the content of the store in its place.',
        {place: place.name, ...(copy === undefined ? {} : {quarantine: copy}), length: text.length},
        error,
      );
    }
  };

  // What others stored that this store does not have is kept; where both changed a cell, this store's change is later.
  const keepWhatOthersWrote = async (text: string | undefined, write: Write): Promise<void> => {
    // Where somebody removed the whole document, there is nothing of theirs to keep, and ours is stored anew.
    others.forget();
    if (text === undefined) {
      return;
    }
    try {
      others.note(await parse(text), write);
    } catch (error) {
      if (!isHoldfastError(error, 'storage/unreadable')) {
        throw error;
      }
      // A copy is in quarantine, and nothing of it can be merged.
      write.onFault(error);
    }
  };

  // Where a place can tell without reading that nobody else wrote, what lies there is not written again.
  const isStoredAlready = async (next: string): Promise<boolean> =>
    next === known?.text && place.hasChanged !== undefined && !(await place.hasChanged());

  return {
    read: async () => {
      const text = await readText();
      others.forget();
      hasUnheard = false;
      return text === undefined ? undefined : {content: await parse(text)};
    },

    write: async (write) => {
      if (known === undefined) {
        const text = await readText();
        if (text !== undefined) {
          await keepWhatOthersWrote(text, write);
        }
      } else if (write.changes !== undefined) {
        others.overwrite(write.changes);
      }
      for (let swaps = 0; swaps < MAX_SWAPS; swaps++) {
        const next = format.stringify(others.contentOf(write.store));
        if (await isStoredAlready(next)) {
          return 'stored';
        }
        if (await place.swap(known?.text, next)) {
          known = {text: next};
          if (hasUnheard) {
            for (const listener of listeners) {
              listener();
            }
          }
          return 'stored';
        }
        hasUnheard = true;
        await keepWhatOthersWrote(await readText(), write);
      }
      throw new HoldfastError(
        'storage/lost-race',
        `Others kept writing to ${place.name} while this save was tried ${MAX_SWAPS} times. It stays pending.`,
        {place: place.name},
      );
    },

    readOutside: async () => {
      if (hasUnheard) {
        return {kind: 'unknown'};
      }
      if (place.hasChanged !== undefined && !(await place.hasChanged())) {
        return undefined;
      }
      const text = await place.read();
      return text === known?.text ? undefined : {kind: 'unknown'};
    },

    watch: async (listener: OutsideListener) => {
      const unwatch = await place.watch(() => listener());
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        return unwatch();
      };
    },

    keep: others.keep,

    ...(place.close === undefined ? {} : {close: () => place.close?.() ?? Promise.resolve()}),
  };
};
