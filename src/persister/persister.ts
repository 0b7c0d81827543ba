// The contract of a persister: what an application calls to have a store kept. Names and behaviour are TinyBase's
// where it has them; what it does not have says so.

import type {Changes, Content, Id} from '../base/content.ts';
import type {MergeableChanges, MergeableContent} from '../merge/mergeable.ts';
import type {CompactOptions} from './compaction.ts';
import type {PersistableStore} from './persistable-store.ts';

/** What a persister is doing: `0` nothing, `1` loading, `2` saving. */
export const Status = {Idle: 0, Loading: 1, Saving: 2} as const;
export type Status = Status.Idle | Status.Loading | Status.Saving;
export declare namespace Status {
  type Idle = 0;
  type Loading = 1;
  type Saving = 2;
}

/** Which stores a persister can keep: `1` plain ones, `2` mergeable ones, `3` both. */
export const Persists = {StoreOnly: 1, MergeableStoreOnly: 2, StoreOrMergeableStore: 3} as const;
export type Persists = Persists.StoreOnly | Persists.MergeableStoreOnly | Persists.StoreOrMergeableStore;
export declare namespace Persists {
  type StoreOnly = 1;
  type MergeableStoreOnly = 2;
  type StoreOrMergeableStore = 3;
}

export type StatusListener<Self = AnyPersister> = (persister: Self, status: Status) => void;

/** How often a persister has loaded and saved. */
export type PersisterStats = {loads: number; saves: number};

/**
 * Whether the storage holds what the store holds. (Not in TinyBase.)
 *
 * - `durable`: everything is stored; `pendingCount` is 0.
 * - `pending`: changes wait to be stored, or are just being.
 * - `failing`: the last attempt failed, with `error`; the changes are kept and tried again.
 */
export interface Durability {
  readonly state: 'durable' | 'pending' | 'failing';
  /** How many rows and values of the store are not stored yet. */
  readonly pendingCount: number;
  readonly error?: unknown;
}

export type DurabilityListener<Self = AnyPersister> = (persister: Self, durability: Durability) => void;

/** How far a long load or save has come. (Not in TinyBase.) */
export interface Progress {
  readonly phase: 'loading' | 'saving';
  readonly doneRows: number;
  /** Undefined where it is not known beforehand. */
  readonly totalRows: number | undefined;
}

/** Content to start with where nothing is stored, or how to make it. */
export type InitialContent = Content | (() => Content);

/**
 * Told by a custom persister's storage that something was changed there: with the changes, with the whole content, or
 * with neither, when it is loaded.
 */
export type PersisterListener<Persist extends Persists = Persists.StoreOnly> = (
  content?: PersistedContent<Persist>,
  changes?: PersistedChanges<Persist>,
) => void;

/** What an application's own functions keep: that of a plain store, of a mergeable one, or of either. */
export type PersistedContent<Persist extends Persists = Persists.StoreOnly> =
  Persist extends Persists.StoreOrMergeableStore
    ? Content | MergeableContent
    : Persist extends Persists.MergeableStoreOnly
      ? MergeableContent
      : Content;

/** What changed of it. */
export type PersistedChanges<
  Persist extends Persists = Persists.StoreOnly,
  Hashed extends boolean = false,
> = Persist extends Persists.StoreOrMergeableStore
  ? Changes | MergeableChanges<Hashed>
  : Persist extends Persists.MergeableStoreOnly
    ? MergeableChanges<Hashed>
    : Changes;

export interface Persister<
  Persist extends Persists = Persists.StoreOnly,
  StoreType = PersistedStore<Persist>,
> {
  /**
   * Replaces the content of the store by what is stored; where nothing is, by `initialContent` if there is one.
   * Changes that auto-saving has yet to store are kept on top. Tables and values that this persister does not load are
   * left alone. A load that fails rejects, or is told to `onIgnoredError`: with `storage/unreadable` after a copy was put
   * aside; the store holds `initialContent` then, if there is one.
   */
  load(initialContent?: InitialContent): Promise<this>;
  /** Loads, and from then on loads what others change in the storage, as it changes. */
  startAutoLoad(initialContent?: InitialContent): Promise<this>;
  stopAutoLoad(): Promise<this>;
  isAutoLoading(): boolean;
  /**
   * Stores what is not stored yet; durable when it resolves. A save that fails rejects, or is told to `onIgnoredError`;
   * its changes stay pending and are tried again.
   */
  save(): Promise<this>;
  /** Saves, and from then on saves every change of the store. */
  startAutoSave(): Promise<this>;
  /** Stores what is pending, and saves nothing more by itself. */
  stopAutoSave(): Promise<this>;
  isAutoSaving(): boolean;
  /** `startAutoLoad` and `startAutoSave`, or the other way round; where the second fails, both are stopped again. */
  startAutoPersisting(initialContent?: InitialContent, startSaveFirst?: boolean): Promise<this>;
  stopAutoPersisting(stopSaveFirst?: boolean): Promise<this>;
  getStatus(): Status;
  addStatusListener(listener: StatusListener<this>): Id;
  /** Whether everything is stored. (Not in TinyBase.) */
  getDurability(): Durability;
  /** Calls back whenever the durability changes. (Not in TinyBase.) */
  addDurabilityListener(listener: DurabilityListener<this>): Id;
  /**
   * Resolves as soon as everything is stored; at once where it is. Where saving fails it waits until a later attempt
   * succeeds, and rejects only when the persister is destroyed before. (Not in TinyBase.)
   */
  whenDurable(): Promise<void>;
  /** Calls back during loads and saves of many rows, about once a thousand; `delListener` ends it. (Not in TinyBase.) */
  onProgress(listener: (progress: Progress) => void): Id;
  delListener(listenerId: Id): this;
  /**
   * Runs asynchronous actions one after another, never while a load or save runs; inside one (as in a custom
   * persister's own functions) they run as part of it.
   */
  schedule(...actions: (() => Promise<unknown>)[]): Promise<this>;
  /**
   * Forgets in the storage what was deleted before a moment, for good, and keeps that moment there. Of mergeable stores in mode `rows`;
   * others reject with `persister/unsupported-store`. What is younger than five minutes stays, whatever is asked for.
   *
   * Choose a moment longer ago than any replica is ever away: one that comes back later, with a cell of before then that the storage does not
   * have, cannot tell whether it was deleted or never heard of. It is deleted there, too, with a new stamp, so that all replicas
   * converge, and `onIgnoredError` is told `storage/compacted`, with its tables, rows and values. So what somebody did while away, and before
   * the moment, goes; what was done since is kept. Content without stamps, such as default content, is of no time, and is kept.
   *
   * Stores in memory go on remembering what was deleted. A server’s clients are replicas, too: one that comes back to a server that was
   * started anew may show the others what was deleted, until the server’s next save has found it out; the persister of the server is told.
   * Whoever auto-loads from the storage loads everything once, to find what went while it was away. (Not in TinyBase.)
   *
   * @param options `beforeMs` in milliseconds since the epoch; `argument/invalid` for a moment to come.
   */
  compact(options: CompactOptions): Promise<this>;
  getStore(): StoreType;
  /** Stores what is pending, and lets go of the store and the storage. */
  destroy(): Promise<this>;
  getStats(): PersisterStats;
}

/** Any persister, whatever store it keeps. */
export type AnyPersister = Persister<Persists>;

/** The part of a store that a persister calls. */
type PersistedStore<Persist extends Persists = Persists.StoreOnly> = Persist extends Persists
  ? PersistableStore
  : never;
