// Listens to a channel of a database for as long as it is wanted: a listening connection that is lost is made anew, later
// after each failure, and followed by a look at what was missed. Knows nothing of what is told there.

import type {Ports, TimerHandle} from '../base/ports.ts';

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 30_000;

/** Begins to listen; resolves with how to stop: `stop` of the one listening connection that there is at a time. */
type Listen = (onLost: () => void) => Promise<() => Promise<void>>;

/**
 * Resolves with how to stop, once it listens or has failed to for the first time. `onListening` is called whenever it
 * listens again.
 */
export const keepListening = async (
  listen: Listen,
  onListening: () => void,
  ports: Ports,
): Promise<() => Promise<void>> => {
  let isWanted = true;
  let failureCount = 0;
  let stop: (() => Promise<void>) | undefined;
  let timer: TimerHandle | undefined;
  let attempt = Promise.resolve();

  const tryAgainLater = (): void => {
    stop = undefined;
    if (isWanted) {
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** failureCount++, MAX_DELAY_MS);
      timer = ports.setTimer(
        () => {
          attempt = begin(true);
        },
        delayMs * (0.5 + ports.random()),
        true,
      );
    }
  };

  const begin = async (isAgain: boolean): Promise<void> => {
    let isLost = false;
    const lose = () => {
      if (!isLost) {
        isLost = true;
        tryAgainLater();
      }
    };
    try {
      const begun = await listen(lose);
      if (isLost) {
        return;
      }
      stop = begun;
    } catch {
      // Others' writes are looked for at intervals meanwhile.
      lose();
      return;
    }
    failureCount = 0;
    isAgain && onListening();
  };

  await begin(false);
  return async () => {
    isWanted = false;
    timer === undefined || ports.clearTimer(timer);
    await attempt;
    await stop?.();
  };
};
