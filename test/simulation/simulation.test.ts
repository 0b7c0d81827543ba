// Many histories, each of a seed: whatever befalls clients, servers, disks, clocks and networks, replicas come together and nothing is
// lost that was acknowledged. HOLDFAST_SIM_SEEDS says how many, HOLDFAST_SIM_SEED runs one alone.

import {globSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {takeSeed} from '../places/random.ts';
import type {Breakage} from './breakage.ts';
import {createHistory, describeHistory, type History} from './history.ts';
import {shrink} from './shrink.ts';
import {simulate} from './simulate.ts';

const {HOLDFAST_SIM_SEED, HOLDFAST_SIM_SEEDS} = process.env;
const firstSeed = HOLDFAST_SIM_SEED === undefined ? takeSeed('simulation') : Number(HOLDFAST_SIM_SEED);
const seedCount = HOLDFAST_SIM_SEED === undefined ? Number(HOLDFAST_SIM_SEEDS ?? 2_000) : 1;
const TIMEOUT_MS = 60_000 + seedCount * 100;

const isWrong = async (history: History, breakage?: Breakage): Promise<boolean> =>
  (await simulate(history, breakage)).faults.length > 0;

/** Fails with the history, as short as it gets, and how to have it again. */
const expectAllWell = async (history: History): Promise<void> => {
  if (await isWrong(history)) {
    const short = await shrink(history, isWrong);
    const {faults} = await simulate(short);
    throw new Error(
      [
        `What is wrong behind seed ${history.seed}, made short:`,
        describeHistory(short),
        ...faults,
        `Again: HOLDFAST_SIM_SEED=${history.seed} npm test -- test/simulation`,
        `For test/simulation/regressions: ${JSON.stringify(short)}`,
      ].join('\n'),
    );
  }
};

describe('a simulation', () => {
  test(
    '[SI1] of anything that may befall replicas ends with all of them equal, and nothing acknowledged lost',
    async () => {
      const startMs = performance.now();
      for (let index = 0; index < seedCount; index++) {
        await expectAllWell(createHistory((firstSeed + index) % 2 ** 31));
      }
      console.log(`${seedCount} histories in ${Math.round((performance.now() - startMs) / 1_000)} s`);
    },
    TIMEOUT_MS,
  );

  const regressions = globSync('regressions/*.json', {cwd: import.meta.dirname});
  test.each(regressions)('[SI1] of what once went wrong ends well: %s', async (name) => {
    await expectAllWell(JSON.parse(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')));
  });

  test('[SI2] of one seed is always the same', async () => {
    for (let index = 0; index < 20; index++) {
      const history = createHistory(firstSeed + index);
      const [one, other] = [await simulate(history), await simulate(history)];
      expect(other.trace).toEqual(one.trace);
      expect(other.digest).toBe(one.digest);
    }
    const digests = [1, 2, 3].map(async (seed) => (await simulate(createHistory(seed))).digest);
    expect(new Set(await Promise.all(digests)).size).toBe(3);
  });
});

describe('what is broken on purpose', () => {
  test.each<[what: string, breakage: Breakage]>([
    ['disks that acknowledge before they synced', {acknowledgesEarly: true}],
    ['disks that write over what others wrote', {writesBlindly: true}],
    ['stores that prefer the earlier stamp', {prefersEarlier: true}],
    ['clients that ask for nothing when they connect again', {asksNobodyAgain: true}],
    ['stores that do not hand deletions on', {hidesDeletions: true}],
  ])(
    '[SI3] is found, and made short: %s',
    async (what, breakage) => {
      for (let seed = 0; seed < 300; seed++) {
        const history = createHistory(seed);
        if (await isWrong(history, breakage)) {
          const short = await shrink(history, (candidate) => isWrong(candidate, breakage));
          console.log(`${what}: found behind ${seed + 1} seeds\n${describeHistory(short)}`);
          expect(short.ops.length).toBeLessThan(10);
          return;
        }
      }
      expect.fail('300 seeds did not find it');
    },
    TIMEOUT_MS,
  );
});
