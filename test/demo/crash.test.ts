// The demo's own check must be able to say that something is lost.
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {createStore} from '../../src/entry/index.ts';

type Edit = {readonly rowId: string; readonly population: number};
const CRASH = join(fileURLToPath(new URL('../..', import.meta.url)), 'demo', 'persistence', 'crash.mjs');

test('finds acknowledged edits that are older than acknowledged, and rows that are gone', async () => {
  const {findLost} = (await import(/* @vite-ignore */ CRASH)) as {
    findLost: (store: object, acknowledged: readonly Edit[]) => Edit[];
  };
  const store = createStore().setTable('cities', {
    1: {population: 5},
    2: {population: 5},
    3: {population: 5},
  });
  const acknowledged = [
    {rowId: '1', population: 5},
    {rowId: '2', population: 6},
    {rowId: '3', population: 4},
    {rowId: '4', population: 1},
  ];
  expect(findLost(store, acknowledged)).toEqual([acknowledged[1], acknowledged[3]]);
});
