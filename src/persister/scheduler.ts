// What loading and saving share: they run one at a time, are seen in the status, tell of progress, and report what goes
// wrong in the background. Knows neither stores nor storages.

import type {Id} from '../base/content.ts';
import {createEmitter, type Emitter} from '../base/emitter.ts';
import type {Ports} from '../base/ports.ts';
import {createQueue} from '../base/queue.ts';
import type {ProgressListener} from '../storage/storage.ts';
import {type Progress, Status} from './persister.ts';

export interface Scheduler {
  /** Runs work after everything that was asked for before. */
  queue<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs work that deals with the storage, in a status. Belongs inside `queue`. */
  inStatus<Result>(during: Status, work: () => Promise<Result>): Promise<Result>;
  /** Runs work that deals with no storage, in a status, unless another one is shown. */
  inStatusNow(during: Status, work: () => void): void;
  /** Runs actions one after another: inside the load or save that runs, or in the queue. */
  schedule(actions: readonly (() => Promise<unknown>)[]): Promise<void>;
  progress(phase: Progress['phase']): ProgressListener;
  /** Tells of a fault in the background, which has no promise to reject. */
  report(message: string, error: unknown): void;
  /** The next fault is news again. */
  expectFaults(): void;
  /** Settles as `work` does, but for faults that `onIgnoredError` takes. */
  settle(work: Promise<unknown>): Promise<void>;
  getStatus(): Status;
  readonly statusListeners: Emitter<[Status]>;
  readonly progressListeners: Emitter<[Progress]>;
}

export interface SchedulerParts {
  readonly ports: Ports;
  readonly nextId: () => Id;
  readonly onIgnoredError: ((error: unknown) => void) | undefined;
  /** Whether somebody listens who learns of faults otherwise. */
  readonly isHeard: () => boolean;
}

export const createScheduler = ({ports, nextId, onIgnoredError, isHeard}: SchedulerParts): Scheduler => {
  const reportListener = (error: unknown) => ports.warn('A listener of a persister threw', error);
  const statusListeners = createEmitter<[Status]>(nextId, reportListener);
  const progressListeners = createEmitter<[Progress]>(nextId, reportListener);
  const queue = createQueue();
  const innerQueue = createQueue();
  let status: Status = Status.Idle;
  let isInStorage = false;
  let hasWarned = false;

  const setStatus = (next: Status): void => {
    if (status !== next) {
      status = next;
      statusListeners.emit(next);
    }
  };

  return {
    queue: (work) => queue.add(work),

    inStatus: async (during, work) => {
      setStatus(during);
      isInStorage = true;
      try {
        return await work();
      } finally {
        isInStorage = false;
        setStatus(Status.Idle);
      }
    },

    inStatusNow: (during, work) => {
      if (status !== Status.Idle) {
        work();
        return;
      }
      setStatus(during);
      try {
        work();
      } finally {
        setStatus(Status.Idle);
      }
    },

    schedule: (actions) => {
      const run = () =>
        innerQueue.add(async () => {
          for (const action of actions) {
            await action();
          }
        });
      // What the storage itself schedules is part of the load or save that runs, and would wait for itself in the queue.
      return isInStorage ? run() : queue.add(run);
    },

    progress: (phase) => (doneRows, totalRows) => {
      if (progressListeners.count() > 0) {
        progressListeners.emit({phase, doneRows, totalRows});
      }
    },

    report: (message, error) => {
      if (onIgnoredError !== undefined) {
        onIgnoredError(error);
      } else if (!isHeard() && !hasWarned) {
        hasWarned = true;
        ports.warn(`${message}. Further faults are not reported until a save succeeds.`, error);
      }
    },
    expectFaults: () => {
      hasWarned = false;
    },

    settle: async (work) => {
      try {
        await work;
      } catch (error) {
        if (onIgnoredError === undefined) {
          throw error;
        }
        onIgnoredError(error);
      }
    },

    getStatus: () => status,
    statusListeners,
    progressListeners,
  };
};
