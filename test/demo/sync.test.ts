// `npm start`, as a user of a pipe sees it: the story of two clients and a server that dies.

import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {beforeAll, describe, expect, test} from 'vitest';
import {createFolder} from '../places/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]).status).toBe(0);
});

const start = (folder: string, ...args: readonly string[]) => {
  const {status, stdout, stderr} = spawnSync(
    process.execPath,
    [join(ROOT, 'demo', 'sync', 'main.mjs'), ...args],
    // Temporary folders of its own, so that what is left behind is seen.
    {encoding: 'utf8', cwd: folder, env: {...process.env, CI: 'true', TMPDIR: folder}, timeout: 100_000},
  );
  return {code: status, output: stdout + stderr};
};

describe('npm start', {timeout: 120_000}, () => {
  test('tells the whole story: everybody finds back alone, holds the same, and nothing is left behind', () => {
    const folder = createFolder();
    const {code, output} = start(folder('.'));
    for (const line of [
      'Bob is back by himself.',
      'Both are back by themselves, and hold the same',
      'Cleo has, from the server alone: apples 6, milk 4, pears 5, plums 8.',
      'It stored what it had, saw Cleo off, and ended with code 0.',
      'All hold the same: nothing is lost.',
    ]) {
      expect(output).toContain(line);
    }
    const hashes = [...output.matchAll(/^ {2}(Ada|Bob|Cleo|rooms\.db) +(\d+-\d+)$/gm)];
    expect(hashes.map(([, name]) => name).sort()).toEqual(['Ada', 'Bob', 'Cleo', 'rooms.db']);
    expect(new Set(hashes.map(([, , hash]) => hash)).size).toBe(1);
    expect(hashes[0]?.[2]).not.toBe('0-0');
    expect(output).not.toContain('\u001b');
    expect(output).not.toContain('ExperimentalWarning');
    expect(code).toBe(0);
    expect(readdirSync(folder('.'))).toEqual([]);
  });

  test('names an option that there is not', () => {
    const {code, output} = start(createFolder()('.'), '--data', 'x');
    expect(output).toContain("Unknown option '--data'");
    expect(output).not.toContain('    at ');
    expect(code).toBe(1);
  });
});
