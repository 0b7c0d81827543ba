// Loads: when asked to, and when others changed the storage. Knows when; how content is set into the store is the
// content loader's business, and what is pending the change tracker's.
//
// Invariants:
// 1. A load puts nothing in the place of what is pending while the persister auto-saves.
// 2. After a load that failed because the storage could not be reached, `ensureLoaded` loads before anything is saved:
//    defaults that the store was given meanwhile must not go over what is stored.
// 3. Watching begins before the load, so that no change falls between the two.

import {isEmptyChanges, noChanges} from '../base/changes.ts';
import type {Changes, Content} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import type {OutsideChange, Storage} from '../storage/storage.ts';
import type {Backoff} from './backoff.ts';
import type {ChangeTracker} from './change-tracker.ts';
import type {ContentLoader} from './content-loader.ts';
import {type InitialContent, Status} from './persister.ts';
import type {Scheduler} from './scheduler.ts';

export interface LoadingParts {
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly tracker: ChangeTracker;
  readonly loader: ContentLoader;
  /** Whether what is pending is on its way to the storage, and outlasts a load. */
  readonly isPendingKept: () => boolean;
  /** Told when pending changes may have come or gone. */
  readonly onPending: () => void;
  /** Asks for `retry` again later. */
  readonly backoff: Backoff;
}

export interface Loading {
  load(initialContent: InitialContent | undefined): Promise<void>;
  start(initialContent: InitialContent | undefined): Promise<void>;
  stop(): Promise<void>;
  isAuto(): boolean;
  /** Makes up for a load that failed. Belongs inside a save. */
  ensureLoaded(): Promise<void>;
  /** Loads what others changed, where that failed before. */
  retry(): void;
  count(): number;
}

