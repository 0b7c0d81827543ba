// Ports with a clock that stands still until a test moves it, timers that fire when it does, and warnings kept.

import {getUniqueId} from './ids.ts';
import type {Ports} from './ports.ts';

export interface FakePorts extends Ports {
  /** What was warned of. */
  readonly warnings: readonly {readonly message: string; readonly error: unknown}[];
  /** The delays of the timers that are set, in the order in which they will fire. */
  delays(): readonly number[];
  /** Moves the clock to the timer that is due first, and fires it; returns whether there was one. */
  fireNext(): boolean;
  /** Lets everything run that needs no timer: promises, and answers from outside of JavaScript. */
  settle(): Promise<void>;
  /** Settles as the work does, firing timers as they are needed. */
  until<Result>(work: Promise<Result>): Promise<Result>;
  /** Fires timers until it is so. */
  untilTrue(isSo: () => boolean): Promise<void>;
}

/** Longer than any test needs, on a machine however busy. */
const MAX_WAIT_MS = 30_000;
/** After so many timers, what runs outside of JavaScript is given its time. */
const ROUNDS_A_REST = 20;

export const createFakePorts = (): FakePorts => {
  let nowMs = 1_000_000;
  let timers: {readonly callback: () => void; readonly dueMs: number}[] = [];
  const warnings: {message: string; error: unknown}[] = [];

  const fireNext = (): boolean => {
    const [next] = timers.toSorted((one, other) => one.dueMs - other.dueMs);
    if (next === undefined) {
      return false;
    }
    timers = timers.filter((timer) => timer !== next);
    nowMs = Math.max(nowMs, next.dueMs);
    next.callback();
    return true;
  };

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const untilTrue = async (isSo: () => boolean): Promise<void> => {
    await settle();
    const endMs = performance.now() + MAX_WAIT_MS;
    for (let round = 1; !isSo(); round++) {
      if (performance.now() > endMs) {
        throw new Error('What was waited for never came, however many timers fired');
      }
      if (!fireNext() || round % ROUNDS_A_REST === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await settle();
    }
  };

  return {
    now: () => nowMs,
    setTimer: (callback, delayMs) => {
      const timer = {callback, dueMs: nowMs + delayMs};
      timers.push(timer);
      return timer;
    },
    clearTimer: (handle) => {
      timers = timers.filter((timer) => timer !== handle);
    },
    yieldToHost: async () => undefined,
    random: () => 0.5,
    uniqueId: getUniqueId,
    warn: (message, error) => {
      warnings.push({message, error});
    },
    warnings,
    delays: () => timers.map(({dueMs}) => dueMs - nowMs).toSorted((one, other) => one - other),
    fireNext,
    settle,
    untilTrue,
    until: async (work) => {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      work.then(settled, settled);
      await untilTrue(() => isSettled);
      return work;
    },
  };
};
