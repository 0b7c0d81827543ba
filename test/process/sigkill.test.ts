// Kills a process that edits stores, at random moments, and looks whether everything it acknowledged is there, and
// nothing by halves. HOLDFAST_KILLS says how often (200), HOLDFAST_SEED takes the printed seed back.

import type {ChildProcess} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {bundleScript, collectOutput} from '../places/child.ts';
import {createFolder} from '../places/folder.ts';
import {createRandom, takeSeed} from '../places/random.ts';
import {contentAfter} from './killed-edits.ts';
import {KILLED_PLACES} from './killed-places.ts';

const KILLS = Number(process.env.HOLDFAST_KILLS ?? 200);
const CHILDREN_AT_ONCE = 3;
/** A folder is begun anew after so many kills, so that its places are killed while they are made, too. */
const KILLS_A_FOLDER = 10;
const MAX_LIFE_MS = 250;

test('[PR1] [PR3] what was acknowledged before a SIGKILL is there after it, and no transaction by halves', async () => {
  const seed = takeSeed('sigkill');
  const folder = createFolder();
  const start = await bundleScript(new URL('./killed-writer.ts', import.meta.url), folder('writer.cjs'));
  const startMs = performance.now();
  let kills = 0;
  let edits = 0;

  const runChain = async (chain: number): Promise<void> => {
    const random = createRandom(seed + chain);
    let acknowledged: number[] = [];
    let place = '';
    for (let count = 0; kills < KILLS; count++) {
      kills++;
      if (count % KILLS_A_FOLDER === 0) {
        place = folder(`${chain}-${count}`);
        mkdirSync(place);
        acknowledged = KILLED_PLACES.map(() => 0);
      }
      const output = await runUntilKilled(start(place), random() ** 2 * MAX_LIFE_MS);
      for (const line of output.split('\n').slice(1, -1)) {
        const [index, k] = line.split(' ').map(Number) as [number, number];
        acknowledged[index] = k;
        edits++;
      }
      for (const [index, {name, open}] of KILLED_PLACES.entries()) {
        const {store, persister, close} = open(place);
        await persister.load();
        await close();
        const found = Number(store.getValue('edit') ?? 0);
        const last = acknowledged[index] as number;
        // One edit more than was acknowledged may be there: the process died before it could say so.
        expect([last, last + 1], `${name} in ${place}`).toContain(found);
        expect(store.getContent(), `${name} in ${place}`).toEqual(contentAfter(found));
        acknowledged[index] = found;
      }
    }
  };

  await Promise.all(Array.from({length: CHILDREN_AT_ONCE}, (_, chain) => runChain(chain)));
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(
    `${kills} kills of ${KILLED_PLACES.length} places each, ${edits} acknowledged edits, ${seconds} s`,
  );
  expect(edits).toBeGreaterThan(KILLS);
}, 3_600_000);

/** Lets a child run for some time after its first word, and resolves with its output when it is dead. */
const runUntilKilled = async (child: ChildProcess, lifeMs: number): Promise<string> => {
  child.stdout?.once('data', () => setTimeout(() => child.kill('SIGKILL'), lifeMs));
  const {output, signal} = await collectOutput(child);
  expect(signal).toBe('SIGKILL');
  return output;
};