export const createLoading = (parts: LoadingParts): Loading => {
  const {storage, scheduler, tracker, loader, isPendingKept, onPending, backoff} = parts;
  let count = 0;
  let isAuto = false;
  let stopWatching: (() => void | Promise<void>) | undefined;
  let isOutsidePlanned = false;
  let isOutsideMissed = false;
  let needsLoad = false;

  const kept = (): Changes => (isPendingKept() || needsLoad ? tracker.pending() : noChanges());

  // Whether anything is stored, and what of it could not be read.
  const loadStored = async (): Promise<{readonly isStored: boolean; readonly fault?: Error | undefined}> => {
    const stored = await storage.read(scheduler.progress('loading'));
    const pending = kept();
    count++;
    needsLoad = false;
    if (stored === undefined) {
      tracker.expectWhole();
      return {isStored: false};
    }
    if (isEmptyChanges(pending)) {
      tracker.forget();
    }
    const refused = loader.setContent(stored, pending);
    if (refused !== undefined) {
      storage.keep?.(refused);
    }
    return {isStored: true, fault: stored.fault};
  };

  const setInitial = (initialContent: InitialContent | undefined): void => {
    const content = typeof initialContent === 'function' ? initialContent() : initialContent;
    if (content !== undefined) {
      // Old applications give tables alone.
      const whole: Content = Array.isArray(content) ? content : [content as unknown as Content[0], {}];
      loader.setInitial(whole, kept());
    }
  };

  const loadNow = async (initialContent: InitialContent | undefined): Promise<void> => {
    tracker.start();
    // Who asks for a load wants what is stored, in place of what a load that failed has left.
    needsLoad = false;
    let fault: Error | undefined;
    try {
      const loaded = await loadStored();
      fault = loaded.fault;
      if (!loaded.isStored) {
        setInitial(initialContent);
        tracker.expectWhole();
      }
    } catch (error) {
      if (isUnreachable(error)) {
        if (initialContent !== undefined && isEmptyChanges(kept())) {
          tracker.forget();
        }
        needsLoad = true;
      }
      setInitial(initialContent);
      throw error;
    } finally {
      onPending();
    }
    if (fault !== undefined) {
      throw fault;
    }
  };

  const load = (initialContent: InitialContent | undefined): Promise<void> =>
    settleLoad(
      scheduler.queue(() => scheduler.inStatus(Status.Loading, () => loadNow(initialContent))),
      initialContent !== undefined,
    );

  // The documentation promises initial content where a load fails, as when a device is offline.
  const settleLoad = async (work: Promise<void>, hasInitial: boolean): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!hasInitial || isHoldfastError(error, 'storage/unreadable')) {
        await scheduler.settle(Promise.reject(error));
      } else {
        scheduler.report('A load failed; the store has its initial content', error);
      }
    }
  };

  const applyOutside = (outside: {readonly content: Content} | {readonly changes: Changes}): void =>
    scheduler.inStatusNow(Status.Loading, () => {
      count++;
      if ('changes' in outside) {
        loader.applyOutside(outside.changes, kept());
      } else {
        loader.setContent({content: outside.content}, kept());
      }
      onPending();
    });

  // What others changed is set into the store; returns what of it could not be read.
  const takeOutside = async (): Promise<Error | undefined> => {
    const outside: OutsideChange | undefined =
      storage.readOutside === undefined || isOutsideMissed ? {kind: 'unknown'} : await storage.readOutside();
    if (outside === undefined) {
      return undefined;
    }
    return scheduler.inStatus(Status.Loading, async () => {
      if (outside.kind === 'changes') {
        applyOutside(outside);
        return outside.fault;
      }
      if (outside.kind === 'content') {
        count++;
        loader.setContent(outside.stored, kept());
        onPending();
        return outside.stored.fault;
      }
      const loaded = await loadStored();
      onPending();
      return loaded.fault;
    });
  };

  const loadOutside = async (): Promise<void> => {
    isOutsidePlanned = false;
    if (!isAuto) {
      return;
    }
    let fault: Error | undefined;
    try {
      fault = await takeOutside();
      isOutsideMissed = false;
      backoff.reset();
    } catch (error) {
      // The storage has told of it, and may not tell again: everything is loaded the next time.
      if (!isHoldfastError(error, 'storage/unreadable')) {
        isOutsideMissed = true;
        backoff.plan();
      }
      throw error;
    }
    if (fault !== undefined) {
      throw fault;
    }
  };

  const onOutside = (outside?: {readonly content?: Content; readonly changes?: Changes}): void => {
    if (outside?.changes !== undefined) {
      applyOutside({changes: outside.changes});
    } else if (outside?.content !== undefined) {
      applyOutside({content: outside.content});
    } else if (!isOutsidePlanned) {
      isOutsidePlanned = true;
      scheduler
        .queue(loadOutside)
        .catch((error) => scheduler.report('A change made by others could not be loaded', error));
    }
  };

  const stop = async (): Promise<void> => {
    isAuto = false;
    backoff.reset();
    const stopNow = stopWatching;
    stopWatching = undefined;
    await stopNow?.();
  };

  return {
    load,

    start: async (initialContent) => {
      await stop();
      isAuto = true;
      try {
        await scheduler.settle(
          scheduler.queue(async () => {
            if (isAuto) {
              stopWatching = await storage.watch(onOutside);
            }
          }),
        );
        await load(initialContent);
      } catch (error) {
        await stop();
        throw error;
      }
    },

    stop,
    isAuto: () => isAuto,

    ensureLoaded: async () => {
      if (needsLoad) {
        const fault = await loadStored().then(
          (loaded) => loaded.fault,
          (error) => {
            if (!isHoldfastError(error, 'storage/unreadable')) {
              throw error;
            }
            // A copy is put aside, so that this is no reason to save nothing for ever.
            needsLoad = false;
            tracker.expectWhole();
            return error;
          },
        );
        if (fault !== undefined) {
          scheduler.report('What was stored could not be read, and was put aside', fault);
        }
      }
    },
    retry: () => onOutside(),
    count: () => count,
  };
};

// Faults of the database or the file itself: something is stored there, for all that is known. What an application's own
// functions throw may as well mean that nothing is.
const isUnreachable = (error: unknown): boolean =>
  isHoldfastError(error) &&
  (error.code.startsWith('driver/') ||
    error.code === 'storage/file-failed' ||
    error.code === 'storage/locked');
