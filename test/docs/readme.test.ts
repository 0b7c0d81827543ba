// Every `js` block of README.md runs, one after another in one scope, and prints what its comments say.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {markdownBlocks} from '../examples/blocks.ts';
import {startExamples} from '../examples/examples.ts';
import {importEntry} from '../examples/package-under-test.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const blocks = markdownBlocks(readFileSync(README, 'utf8'));
const cwd = process.cwd();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(cwd);
  rmSync(folder, {recursive: true, force: true});
});

describe('README.md', () => {
  const toRun = blocks.filter(({language}) => language === 'js');
  const examples = startExamples(toRun, {
    importModule: (specifier) =>
      /^holdfast(\/|$)/.test(specifier)
        ? importEntry(specifier.slice('holdfast/'.length))
        : import(/* @vite-ignore */ specifier),
  });
  for (const {line, subject} of toRun) {
    test(`line ${line}: ${subject}`, () => examples.next());
  }

  test('has no block that nobody runs', () => {
    expect(blocks.filter(({language}) => language !== 'js' && language !== 'sh')).toEqual([]);
  });

  test('gives two commands as CI runs them, and one that test/cli/serve.test.ts runs', () => {
    expect(blocks.filter(({language}) => language === 'sh').map(({code}) => code)).toEqual([
      'npm ci && npm start',
      'npm ci && npm test',
      expect.stringMatching(/^npx holdfast serve .*$/),
    ]);
  });
});
