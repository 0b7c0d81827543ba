import {join} from 'node:path';
import {expect, test} from 'vitest';
import {ROOT} from './scripts.ts';

const {describeMatrix} = (await import(/* @vite-ignore */ join(ROOT, 'scripts', 'matrix.mjs'))) as {
  describeMatrix(
    tests: readonly {suite: string; title: string; state: string; note?: string}[],
  ): readonly string[];
};

test('the matrix has a row a driver and a column a rule, with the reason of each skip', () => {
  const passed = {state: 'passed'};
  const lines = describeMatrix([
    {suite: 'driver one', title: '[DR1] answers', ...passed},
    {suite: 'driver one', title: '[CN10] waits', state: 'skipped', note: 'it has no lock'},
    {suite: 'driver one', title: '[CN10] and says so', ...passed},
    {suite: 'driver another', title: '[DR1] [CN9] answers', state: 'failed'},
    {suite: 'storage json over one', title: '[SG1] reads', ...passed},
    {suite: 'storage rows over one', title: '[SG1] reads', state: 'skipped', note: 'no room'},
    {suite: 'storage json over another', title: '[SG1] reads', state: 'skipped', note: 'it has no lock'},
    {suite: 'something else', title: '[SG1] reads', ...passed},
    {suite: 'driver one', title: 'a test of no rule', ...passed},
  ]);
  expect(lines).toEqual([
    '',
    ' Drivers, alone and under a connection',
    '            CN9 CN10 DR1',
    '   another  !        !',
    '   one          +a   +',
    '',
    ' Storages, in every layout',
    '            SG1',
    '   another  a',
    '   one      +b',
    '',
    ' + passed, ! failed; a letter: a test of the rule was skipped there, + beside it: others passed',
    '   a  it has no lock',
    '   b  no room',
  ]);
});

test('there is no matrix where no suite ran', () => {
  expect(describeMatrix([{suite: '', title: '[ST1] sets a cell', state: 'passed'}])).toEqual([]);
});
