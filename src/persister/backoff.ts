// When to try again: soon at first, then less and less often, never all at the same moment. Knows nothing of what is
// tried.

import type {Ports, TimerHandle} from '../base/ports.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;

export interface Backoff {
  /** Plans one more attempt, unless one is planned. */
  plan(): void;
  /** Plans none, and begins with the shortest delay next time. */
  reset(): void;
}

export const createBackoff = (ports: Ports, attempt: () => void): Backoff => {
  let failureCount = 0;
  let timer: {readonly handle: TimerHandle} | undefined;

  return {
    plan: () => {
      if (timer === undefined) {
        const delayMs =
          Math.min(FIRST_DELAY_MS * 2 ** failureCount++, MAX_DELAY_MS) * (0.75 + ports.random() / 2);
        timer = {
          handle: ports.setTimer(
            () => {
              timer = undefined;
              attempt();
            },
            delayMs,
            true,
          ),
        };
      }
    },
    reset: () => {
      failureCount = 0;
      if (timer !== undefined) {
        ports.clearTimer(timer.handle);
        timer = undefined;
      }
    },
  };
};
