// Many histories, each of a seed: whatever befalls clients, servers, disks, clocks and networks, replicas come together and nothing is
// lost that was acknowledged. `npm run simulate -- --seeds 5000 --from 17` runs as many as wanted; HOLDFAST_SIM_SEEDS says how many,
// HOLDFAST_SEED from which on, and HOLDFAST_SIM_SEED runs one alone.

import {globSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {takeSeed} from '../places/random.ts';
import type {Breakage} from './breakage.ts';
import {createHistory, describeHistory, type History} from './history.ts';
import {shrink} from './shrink.ts';
import {simulate} from './simulate.ts';

const {HOLDFAST_SIM_SEED, HOLDFAST_SIM_SEEDS} = process.env;
const firstSeed = HOLDFAST_SIM_SEED === undefined ? takeSeed('simulation') : Number(HOLDFAST_SIM_SEED);
const seedCount = HOLDFAST_SIM_SEED === undefined ? Number(HOLDFAST_SIM_SEEDS ?? 1_500) : 1;
const TIMEOUT_MS = 60_000 + seedCount * 100;

/** What must have happened in a run of a thousand histories, lest one of them show less than it says: how often, at least. */
const EXPECTED: {readonly [what: string]: number} = {
  'message lost': 100,
  'message twice': 100,
  'message out of order': 100,
  'message into a partition': 50,
  'message on a broadcast channel': 500,
  'message to a frozen tab': 30,
  'connection lost': 300,
  'frames lost with their connection': 100,
  'frame held up by a partition': 100,
  'socket reconnected by itself': 100,
  'client: edit': 5_000,
  'client: clock': 100,
  'server: clock': 30,
  'edit by a clock years ahead': 5,
  'edit by a clock years back': 5,
  'told sync/clock-ahead': 20,
  'process killed': 100,
  'power lost': 100,
  'write lost that was not synced': 5,
  'process died in a transaction': 5,
  'client: restart': 100,
  'server: restart': 20,
  'server: drained': 10,
  'server: path-closed': 50,
  'server: path-failing': 20,
  'server: path-recovered': 20,
  'disk fault before the operation': 50,
  'disk fault after the operation': 50,
  'operation on a disk that is down': 50,
  'server: compact': 50,
  'deletions forgotten on a disk': 50,
  'told storage/compacted': 2,
  'text swapped by another meanwhile': 100,
  'text of another was merged with': 100,
  'rows of another were merged with': 100,
};

const isWrong = async (history: History, breakage?: Breakage): Promise<boolean> =>
  (await simulate(history, breakage)).faults.length > 0;

/** Fails with the history, as short as it gets, and how to have it again; returns what happened. */
const expectAllWell = async (history: History): Promise<ReadonlyMap<string, number>> => {
  const {faults: firstFaults, counts} = await simulate(history);
  if (firstFaults.length > 0) {
    const short = await shrink(history, isWrong);
    const {faults} = await simulate(short);
    throw new Error(
      [
        `What is wrong behind seed ${history.seed}, made short:`,
        describeHistory(short),
        ...faults,
        `Again: npm run simulate -- --from ${history.seed} --seeds 1`,
        `For test/simulation/regressions: ${JSON.stringify(short)}`,
      ].join('\n'),
    );
  }
  return counts;
};

describe('a simulation', () => {
  const happened = new Map<string, number>();

  test(
    '[SI1] of anything that may befall replicas ends with all of them equal, and nothing acknowledged lost',
    async () => {
      const startMs = performance.now();
      for (let index = 0; index < seedCount; index++) {
        const counts = await expectAllWell(createHistory((firstSeed + index) % 2 ** 31));
        for (const [what, count] of counts) {
          happened.set(what, (happened.get(what) ?? 0) + count);
        }
      }
      console.log(`${seedCount} histories in ${Math.round((performance.now() - startMs) / 1_000)} s`);
    },
    TIMEOUT_MS,
  );

  // Fewer may not have had it all.
  test.skipIf(seedCount < 1_000)(
    '[SI4] of a thousand histories has had whatever may befall them, each thing more than once',
    () => {
      const rare = Object.keys(EXPECTED).filter(
        (what) => (happened.get(what) ?? 0) < (EXPECTED[what] as number),
      );
      expect(rare.map((what) => `${what}: ${happened.get(what) ?? 0}`)).toEqual([]);
    },
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
