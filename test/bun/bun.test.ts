// The tests that are for Bun (`*.bun.test.ts`), run under a real Bun as a child process, each told as one of Vitest's.

import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {componentFolder} from '../components/component.ts';
import {collectOutput} from '../places/child.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Report {
  readonly results: readonly {
    readonly suite: string;
    readonly title: string;
    readonly state: 'passed' | 'failed' | 'skipped';
    readonly note?: string;
    readonly message?: string;
  }[];
  readonly errors: readonly string[];
}

const bun = `${componentFolder('bun')}node_modules/@oven/bun-linux-x64/bin/bun`;

const runUnderBun = async (): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bun-'));
  const file = join(folder, 'report.json');
  try {
    const args = ['--bun', 'node_modules/vitest/vitest.mjs', 'run', '--config', 'test/bun/vitest.config.ts'];
    const child = spawn(bun, [...args, '--reporter=./test/bun/reporter.mjs'], {
      cwd: ROOT,
      env: {...process.env, HOLDFAST_REPORT_FILE: file},
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await collectOutput(child);
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
};

if (existsSync(bun)) {
  const {results, errors} = await runUnderBun();
  test('the suites run under Bun', () => {
    expect(errors).toEqual([]);
    expect(results.filter(({state}) => state === 'passed').length).toBeGreaterThan(80);
  });
  for (const suite of new Set(results.map((result) => result.suite))) {
    describe(suite === '' ? 'under Bun' : suite, () => {
      for (const {title, state, note, message} of results.filter((result) => result.suite === suite)) {
        test(title, (context) => {
          state === 'skipped' && context.skip(note);
          expect(message).toBeUndefined();
        });
      }
    });
  }
} else {
  test('the suites run under Bun', (context) => context.skip('this Bun comes for Linux on x86-64 alone'));
}
