// Makes a persister of a store and a storage, out of its parts. Knows neither how a store keeps content nor how a
// storage lays it down; when things happen stands in `loading.ts` and `saving.ts`.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Storage} from '../storage/storage.ts';
import {createBackoff} from './backoff.ts';
import {createChangeTracker} from './change-tracker.ts';
import {type CompactOptions, floorOf, stragglersTold} from './compaction.ts';
import {createContentLoader} from './content-loader.ts';
import {createDurability} from './durability.ts';
import type {IgnoredErrorHandler} from './handlers.ts';
import {createLoading} from './loading.ts';
import {asPersistable} from './mergeable-as-persistable.ts';
import type {PersistableStore} from './persistable-store.ts';
import {type Persister, type Persists, Status} from './persister.ts';
import {storageFor} from './require-persistable.ts';
import {createSaving} from './saving.ts';
import {createScheduler} from './scheduler.ts';
import {asStampedPersistable} from './stamped-as-persistable.ts';
import {createStampedLoader} from './stamped-loader.ts';

export interface PersisterParts<StoreType extends PersistableStore> {
  readonly store: StoreType;
  readonly storage: Storage;
  /** Told of every fault that would otherwise reject or be reported on the console. */
  readonly onIgnoredError?: IgnoredErrorHandler | undefined;
  readonly ports?: Ports | undefined;
}

/** A persister, and whatever else `extras` gives it, such as `getDb`. */
export const createPersister = <StoreType extends PersistableStore, Extras extends object>(
  {store: given, storage: plainStorage, onIgnoredError, ports = hostPorts}: PersisterParts<StoreType>,
  extras: Extras,
): Persister<Persists, StoreType> & Extras => {
  const storage = storageFor(given, plainStorage);
  const stamped = storage.hasStampedCells === true ? asStampedPersistable(given, ports.now) : undefined;
  const store = stamped ?? asPersistable(given);
  let listenerCount = 0;
  const nextId = (): Id => String(listenerCount++);

  const tracker = createChangeTracker(store, () => saving.onChange());
  const durability = createDurability(
    () => tracker.pendingCount(),
    nextId,
    (error) => ports.warn('A listener of a persister threw', error),
  );
  const scheduler = createScheduler({
    ports,
    nextId,
    onIgnoredError,
    isHeard: () => durability.hasListeners(),
  });
  const backoff = createBackoff(ports, () => saving.flush());
  const loading = createLoading({
    storage,
    scheduler,
    tracker,
    loader:
      stamped === undefined
        ? createContentLoader(store, tracker)
        : createStampedLoader(stamped, tracker, {
            now: ports.now,
            onFault: (fault) => scheduler.report('What was loaded is not all in the store', fault),
          }),
    // Of stamped cells the later one stays by itself.
    isPendingKept: () => stamped === undefined && (saving.isAuto() || durability.isFailing()),
    onPending: () => durability.update(),
    backoff: createBackoff(ports, () => loading.retry()),
  });
  const saving = createSaving({
    storage,
    scheduler,
    tracker,
    durability,
    backoff,
    ensureLoaded: () => loading.ensureLoaded(),
    onStragglers: (stragglers) => {
      const deleted = stamped?.deleteAnew(stragglers);
      if (deleted !== undefined && Object.keys(deleted.tables).length + deleted.values.length > 0) {
        scheduler.report('Something was deleted long ago, and is deleted here, too', stragglersTold(deleted));
      }
    },
  });

  const inOrder = async (first: () => Promise<void>, second: () => Promise<void>): Promise<void> => {
    await first();
    await second();
  };

  const returnSelf = async (work: Promise<void>): Promise<Persister<Persists, StoreType> & Extras> => {
    await work;
    return self;
  };

  const destroy = async (): Promise<void> => {
    try {
      await inOrder(loading.stop, saving.stop);
      if (durability.isFailing()) {
        // What a save could not store is tried once more: nobody will, behind the end. Who asked for it was told before.
        await saving
          .save()
          .catch((error) =>
            scheduler.report('What could not be saved was not saved at the end, either', error),
          );
      }
    } finally {
      // What was asked for before comes first, or it would listen to the store once more behind the end.
      await scheduler.queue(async () => undefined);
      backoff.reset();
      tracker.stop();
      durability.abandon();
      await storage.close?.();
    }
  };

  const startBoth = async (first: () => Promise<void>, second: () => Promise<void>): Promise<void> => {
    try {
      await inOrder(first, second);
    } catch (error) {
      saving.cancel();
      await loading.stop();
      throw error;
    }
  };

  const compact = async (options: CompactOptions): Promise<void> => {
    const floor = floorOf(options, ports.now());
    const {compact: compactStorage} = storage;
    if (compactStorage === undefined) {
      throw new HoldfastError(
        'persister/unsupported-store',
        given.isMergeable()
          ? 'What was deleted is forgotten in mode `rows` of databases only; every other storage keeps it, as TinyBase’s do'
          : 'A plain store has nothing to forget: it is a mergeable one that remembers what was deleted',
      );
    }
    await scheduler.settle(
      scheduler.queue(() => scheduler.inStatus(Status.Saving, () => compactStorage(floor))),
    );
  };

  const persister: Persister<Persists, StoreType> = {
    load: (initialContent) => returnSelf(loading.load(initialContent)),
    startAutoLoad: (initialContent) => returnSelf(loading.start(initialContent)),
    stopAutoLoad: () => returnSelf(loading.stop()),
    isAutoLoading: () => loading.isAuto(),
    save: () => returnSelf(saving.save()),
    startAutoSave: () => returnSelf(saving.start()),
    stopAutoSave: () => returnSelf(saving.stop()),
    isAutoSaving: () => saving.isAuto(),
    startAutoPersisting: (initialContent, startSaveFirst = false) => {
      const startLoading = () => loading.start(initialContent);
      return returnSelf(
        startSaveFirst ? startBoth(saving.start, startLoading) : startBoth(startLoading, saving.start),
      );
    },
    stopAutoPersisting: (stopSaveFirst = false) =>
      returnSelf(stopSaveFirst ? inOrder(saving.stop, loading.stop) : inOrder(loading.stop, saving.stop)),
    getStatus: () => scheduler.getStatus(),
    addStatusListener: (listener) => scheduler.statusListeners.add((status) => listener(self, status)),
    getDurability: () => durability.get(),
    addDurabilityListener: (listener) => durability.addListener((now) => listener(self, now)),
    whenDurable: () => {
      backoff.hold();
      return durability.whenDurable();
    },
    onProgress: (listener) => scheduler.progressListeners.add(listener),
    delListener: (listenerId) => {
      const deleters = [
        scheduler.statusListeners.delete,
        scheduler.progressListeners.delete,
        durability.deleteListener,
      ];
      deleters.some((deleteListener) => deleteListener(listenerId));
      return self;
    },
    schedule: (...actions) => returnSelf(scheduler.settle(scheduler.schedule(actions))),
    compact: (options) => returnSelf(compact(options)),
    getStore: () => given,
    destroy: () => returnSelf(destroy()),
    getStats: () => ({loads: loading.count(), saves: saving.count()}),
  };
  const self = Object.assign(persister, extras);
  return self;
};
