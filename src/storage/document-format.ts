// How content stands in one text, and how two writers' contents come together there: that of a plain store, and that of a mergeable one.
// Knows nothing of where the text lies.

import {
  applyChanges,
  copyChanges,
  diffContent,
  isEmptyChanges,
  mergeChanges,
  missingContent,
  noChanges,
  subtractChanges,
} from '../base/changes.ts';
import type {Changes, Content} from '../base/content.ts';
import {mergeContents} from '../merge/merge-content.ts';
import type {MergeableContent} from '../merge/mergeable.ts';
import {spellTables, spellValues, unspellTables, unspellValues} from '../merge/mergeable-json.ts';
import {parseContent, stringifyContent} from './content-json.ts';
import type {StoreReader, Write} from './storage.ts';

/** What others stored that is not in the store. */
interface Others {
  forget(): void;
  /** Notes what is theirs, where this write lays its changes over it. */
  note(theirs: Content, write: Write): void;
  /** What these changes speak of is theirs no more. */
  overwrite(changes: Changes): void;
  /** What a store refused of what was loaded stays stored. */
  keep(refused: Changes): void;
  /** The content of the store, with what is theirs. */
  contentOf(store: StoreReader): Content;
}

export interface DocumentFormat {
  /** Throws a SyntaxError for text that is not content of this kind. */
  parse(text: string): Content;
  stringify(content: Content): string;
  createOthers(): Others;
}

export const plainFormat: DocumentFormat = {
  parse: parseContent,
  stringify: stringifyContent,
  createOthers: () => {
    let kept: Changes = noChanges();
    return {
      forget: () => {
        kept = noChanges();
      },
      note: (theirs, {changes, since, store}) => {
        const ours = store.getContent();
        kept =
          changes === undefined
            ? subtractChanges(missingContent(ours, theirs), since ?? noChanges())
            : subtractChanges(diffContent(ours, theirs), changes);
      },
      overwrite: (changes) => {
        subtractChanges(kept, changes);
      },
      keep: (refused) => {
        kept = mergeChanges(kept, copyChanges(refused));
      },
      contentOf: (store) => {
        const content = store.getContent();
        return isEmptyChanges(kept) ? content : applyChanges(content, kept);
      },
    };
  },
};

/** Byte for byte what TinyBase writes. Contents of two writers are merged by their stamps. */
export const mergeableFormat: DocumentFormat = {
  parse: (text) => {
    const parsed: unknown = JSON.parse(text);
    if (isStampedPair(parsed)) {
      return [unspellTables(parsed[0]), unspellValues(parsed[1])] as unknown as Content;
    }
    // What a plain store left is older than whatever anybody stamps.
    return parseContent(text);
  },
  stringify: ([tables, values]) => JSON.stringify([spellTables(tables), spellValues(values)]),
  createOthers: () => {
    let theirs: MergeableContent | undefined;
    const note = (content: unknown): void => {
      theirs = isStampedPair(content) ? content : undefined;
    };
    return {
      forget: () => {
        theirs = undefined;
      },
      note,
      overwrite: () => undefined,
      // What the store has left out, of clocks that are ahead of its own, is somebody's all the same.
      keep: note,
      contentOf: ({getMergeableContent}) => {
        const content = (getMergeableContent as () => MergeableContent)();
        if (theirs === undefined) {
          return content as unknown as Content;
        }
        const merged = mergeContents(content, theirs);
        if (merged.every((part, index) => part[2] === content[index]?.[2])) {
          theirs = undefined;
        }
        return merged as unknown as Content;
      },
    };
  },
};

const isStampedPair = (thing: unknown): thing is MergeableContent =>
  Array.isArray(thing) &&
  thing.length === 2 &&
  thing.every((part) => Array.isArray(part) && typeof part[0] === 'object' && part[0] !== null);
