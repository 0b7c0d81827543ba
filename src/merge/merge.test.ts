// Clocks and hashes against the real package: the same stamps and the same numbers, or replicas would not converge.

import fc from 'fast-check';
import * as tinybase from 'tinybase';
import {describe, expect, test} from 'vitest';
import * as hashes from './hash.ts';
import {getHlcFunctions} from './hlc.ts';

const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
console.log(`HOLDFAST_SEED=${SEED} (clocks and hashes)`);
const check = (property: fc.IRawProperty<unknown, false>) => fc.assert(property, {seed: SEED, numRuns: 500});

describe('hashes', () => {
  test('[ME2] of texts are those of TinyBase', () => {
    check(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        expect(hashes.getHash(text)).toBe(tinybase.getHash(text));
      }),
    );
    expect(hashes.getHash('\uD83D')).toBe(tinybase.getHash('\uD83D'));
    expect(hashes.getHash('')).toBe(0x811c9dc5);
  });

  test('[ME2] of cells, rows, tables and values are those of TinyBase', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.double({noNaN: true, noDefaultInfinity: true}),
      fc.boolean(),
      fc.constant(null),
    );
    check(
      fc.property(
        cell,
        fc.string(),
        fc.nat(2 ** 32 - 1),
        fc.dictionary(fc.string(), fc.nat(2 ** 32 - 1)),
        (thing, id, hash, children) => {
          expect(hashes.getCellHash(thing, id)).toBe(tinybase.getCellHash(thing, id));
          expect(hashes.getValueHash(thing, id)).toBe(tinybase.getValueHash(thing, id));
          expect(hashes.getCellInRowHash(id, hash)).toBe(tinybase.getCellInRowHash(id, hash));
          expect(hashes.getRowHash(children)).toBe(tinybase.getRowHash(children));
          expect(hashes.getRowInTableHash(id, hash)).toBe(tinybase.getRowInTableHash(id, hash));
          expect(hashes.getTableHash(children)).toBe(tinybase.getTableHash(children));
          expect(hashes.getTableInTablesHash(id, hash)).toBe(tinybase.getTableInTablesHash(id, hash));
          expect(hashes.getTablesHash(children)).toBe(tinybase.getTablesHash(children));
          expect(hashes.getValueInValuesHash(id, hash)).toBe(tinybase.getValueInValuesHash(id, hash));
          expect(hashes.getValuesHash(children)).toBe(tinybase.getValuesHash(children));
          expect(hashes.addOrRemoveHash(hashes.addOrRemoveHash(hash, 7), 7)).toBe(hash);
        },
      ),
    );
    expect(hashes.getCellHash(undefined, 'x')).toBe(tinybase.getCellHash(undefined, 'x'));
  });
});

describe('clocks', () => {
  type Step =
    | {readonly kind: 'next'}
    | {readonly kind: 'tick'; readonly byMs: number}
    | {readonly kind: 'seen'; readonly aheadMs: number; readonly counter: number};
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.constant({kind: 'next'} as const),
    fc.record({kind: fc.constant('tick' as const), byMs: fc.integer({min: -2_000, max: 5_000})}),
    fc.record({
      kind: fc.constant('seen' as const),
      aheadMs: fc.oneof(fc.integer({min: -5_000, max: 5_000}), fc.integer({min: 299_990, max: 300_010})),
      counter: fc.oneof(fc.nat(5), fc.integer({min: 2 ** 24 - 3, max: 2 ** 24 - 1})),
    }),
  );

  test('[ME1] give the stamps that TinyBase gives, whatever they have seen', () => {
    check(
      fc.property(fc.string(), fc.array(step, {maxLength: 30}), (clientId, steps) => {
        let now = 1_700_000_000_000;
        const ours = getHlcFunctions(clientId, () => now);
        const theirs = tinybase.getHlcFunctions(clientId, () => now);
        expect(ours[6]()).toBe(theirs[6]());
        for (const each of steps) {
          if (each.kind === 'tick') {
            now += each.byMs;
          } else if (each.kind === 'seen') {
            const remote = theirs[2](now + each.aheadMs, each.counter, 'other');
            expect(ours[2](now + each.aheadMs, each.counter, 'other')).toBe(remote);
            expect(ours[3](remote)).toEqual(theirs[3](remote));
            ours[1](remote);
            theirs[1](remote);
          } else {
            expect(ours[0]()).toBe(theirs[0]());
          }
          expect([ours[4](), ours[5]()]).toEqual([theirs[4](), theirs[5]()]);
        }
      }),
    );
  });

  test('[ME1] stamps rise as strings, and a counter that is full carries into the time', () => {
    const [getNextHlc, seenHlc, encodeHlc, decodeHlc] = getHlcFunctions('client', () => 1_000);
    seenHlc(encodeHlc(1_000, 2 ** 24 - 2, 'other'));
    const stamps = Array.from({length: 4}, getNextHlc);
    expect(stamps).toEqual([...stamps].sort());
    expect(stamps.map((stamp) => decodeHlc(stamp).slice(0, 2))).toEqual([
      [1_000, 2 ** 24 - 1],
      [1_001, 0],
      [1_001, 1],
      [1_001, 2],
    ]);
  });

  test('[ME1] what is no stamp, or more than five minutes ahead, is not followed', () => {
    const [, seenHlc, encodeHlc, , getLastLogicalTime, getLastCounter] = getHlcFunctions(
      'client',
      () => 1_000,
    );
    for (const bad of [
      '',
      'x',
      '!'.repeat(16),
      'a'.repeat(17),
      null,
      undefined,
      7,
      encodeHlc(301_001, 0, 'other'),
    ]) {
      seenHlc(bad as string);
    }
    expect([getLastLogicalTime(), getLastCounter()]).toEqual([0, -1]);
    seenHlc(encodeHlc(301_000, 3, 'other'));
    expect([getLastLogicalTime(), getLastCounter()]).toEqual([301_000, 3]);
  });
});
