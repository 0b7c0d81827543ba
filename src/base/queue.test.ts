import {expect, test} from 'vitest';
import {createQueue} from './queue.ts';

const deferred = () => {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return {promise, resolve, reject};
};

test('runs one piece at a time, in order, and settles as each does', async () => {
  const queue = createQueue();
  const log: string[] = [];
  const gates = [deferred(), deferred(), deferred()];
  const results = gates.map(({promise}, index) =>
    queue.add(async () => {
      log.push(`begin ${index}`);
      await promise;
      log.push(`end ${index}`);
      return index;
    }),
  );
  expect(log).toEqual(['begin 0']);
  gates[2]?.resolve();
  gates[1]?.reject(new RangeError('no'));
  gates[0]?.resolve();
  expect(await results[0]).toBe(0);
  await expect(results[1]).rejects.toThrow(RangeError);
  expect(await results[2]).toBe(2);
  expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'begin 2', 'end 2']);
});

test('runs the first piece at once, and says whether it is busy', async () => {
  const queue = createQueue();
  expect(queue.isBusy()).toBe(false);
  let hasRun = false;
  const work = queue.add(async () => {
    hasRun = true;
  });
  expect([hasRun, queue.isBusy()]).toEqual([true, true]);
  await work;
  await undefined;
  expect(queue.isBusy()).toBe(false);
});

test('what is added while something runs waits for all that was added before', async () => {
  const queue = createQueue();
  const log: number[] = [];
  await queue.add(async () => {
    log.push(1);
    void queue.add(async () => log.push(3));
    await undefined;
    log.push(2);
  });
  await queue.add(async () => log.push(4));
  expect(log).toEqual([1, 2, 3, 4]);
});
