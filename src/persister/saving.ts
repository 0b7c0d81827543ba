// Saves: when asked to, when the store changed, and again when it failed. Knows when; what is pending is the change
// tracker's business, and how it is stored the storage's.
//
//            change             take              write resolves
//   durable ───────▶ pending ─────────▶ saving ──────────────────▶ durable
//                       ▲                  │ write rejects
//                       └── back-off ◀─────┘ restore
//
// Invariant: what a save could not store is pending again, and tried again with back-off, until it is stored or the
// persister is destroyed.

import type {Changes} from '../base/content.ts';
import type {Storage, Write} from '../storage/storage.ts';
import type {Backoff} from './backoff.ts';
import type {ChangeTracker} from './change-tracker.ts';
import type {DurabilityState} from './durability.ts';
import {Status} from './persister.ts';
import type {Scheduler} from './scheduler.ts';

export interface SavingParts {
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly tracker: ChangeTracker;
  readonly durability: DurabilityState;
  readonly backoff: Backoff;
  /** Makes up for a load that failed, before anything is stored. */
  readonly ensureLoaded: () => Promise<void>;
  /** Told of stamped cells that the storage did not take, for their deletion is forgotten there. */
  readonly onStragglers: (stragglers: Changes) => void;
}

export interface Saving {
  save(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops without a last save. */
  cancel(): void;
  isAuto(): boolean;
  /** Saves what is pending, in the background. */
  flush(): void;
  /** Told that the store changed. */
  onChange(): void;
  count(): number;
}

export const createSaving = (parts: SavingParts): Saving => {
  const {storage, scheduler, tracker, durability, backoff, ensureLoaded, onStragglers} = parts;
  let count = 0;
  let isAuto = false;
  let isChangePlanned = false;

  const write = async (isExplicit: boolean): Promise<void> => {
    const taken = tracker.take();
    let stragglers: Changes | undefined;
    const how: Omit<Write, 'changes' | 'since'> = {
      isExplicit,
      onStragglers: (found) => {
        stragglers = found;
      },
      store: tracker.asTaken(),
      onProgress: scheduler.progress('saving'),
      onFault: (fault) => scheduler.report('What was stored could not be read, and was put aside', fault),
    };
    try {
      const what =
        taken.kind === 'whole' ? {changes: undefined, since: taken.since} : {changes: taken.changes};
      if ((await storage.write({...how, ...what})) === 'whole-needed') {
        await storage.write({...how, changes: undefined});
      }
    } catch (error) {
      tracker.restore();
      throw error;
    }
    tracker.settle();
    if (stragglers !== undefined) {
      onStragglers(stragglers);
    }
  };

  const saveNow = (isExplicit: boolean): Promise<void> =>
    scheduler.queue(async () => {
      tracker.start();
      // A save of nothing that failed is made up for, too: whoever waits is told that all is stored.
      if (!isExplicit && !durability.isFailing() && tracker.pendingCount() === 0) {
        return;
      }
      try {
        await scheduler.inStatus(Status.Saving, async () => {
          await ensureLoaded();
          await write(isExplicit);
        });
      } catch (error) {
        durability.fail(error);
        backoff.plan();
        throw error;
      }
      count++;
      backoff.reset();
      scheduler.expectFaults();
      durability.succeed();
    });

  const flush = (): void => {
    saveNow(false).catch((error) =>
      scheduler.report('A save failed; its changes are kept, and tried again', error),
    );
  };

  return {
    save: () => scheduler.settle(saveNow(true)),

    start: async () => {
      isAuto = true;
      try {
        await scheduler.settle(saveNow(true));
      } catch (error) {
        isAuto = false;
        throw error;
      }
    },

    stop: async () => {
      const wasAuto = isAuto;
      isAuto = false;
      if (wasAuto) {
        await scheduler.settle(saveNow(false));
      }
    },

    cancel: () => {
      isAuto = false;
    },

    isAuto: () => isAuto,
    flush,

    // However many transactions one turn of the host holds, they are saved together behind it.
    onChange: () => {
      if (!isChangePlanned) {
        isChangePlanned = true;
        queueMicrotask(() => {
          isChangePlanned = false;
          durability.update();
          if (isAuto) {
            flush();
          }
        });
      }
    },
    count: () => count,
  };
};
