import {expect, test} from 'vitest';
import {hostPorts} from '../base/ports.ts';
import {createBackoff} from './backoff.ts';

test('[PE13] an attempt that somebody waits for is not put off by a clock that is set back, or ahead', () => {
  for (const [jumpMs, expectedMs] of [
    [-3_600_000, 100],
    [-40, 100],
    [40, 60],
    [3_600_000, 0],
  ] as const) {
    let now = 1_700_000_000_000;
    const delaysMs: number[] = [];
    const backoff = createBackoff(
      {
        ...hostPorts,
        now: () => now,
        random: () => 0.5,
        setTimer: (_callback, delayMs) => delaysMs.push(delayMs),
        clearTimer: () => undefined,
      },
      () => undefined,
    );
    backoff.plan();
    now += jumpMs;
    backoff.hold();
    expect(delaysMs).toEqual([100, expectedMs]);
  }
});
