// A token bucket: so much a second on the average, and some seconds' worth at once. Knows nothing of what is counted.

export interface RateLimit {
  /** Whether there was enough left. */
  take(amount: number): boolean;
}

const UNLIMITED: RateLimit = {take: () => true};

export const createRateLimit = (
  amountPerSecond: number,
  burstSeconds: number,
  now: () => number,
): RateLimit => {
  if (amountPerSecond === Number.POSITIVE_INFINITY) {
    return UNLIMITED;
  }
  const most = amountPerSecond * burstSeconds;
  let left = most;
  let atMs = now();
  return {
    take: (amount) => {
      const nowMs = now();
      // A clock that was set back gives nothing, and takes nothing.
      left = Math.min(most, left + (Math.max(0, nowMs - atMs) * amountPerSecond) / 1_000);
      atMs = nowMs;
      if (amount > left) {
        return false;
      }
      left -= amount;
      return true;
    },
  };
};
