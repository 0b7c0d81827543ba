// When to try again: soon at first, then less and less often, never all at the same moment. Knows nothing of what is
// tried.

import type {Ports, TimerHandle} from '../base/ports.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;

export interface Backoff {
  /** Plans one more attempt, unless one is planned. A planned attempt alone does not keep a process alive. */
  plan(): void;
  /** Somebody waits for what is tried: the process is kept alive until the attempt. */
  hold(): void;
  /** Plans none, and begins with the shortest delay next time. */
  reset(): void;
}

export const createBackoff = (ports: Ports, attempt: () => void, firstDelayMs = FIRST_DELAY_MS): Backoff => {
  let failureCount = 0;
  let isHeld = false;
  let planned: {readonly handle: TimerHandle; readonly atMs: number; readonly delayMs: number} | undefined;

  const start = (delayMs: number): void => {
    const run = () => {
      planned = undefined;
      attempt();
    };
    planned = {handle: ports.setTimer(run, delayMs, !isHeld), atMs: ports.now() + delayMs, delayMs};
  };

  const cancel = (): void => {
    if (planned !== undefined) {
      ports.clearTimer(planned.handle);
      planned = undefined;
    }
  };

  return {
    plan: () => {
      if (planned === undefined) {
        const delayMs = Math.min(firstDelayMs * 2 ** failureCount++, MAX_DELAY_MS);
        start(delayMs * (0.75 + ports.random() / 2));
      }
    },
    hold: () => {
      isHeld = true;
      if (planned !== undefined) {
        // A clock that was set back puts nothing off.
        const {atMs, delayMs} = planned;
        cancel();
        start(Math.min(delayMs, Math.max(0, atMs - ports.now())));
      }
    },
    reset: () => {
      failureCount = 0;
      isHeld = false;
      cancel();
    },
  };
};
