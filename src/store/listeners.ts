// The listeners of a store: kept by kind and by the ids that they listen to, found again when something changed.
// Knows nothing of what a change is.

import type {Id, IdOrNull} from '../base/content.ts';
import {createIdPool, type IdPool} from '../base/ids.ts';
import {innerMap} from './inner-map.ts';
import type {State} from './state.ts';
import type {StoreListenerStats} from './store.ts';

export type Kind = keyof StoreListenerStats;
// biome-ignore lint/suspicious/noExplicitAny: every kind of listener takes other arguments; `store.ts` has their types
export type Listener = (...args: any[]) => void;

/** As many levels of maps as there are ids, `null` for any, then under `''` the listeners in the order in which they were added. */
type ListenerTree = Map<Id | null | undefined, ListenerTree | Set<Entry>>;
/** By kind; kinds without listeners are not in it. */
export type ListenerTrees = Map<Kind, ListenerTree>;

type Entry = {
  readonly kind: Kind;
  readonly mutates: boolean;
  readonly ids: readonly (IdOrNull | undefined)[];
  readonly listener: Listener;
  /** Calls the listener as if everything had changed. */
  readonly call: () => void;
};

export type ListenerRegistry = {
  readonly ids: IdPool;
  readonly entries: Map<Id, Entry>;
  /** Those that may write, and are called first. */
  readonly mutators: ListenerTrees;
  readonly others: ListenerTrees;
};

export const createListenerRegistry = (): ListenerRegistry => ({
  ids: createIdPool(),
  entries: new Map(),
  mutators: new Map(),
  others: new Map(),
});

export const addListener = ({listeners}: State, entry: Entry): Id => {
  const listenerId = listeners.ids.take();
  listeners.entries.set(listenerId, entry);
  let tree = innerMap<Kind, ListenerTree>(treesOf(listeners, entry), entry.kind, () => new Map());
  for (const id of entry.ids) tree = innerMap(tree, id, newTree) as ListenerTree;
  (innerMap(tree, '', newSet) as Set<Entry>).add(entry);
  return listenerId;
};

export const removeListener = ({listeners}: State, listenerId: Id): void => {
  const entry = listeners.entries.get(listenerId);
  if (entry) {
    listeners.entries.delete(listenerId);
    listeners.ids.free(listenerId);
    prune(treesOf(listeners, entry) as unknown as ListenerTree, [entry.kind, ...entry.ids, ''], entry);
  }
};

/** Calls the listeners to these ids, those to the ids themselves before those to any; `more` are arguments after the ids. */
export const callListeners = (
  {store}: State,
  trees: ListenerTrees,
  kind: Kind,
  ids: readonly unknown[],
  ...more: unknown[]
): void => {
  const tree = trees.get(kind);
  if (tree) callBelow(tree, ids, 0, [store, ...ids, ...more]);
};

/** Each listener of a kind whose first of two ids is this one, whatever the second. */
export const eachListener = (
  trees: ListenerTrees,
  kind: Kind,
  firstId: Id,
  call: (listener: Listener) => void,
): void => {
  const tree = trees.get(kind)?.get(firstId) as ListenerTree | undefined;
  if (tree) {
    for (const below of tree.values()) {
      for (const {listener} of (below as ListenerTree).get('') as Set<Entry>) call(listener);
    }
  }
};

const callBelow = (tree: ListenerTree, ids: readonly unknown[], level: number, args: unknown[]): void => {
  if (level === ids.length) {
    for (const {listener} of tree.get('') as Set<Entry>) listener(...args);
  } else {
    const these = tree.get(ids[level] as Id);
    if (these) callBelow(these as ListenerTree, ids, level + 1, args);
    const any = tree.get(null);
    if (any) callBelow(any as ListenerTree, ids, level + 1, args);
  }
};

const newTree = (): ListenerTree | Set<Entry> => new Map();
const newSet = (): ListenerTree | Set<Entry> => new Set();

const treesOf = (listeners: ListenerRegistry, {mutates}: Entry): ListenerTrees =>
  mutates ? listeners.mutators : listeners.others;

/** Deletes a listener, and the maps that are left empty. */
const prune = (
  tree: ListenerTree | Set<Entry>,
  [id, ...ids]: (IdOrNull | undefined)[],
  entry: Entry,
): void => {
  if (tree instanceof Set) tree.delete(entry);
  else {
    const below = tree.get(id);
    if (below) {
      prune(below, ids, entry);
      if (!below.size) tree.delete(id);
    }
  }
};
