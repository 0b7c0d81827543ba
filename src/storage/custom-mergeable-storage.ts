// A storage for mergeable stores made of an application's own functions. What they are handed and hand over is mergeable content and
// changes as TinyBase's: objects and arrays spelt as strings, and undefined for what was deleted. JSON, which would make null of that,
// gets U+FFFC, as in files.

import {spellCell} from '../base/cell-text.ts';
import type {Cell, Changes, Content} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {mergeContents} from '../merge/merge-content.ts';
import type {MergeableChanges, MergeableContent} from '../merge/mergeable.ts';
import {type MapLeaf, mapTables, mapValues, UNDEFINED_MARK} from '../merge/mergeable-json.ts';
import {fromStampedCells, stampPlainContent, toStampedChanges} from '../merge/stamped-cells.ts';
import {unspellContent} from './content-json.ts';
import type {Storage} from './storage.ts';

/** The functions, as they keep mergeable content. */
export interface CustomMergeableFunctions<ListenerHandle> {
  /** May resolve with plain content, too: that gives way to whatever anybody sets. */
  readonly getPersisted: () => Promise<MergeableContent | Content | undefined>;
  readonly setPersisted: (getContent: () => MergeableContent, changes?: MergeableChanges) => Promise<void>;
  readonly addPersisterListener: (
    listener: (content?: MergeableContent | Content, changes?: MergeableChanges) => void,
  ) => ListenerHandle | Promise<ListenerHandle>;
  readonly delPersisterListener: (listenerHandle: ListenerHandle) => void | Promise<void>;
}

export const createCustomMergeableStorage = <ListenerHandle>({
  getPersisted,
  setPersisted,
  addPersisterListener,
  delPersisterListener,
}: CustomMergeableFunctions<ListenerHandle>): Storage => ({
  hasStampedCells: true,

  read: async () => {
    const content = await getPersisted();
    return content === undefined || content === null
      ? undefined
      : {content: contentFrom(content, 'What getPersisted resolved with')};
  },

  write: async ({changes, isExplicit, store}) => {
    const getContent = () => contentOf(store.getContent());
    await (changes === undefined || isExplicit
      ? setPersisted(getContent)
      : setPersisted(getContent, mapped(fromStampedCells(changes), spellLeaf)));
    return 'stored';
  },

  watch: async (listener) => {
    const handle = await addPersisterListener((content, changes) => {
      if (changes !== undefined) {
        listener({changes: changesFrom(changes, 'What a persister listener was called with')});
      } else if (content === undefined) {
        listener();
      } else {
        listener({content: contentFrom(content, 'What a persister listener was called with')});
      }
    });
    return () => delPersisterListener(handle);
  },
});

const contentOf = (stamped: Content): MergeableContent => {
  const [tables, values] = fromStampedCells(stamped) as unknown as MergeableContent;
  return mapped(mergeContents(EMPTY, [tables, values]), spellLeaf);
};

const EMPTY: MergeableContent = [
  [{}, '', 0],
  [{}, '', 0],
];

const contentFrom = (content: MergeableContent | Content, what: string): Content => {
  if (isMergeable(content)) {
    const [tables, values] = changesFrom(content, what);
    return [tables, values] as Content;
  }
  if (!Array.isArray(content) || !content.every(isObject)) {
    throw unreadable(what);
  }
  return stampPlainContent(unspellContent(content));
};

const changesFrom = (stamped: MergeableContent | MergeableChanges, what: string): Changes => {
  try {
    return toStampedChanges(stamped);
  } catch (cause) {
    throw unreadable(what, cause);
  }
};

const unreadable = (what: string, cause?: unknown): HoldfastError =>
  new HoldfastError(
    'storage/unreadable',
    `${what} is not the content of a mergeable store, as getMergeableContent() returns it`,
    {cause},
  );

const isObject = (thing: unknown): boolean =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing);

const isMergeable = (content: MergeableContent | Content): content is MergeableContent =>
  Array.isArray(content) && Array.isArray(content[0]);

const mapped = <Stamped extends MergeableContent | MergeableChanges>(
  [tables, values, ...rest]: Stamped,
  mapLeaf: MapLeaf,
): Stamped => [mapTables(tables, mapLeaf), mapValues(values, mapLeaf), ...rest] as unknown as Stamped;

const spellLeaf: MapLeaf = (leaf) => {
  const [thing, ...stamp] = leaf;
  if (thing === undefined) {
    return Object.defineProperty([thing, ...stamp], 'toJSON', {value: () => [UNDEFINED_MARK, ...stamp]});
  }
  return typeof thing === 'object' && thing !== null ? [spellCell(thing as Cell), ...stamp] : leaf;
};
