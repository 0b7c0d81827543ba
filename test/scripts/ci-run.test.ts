// .ci/run with an `npm` that only says what it is told to.
import {spawnSync} from 'node:child_process';
import {chmodSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {ROOT, treeOf} from './scripts.ts';

type Step = {readonly says: string; readonly code: number};

/** The exit code and the last line of .ci/run, where the steps of npm go like this. */
const ciRun = (
  ci: Step,
  testing: Step,
  checking: Step,
): [code: number | null, lastLine: string | undefined] => {
  const folder = treeOf({});
  const answer = ({says, code}: Step) => `echo '${says}'; exit ${code}`;
  writeFileSync(
    join(folder, 'npm'),
    `#!/bin/sh\ncase "$1" in\nci) ${answer(ci)};;\ntest) ${answer(testing)};;\nrun) ${answer(checking)};;\nesac\n`,
  );
  chmodSync(join(folder, 'npm'), 0o755);
  const {status, stdout} = spawnSync(join(ROOT, '.ci', 'run'), {
    encoding: 'utf8',
    env: {...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`},
  });
  return [status, stdout.trimEnd().split('\n').at(-1)];
};

const installed = {says: 'added 1 package', code: 0};
const tested = {says: '40 passed, 0 failed, 3 skipped', code: 0};
const checked = {says: '9 passed, 0 failed', code: 0};

describe('.ci/run', () => {
  test('adds up', () => {
    expect(ciRun(installed, tested, checked)).toEqual([0, '49 passed, 0 failed']);
  });

  test.each([
    ['a failed test', installed, {says: '39 passed, 1 failed', code: 1}, checked, '48 passed, 1 failed'],
    ['a failed check', installed, tested, {says: '8 passed, 1 failed', code: 1}, '48 passed, 1 failed'],
    ['a failed installation', {says: 'no', code: 1}, tested, checked, '9 passed, 1 failed'],
    ['tests that end without a word', installed, {says: '', code: 1}, checked, '9 passed, 1 failed'],
    ['tests that end well without a word', installed, {says: '', code: 0}, checked, '9 passed, 1 failed'],
    [
      'checks that fail without a count',
      installed,
      tested,
      {says: '9 passed, 0 failed', code: 1},
      '49 passed, 1 failed',
    ],
  ])('fails on %s', (_, ci, testing, checking, lastLine) => {
    expect(ciRun(ci, testing, checking)).toEqual([1, lastLine]);
  });
});
