// Makes a persister of a store and a storage: when it is loaded, saved and retried. Knows neither how a store keeps
// content nor how a storage lays it down.
//
//            change             take              write resolves
//   durable ───────▶ pending ─────────▶ saving ──────────────────▶ durable
//                       ▲                  │ write rejects
//                       └── back-off ◀─────┘ restore
//
// Invariants:
// 1. One load or save runs at a time, in the order in which they were asked for; none is skipped.
// 2. What a save could not store is pending again, and tried again with back-off, as long as the persister lives.
// 3. A load puts nothing in the place of what is pending while the persister auto-saves.
// 4. Where a load failed for want of the storage, nothing is saved before a load has succeeded: defaults that the
//    store was given meanwhile must not go over what is stored.

import {isEmptyChanges, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id} from '../base/content.ts';
import {createEmitter} from '../base/emitter.ts';
import {isHoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {createQueue} from '../base/queue.ts';
import type {OutsideChange, Storage} from '../storage/storage.ts';
import {createBackoff} from './backoff.ts';
import {createChangeTracker} from './change-tracker.ts';
import {createContentLoader} from './content-loader.ts';
import {createDurability} from './durability.ts';
import type {PersistableStore} from './persistable-store.ts';
import {type InitialContent, type Persister, type Persists, type Progress, Status} from './persister.ts';

export interface PersisterParts {
  readonly store: PersistableStore;
  readonly storage: Storage;
  /** Told of every fault that would otherwise reject or be reported on the console. */
  readonly onIgnoredError?: ((error: unknown) => void) | undefined;
  readonly ports?: Ports | undefined;
}

/** A persister, and whatever else `extras` gives it, such as `getDb`. */
export const createPersister = <Extras extends object>(
  {store, storage, onIgnoredError, ports = hostPorts}: PersisterParts,
  extras: Extras,
): Persister<Persists> & Extras => {
  type Self = Persister<Persists> & Extras;

  let listenerCount = 0;
  const nextId = (): Id => String(listenerCount++);
  const reportListener = (error: unknown) => ports.warn('A listener of a persister threw', error);
  const statusListeners = createEmitter<[Status]>(nextId, reportListener);
  const progressListeners = createEmitter<[Progress]>(nextId, reportListener);

  const queue = createQueue();
  const actions = createQueue();
  const tracker = createChangeTracker(store, () => onStoreChange());
  const loader = createContentLoader(store, tracker);
  const durability = createDurability(() => tracker.pendingCount(), nextId, reportListener);
  const backoff = createBackoff(ports, () => flush());

  let status: Status = Status.Idle;
  let isInStorage = false;
  let loads = 0;
  let saves = 0;
  let isAutoSaving = false;
  let isAutoLoading = false;
  let stopWatching: (() => void | Promise<void>) | undefined;
  let isChangePlanned = false;
  let isOutsidePlanned = false;
  let needsLoad = false;
  let hasWarned = false;

  const setStatus = (next: Status): void => {
    if (status !== next) {
      status = next;
      statusListeners.emit(next);
    }
  };

  // A fault in the background has no promise to reject: whoever listens is told, and otherwise the console, once.
  const report = (message: string, error: unknown): void => {
    if (onIgnoredError !== undefined) {
      onIgnoredError(error);
    } else if (!durability.hasListeners() && !hasWarned) {
      hasWarned = true;
      ports.warn(`${message}. It is tried again; further faults are not reported until it succeeds.`, error);
    }
  };

  const progress =
    (phase: Progress['phase']) =>
    (doneRows: number, totalRows: number | undefined): void => {
      if (progressListeners.count() > 0) {
        progressListeners.emit({phase, doneRows, totalRows});
      }
    };

  const inStatus = async <Result>(during: Status, work: () => Promise<Result>): Promise<Result> => {
    setStatus(during);
    isInStorage = true;
    try {
      return await work();
    } finally {
      isInStorage = false;
      setStatus(Status.Idle);
    }
  };

  // What has yet to be stored, and must outlast a load.
  const pending = (): Changes =>
    isAutoSaving || needsLoad || durability.isFailing() ? tracker.pending() : noChanges();

  const pendingBeforeFailure = (): Changes =>
    isAutoSaving || durability.isFailing() ? tracker.pending() : noChanges();

  const setInitial = (initialContent: InitialContent | undefined): void => {
    const content = typeof initialContent === 'function' ? initialContent() : initialContent;
    if (content !== undefined) {
      // Old applications give tables alone.
      const whole: Content = Array.isArray(content) ? content : [content as unknown as Content[0], {}];
      loader.setContent({content: whole}, pending());
    }
  };

  const loadStored = async (): Promise<boolean> => {
    const stored = await storage.read(progress('loading'));
    const kept = pending();
    loads++;
    needsLoad = false;
    if (stored === undefined) {
      return false;
    }
    if (isEmptyChanges(kept)) {
      tracker.forget();
    }
    const refused = loader.setContent(stored, kept);
    if (refused !== undefined) {
      storage.keep?.(refused);
    }
    if (stored.fault !== undefined) {
      throw stored.fault;
    }
    return true;
  };

  const load = (initialContent?: InitialContent): Promise<void> =>
    queue.add(() =>
      inStatus(Status.Loading, async () => {
        tracker.start();
        // Who asks for a load wants what is stored, in place of what a load that failed has left.
        needsLoad = false;
        try {
          if (!(await loadStored())) {
            setInitial(initialContent);
            tracker.expectWhole();
          }
        } catch (error) {
          needsLoad = !isHoldfastError(error, 'storage/unreadable');
          if (needsLoad && initialContent !== undefined && isEmptyChanges(pendingBeforeFailure())) {
            tracker.forget();
          }
          setInitial(initialContent);
          throw error;
        } finally {
          durability.update();
        }
      }),
    );

  const saveOnce = (isExplicit: boolean): Promise<void> =>
    queue.add(async () => {
      tracker.start();
      if (!isExplicit && tracker.pendingCount() === 0) {
        return;
      }
      await inStatus(Status.Saving, async () => {
        if (needsLoad && !(await loadStored())) {
          tracker.expectWhole();
        }
        await write(isExplicit);
      });
    });

  const onFault = (fault: Error): void =>
    report('What was stored could not be read, and was put aside', fault);

  const write = async (isExplicit: boolean): Promise<void> => {
    const taken = tracker.take();
    const parts = {isExplicit, store, onProgress: progress('saving'), onFault};
    try {
      const changes = taken.kind === 'whole' ? undefined : taken.changes;
      if ((await storage.write({...parts, changes})) === 'whole-needed') {
        await storage.write({...parts, changes: undefined});
      }
    } catch (error) {
      tracker.restore();
      durability.fail(error);
      backoff.plan();
      throw error;
    }
    tracker.settle();
    backoff.reset();
    hasWarned = false;
    saves++;
    durability.succeed();
  };

  // Saves in the background: what fails is reported here.
  const flush = (): void => {
    saveOnce(false).catch((error) => report('A save failed; its changes are kept', error));
  };

  // However many transactions one turn of the host holds, they are saved together behind it.
  const onStoreChange = (): void => {
    if (!isChangePlanned) {
      isChangePlanned = true;
      queueMicrotask(() => {
        isChangePlanned = false;
        durability.update();
        if (isAutoSaving) {
          flush();
        }
      });
    }
  };

  const onOutside = (outside?: {readonly content?: Content; readonly changes?: Changes}): void => {
    if (outside?.changes !== undefined || outside?.content !== undefined) {
      applyOutside(
        outside.changes === undefined ? {content: outside.content as Content} : {changes: outside.changes},
      );
    } else if (!isOutsidePlanned) {
      isOutsidePlanned = true;
      queue.add(loadOutside).catch((error) => report('A change made by others could not be loaded', error));
    }
  };

  const applyOutside = (outside: {readonly content: Content} | {readonly changes: Changes}): void => {
    loads++;
    if ('changes' in outside) {
      loader.applyOutside(outside.changes, pending());
    } else {
      loader.setContent({content: outside.content}, pending());
    }
    durability.update();
  };

  const loadOutside = async (): Promise<void> => {
    isOutsidePlanned = false;
    if (!isAutoLoading) {
      return;
    }
    const outside: OutsideChange | undefined =
      storage.readOutside === undefined ? {kind: 'unknown'} : await storage.readOutside();
    if (outside === undefined) {
      return;
    }
    await inStatus(Status.Loading, async () => {
      if (outside.kind === 'changes') {
        applyOutside(outside);
        if (outside.fault !== undefined) {
          onFault(outside.fault);
        }
      } else {
        await loadStored();
        durability.update();
      }
    });
  };

  // What the caller asked for and what went wrong: told to `onIgnoredError` where there is one, rejected where not.
  const settle = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (onIgnoredError === undefined) {
        throw error;
      }
      onIgnoredError(error);
    }
  };

  // The documentation promises initial content where a load fails, as when a device is offline.
  const settleLoad = async (work: Promise<unknown>, hasInitial: boolean): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (onIgnoredError === undefined && (!hasInitial || isHoldfastError(error, 'storage/unreadable'))) {
        throw error;
      }
      report('A load failed; the store has its initial content', error);
    }
  };

  const startAutoLoad = async (initialContent?: InitialContent): Promise<void> => {
    await stopAutoLoad();
    isAutoLoading = true;
    try {
      await settleLoad(load(initialContent), initialContent !== undefined);
      await settle(
        queue.add(async () => {
          if (isAutoLoading) {
            stopWatching = await storage.watch(onOutside);
          }
        }),
      );
    } catch (error) {
      isAutoLoading = false;
      throw error;
    }
    // What changed between the load and the watch is not missed.
    if (storage.readOutside !== undefined) {
      onOutside();
      await queue.add(async () => undefined);
    }
  };

  const stopAutoLoad = async (): Promise<void> => {
    isAutoLoading = false;
    const stop = stopWatching;
    stopWatching = undefined;
    await stop?.();
  };

  const startAutoSave = async (): Promise<void> => {
    isAutoSaving = true;
    try {
      await settle(saveOnce(true));
    } catch (error) {
      isAutoSaving = false;
      throw error;
    }
  };

  const stopAutoSave = async (): Promise<void> => {
    const wasAutoSaving = isAutoSaving;
    isAutoSaving = false;
    if (wasAutoSaving) {
      await settle(saveOnce(false));
    }
  };

  const both = async (first: () => Promise<void>, second: () => Promise<void>): Promise<void> => {
    await first();
    await second();
  };

  const persister: Persister<Persists> = {
    load: async (initialContent) => {
      await settleLoad(load(initialContent), initialContent !== undefined);
      return self;
    },
    startAutoLoad: async (initialContent) => {
      await startAutoLoad(initialContent);
      return self;
    },
    stopAutoLoad: async () => {
      await stopAutoLoad();
      return self;
    },
    isAutoLoading: () => isAutoLoading,
    save: async () => {
      await settle(saveOnce(true));
      return self;
    },
    startAutoSave: async () => {
      await startAutoSave();
      return self;
    },
    stopAutoSave: async () => {
      await stopAutoSave();
      return self;
    },
    isAutoSaving: () => isAutoSaving,
    startAutoPersisting: async (initialContent, startSaveFirst = false) => {
      const loadFirst = () => startAutoLoad(initialContent);
      try {
        await (startSaveFirst ? both(startAutoSave, loadFirst) : both(loadFirst, startAutoSave));
      } catch (error) {
        await stopAutoLoad();
        isAutoSaving = false;
        throw error;
      }
      return self;
    },
    stopAutoPersisting: async (stopSaveFirst = false) => {
      await (stopSaveFirst ? both(stopAutoSave, stopAutoLoad) : both(stopAutoLoad, stopAutoSave));
      return self;
    },
    getStatus: () => status,
    addStatusListener: (listener) => statusListeners.add((next) => listener(self, next)),
    getDurability: () => durability.get(),
    addDurabilityListener: (listener) => durability.addListener((now) => listener(self, now)),
    whenDurable: () => {
      backoff.hold();
      return durability.whenDurable();
    },
    onProgress: (listener) => progressListeners.add(listener),
    delListener: (listenerId) => {
      [statusListeners.delete, progressListeners.delete, durability.deleteListener].some((del) =>
        del(listenerId),
      );
      return self;
    },
    schedule: async (...scheduled) => {
      const runAll = () =>
        actions.add(async () => {
          for (const action of scheduled) {
            await action();
          }
        });
      // An action scheduled by the storage itself is part of the load or save that runs.
      await settle(isInStorage ? runAll() : queue.add(runAll));
      return self;
    },
    getStore: () => store,
    destroy: async () => {
      try {
        await stopAutoLoad();
        await stopAutoSave();
      } finally {
        backoff.reset();
        tracker.stop();
        durability.abandon();
        await storage.close?.();
      }
      return self;
    },
    getStats: () => ({loads, saves}),
  };
  const self = Object.assign(persister, extras) as Self;
  return self;
};
