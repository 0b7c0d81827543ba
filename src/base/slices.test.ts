import {expect, test} from 'vitest';
import {createPause, forEachGroup, sortInSlices} from './slices.ts';

const countingPause = () => {
  let count = 0;
  return {
    pause: async () => {
      count++;
    },
    count: () => count,
  };
};

test('a pause lets the host in once a slice has been long enough', async () => {
  let nowMs = 0;
  let yields = 0;
  const pause = createPause(
    () => nowMs,
    async () => {
      yields++;
      nowMs += 100;
    },
  );
  await pause();
  nowMs += 7;
  await pause();
  expect(yields).toBe(0);
  nowMs += 1;
  await pause();
  expect(yields).toBe(1);
  await pause();
  expect(yields).toBe(1);
});

test('groups hold every item once, in order', async () => {
  const {pause, count} = countingPause();
  const groups: number[][] = [];
  await forEachGroup([1, 2, 3, 4, 5], 2, pause, (group) => groups.push([...group]));
  expect(groups).toEqual([[1, 2], [3, 4], [5]]);
  expect(count()).toBe(3);
});

test.each([0, 1, 2_047, 2_048, 2_049, 20_000])(
  'sorting %i items in slices sorts them, and keeps equal ones in order',
  async (length) => {
    const {pause, count} = countingPause();
    // The digits of a multiple of the golden ratio are scattered, and the same each time.
    const items = Array.from({length}, (_, index) => ({
      key: Math.floor(((index * 0.618034) % 1) * 500),
      index,
    }));
    const compare = (one: {key: number}, other: {key: number}) => one.key - other.key;
    expect(await sortInSlices(items, compare, pause)).toEqual(items.toSorted(compare));
    expect(count() >= length / 2_048).toBe(true);
  },
);
