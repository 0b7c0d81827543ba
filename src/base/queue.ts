// Runs asynchronous work one piece at a time, in the order it was added. Knows nothing of what the work is.

export interface Queue {
  /** Runs `work` after everything added before it has ended; settles as `work` does. */
  add<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether something is running or waiting. */
  isBusy(): boolean;
}

export const createQueue = (): Queue => {
  let tail: Promise<unknown> | undefined;

  const add = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = tail === undefined ? work() : tail.then(work, work);
    const mine: Promise<unknown> = result.then(
      () => settle(mine),
      () => settle(mine),
    );
    tail = mine;
    return result;
  };

  const settle = (ended: Promise<unknown>) => {
    if (tail === ended) {
      tail = undefined;
    }
  };

  return {add, isBusy: () => tail !== undefined};
};
