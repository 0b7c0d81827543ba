// The real tinybase as an oracle: random sequences of calls on both stores, with every kind of listener attached, must give the same
// content, the same JSON, the same calls of listeners with the same arguments, the same returns and the same errors.
// STORE_SEED=<number> repeats a run; STORE_RUNS=<number> makes it longer.

import fc from 'fast-check';
import * as tinybase from 'tinybase';
import {expect, test} from 'vitest';
import {createStore} from '../../src/entry/index.ts';
import {
  type AnyStore,
  type Attachment,
  attachListeners,
  attachThrowers,
  attachWriters,
  show,
} from './attach-listeners.ts';
import {type Call, perform, randomCalls} from './random-calls.ts';

const seed = Number(process.env.STORE_SEED ?? Date.now() % 0x7fffffff);
const numRuns = Number(process.env.STORE_RUNS ?? 400);

const play = (store: AnyStore, sequence: readonly Call[], attachMore?: typeof attachWriters): string[] => {
  const lines: string[] = [];
  const attachment: Attachment = {store, lines};
  attachListeners(attachment);
  attachMore?.(attachment);
  for (const call of sequence) {
    lines.push(`# ${show(call)}`);
    lines.push(perform(store, call));
    lines.push(store.getJson(), JSON.stringify(store.getContent()));
    lines.push(
      JSON.stringify(
        store.getTableIds().map((id: string) => [id, store.getTableCellIds(id), store.getRowIds(id)]),
      ),
    );
  }
  return lines;
};

test.each(['with objects and schemas', 'with roll-backs', 'with junk'] as const)(
  '[ST1] random calls %s do what they do on the real tinybase',
  (kind) => {
    console.log(`STORE_SEED=${seed} STORE_RUNS=${numRuns}`);
    fc.assert(
      fc.property(randomCalls(kind), (sequence) => {
        const ours = play(createStore() as unknown as AnyStore, sequence);
        const theirs = play(tinybase.createStore() as unknown as AnyStore, sequence);
        expect(ours).toEqual(theirs);
      }),
      {seed, numRuns},
    );
  },
);

test.each([
  ['write', attachWriters],
  ['throw', attachThrowers],
])('[ST1] random calls with listeners that %s do what they do on the real tinybase', (_, attachMore) => {
  fc.assert(
    fc.property(randomCalls('with roll-backs'), (sequence) => {
      const ours = play(createStore() as unknown as AnyStore, sequence, attachMore);
      const theirs = play(tinybase.createStore() as unknown as AnyStore, sequence, attachMore);
      expect(ours).toEqual(theirs);
    }),
    {seed, numRuns},
  );
});
