// Hybrid logical clocks of several replicas that hear of one another, with clocks of the host that stand still, go back, jump, and lie.
// HOLDFAST_RUNS says how many histories.

import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createMergeableStore, getHlcFunctions} from '../../src/entry/index.ts';
import {takeSeed} from '../places/random.ts';

const seed = takeSeed('clocks');
const RUNS = Number(process.env.HOLDFAST_RUNS ?? 10_000);

const NOW = 1_700_000_000_000;
const MAX_AHEAD_MS = 300_000;
const MAX_COUNTER = 2 ** 24 - 1;
const YEARS_MS = 5 * 365 * 86_400_000;

type Step =
  | {readonly kind: 'next'; readonly who: number; readonly count: number}
  | {readonly kind: 'tick'; readonly who: number; readonly byMs: number}
  /** Hears of the last stamp of another. */
  | {readonly kind: 'hear'; readonly who: number; readonly from: number}
  /** Hears of a stamp that nobody here made. */
  | {
      readonly kind: 'foreign';
      readonly who: number;
      readonly aheadMs: number;
      readonly counter: number;
      readonly isBroken: boolean;
    };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('next' as const),
      who,
      count: fc.constantFrom(1, 1, 2, 70),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      who,
      byMs: fc.constantFrom(1, 2, 1_000, -1, -60_000, 400_000, -YEARS_MS, YEARS_MS),
    }),
  },
  {weight: 3, arbitrary: fc.record({kind: fc.constant('hear' as const), who, from: who})},
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      who,
      aheadMs: fc.constantFrom(-1_000, 0, 1, MAX_AHEAD_MS - 1, MAX_AHEAD_MS, MAX_AHEAD_MS + 1, YEARS_MS),
      counter: fc.constantFrom(0, 1, 63, MAX_COUNTER - 1, MAX_COUNTER),
      isBroken: fc.integer({min: 0, max: 4}).map((lot) => lot === 0),
    }),
  },
);

test('[ME1] of several replicas: each stamp is later than all that its maker made or followed, none is given twice, and no clock runs away', () => {
  fc.assert(
    fc.property(fc.array(step, {maxLength: 25}), (steps) => {
      const nows = [NOW, NOW, NOW + 100_000];
      const latestNows = [...nows];
      const clocks = nows.map((_, index) => getHlcFunctions(`replica ${index}`, () => nows[index] as number));
      const lasts = ['', '', ''];
      const made = new Set<string>();
      for (const each of steps) {
        const clock = clocks[each.who] as (typeof clocks)[0];
        const [getNextHlc, seenHlc, encodeHlc, decodeHlc, getTime, getCounter] = clock;
        const now = nows[each.who] as number;
        if (each.kind === 'tick') {
          nows[each.who] = now + each.byMs;
        } else if (each.kind === 'next') {
          latestNows[each.who] = Math.max(latestNows[each.who] as number, now);
          for (let count = 0; count < each.count; count++) {
            const stamp = getNextHlc();
            expect(stamp > (lasts[each.who] as string)).toBe(true);
            expect(stamp).toMatch(/^[-\w]{16}$/);
            expect(made.has(stamp)).toBe(false);
            made.add(stamp);
            lasts[each.who] = stamp;
            expect(decodeHlc(stamp).slice(0, 2)).toEqual([getTime(), getCounter()]);
            expect(getTime()).toBeGreaterThanOrEqual(now);
          }
        } else {
          const heard =
            each.kind === 'hear'
              ? (lasts[each.from] as string)
              : encodeHlc(now + each.aheadMs, each.counter, 'foreign').slice(each.isBroken ? 1 : 0);
          const before = [getTime(), getCounter()];
          const isFollowed = heard.length === 16 && decodeHlc(heard)[0] <= now + MAX_AHEAD_MS;
          seenHlc(heard);
          if (isFollowed) {
            latestNows[each.who] = Math.max(latestNows[each.who] as number, now);
            lasts[each.who] = [heard, lasts[each.who] as string].sort()[1] as string;
          } else {
            expect([getTime(), getCounter()]).toEqual(before);
          }
        }
        // A full counter carries into the time: by one millisecond, however often others fill it.
        const fullMs = steps.length;
        expect(getTime()).toBeLessThanOrEqual((latestNows[each.who] as number) + MAX_AHEAD_MS + fullMs);
      }
    }),
    {seed, numRuns: RUNS},
  );
});

test('[ME1] however many events one millisecond has, stamps rise, and the time stays until the counter is full', () => {
  const [getNextHlc, seenHlc, encodeHlc, decodeHlc] = getHlcFunctions('busy', () => NOW);
  let last = '';
  for (let count = 0; count < 300_000; count++) {
    const stamp = getNextHlc();
    if (stamp <= last) expect.fail(`${stamp} is not later than ${last}`);
    last = stamp;
  }
  expect(decodeHlc(last).slice(0, 2)).toEqual([NOW, 299_999]);
  seenHlc(encodeHlc(NOW, MAX_COUNTER - 1, 'other'));
  expect([getNextHlc(), getNextHlc(), getNextHlc()].map((stamp) => decodeHlc(stamp).slice(0, 2))).toEqual([
    [NOW, MAX_COUNTER],
    [NOW + 1, 0],
    [NOW + 1, 1],
  ]);
});

test('[ME1] a store whose clock is set back years goes on behind its own last edit, and one set ahead years is not followed', () => {
  let now = NOW;
  const store = createMergeableStore('store', () => now);
  const stampOf = (of: typeof store): string => of.getMergeableContent()[1][0].v?.[1] as string;
  const stamps = [NOW, NOW - YEARS_MS, NOW - YEARS_MS + 1, NOW + 1].map((at, index) => {
    now = at;
    store.setValue('v', index);
    return stampOf(store);
  });
  expect(stamps).toEqual([...stamps].sort());
  expect(new Set(stamps).size).toBe(stamps.length);

  const ahead = createMergeableStore('ahead', () => NOW + YEARS_MS).setValue('v', 'from the future');
  store.merge(ahead);
  expect(store.getValue('v')).toBe(3);
  expect(ahead.getValue('v')).toBe('from the future');
  store.setValue('v', 4);
  const [, , , decodeHlc] = getHlcFunctions();
  expect(decodeHlc(stampOf(store))[0]).toBe(NOW + 1);
});

test('[ME1] a clock with fractions of milliseconds gives stamps later than those of others in its millisecond', () => {
  const other = getHlcFunctions('zzz', () => NOW);
  const [getNextHlc, seenHlc] = getHlcFunctions('fractions', () => NOW + 0.7);
  let last = getNextHlc();
  for (let count = 0; count < 5; count++) {
    other[1](last);
    const seen = other[0]();
    seenHlc(seen);
    last = getNextHlc();
    expect(last > seen).toBe(true);
  }
});
