// Runs asynchronous work one piece at a time, in the order it was added. Knows nothing of what the work is.

export interface Queue {
  /** Runs `work` after everything added before it has ended; settles as `work` does. */
  add<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether something is running or waiting. */
  isBusy(): boolean;
}

export const createQueue = (): Queue => {
  let tail: Promise<void> | undefined;

  const add = <Result>(work: () => Promise<Result>): Promise<Result> => {
    // The place in the queue is taken before the work begins: what it adds itself comes after it.
    const before = tail;
    let end: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      end = resolve;
    });
    tail = mine;
    const settle = () => {
      if (tail === mine) {
        tail = undefined;
      }
      end();
    };
    const result = before === undefined ? begin(work) : before.then(work);
    result.then(settle, settle);
    return result;
  };

  return {add, isBusy: () => tail !== undefined};
};

const begin = async <Result>(work: () => Promise<Result>): Promise<Result> => work();
