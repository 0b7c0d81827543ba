// Runs the tests that are for Bun (`*.bun.test.ts`) under a real Bun, as a child process.
import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {componentFolder} from '../components/component.ts';
import {collectOutput} from '../places/child.ts';
import {createFolder} from '../places/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What vitest's reporter `json` writes, as far as it is read here. */
type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

test('the driver of bun:sqlite passes every suite under Bun', async (context) => {
  const bun = `${componentFolder('bun')}node_modules/@oven/bun-linux-x64/bin/bun`;
  if (!existsSync(bun)) {
    context.skip('this Bun comes for Linux on x86-64 alone');
  }
  const args = ['--bun', 'node_modules/vitest/vitest.mjs', 'run', '--config', 'test/bun/vitest.config.ts'];
  const reportPath = createFolder()('report.json');
  const child = spawn(bun, [...args, '--reporter=json', `--outputFile=${reportPath}`], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await collectOutput(child);
  const report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report;
  const failures = report.testResults.flatMap(({message, assertionResults}) => [
    ...(message === '' ? [] : [message]),
    ...assertionResults
      .filter(({status}) => status === 'failed')
      .map(({fullName, failureMessages}) => `${fullName}: ${failureMessages[0]}`),
  ]);
  expect(failures).toEqual([]);
  expect(report.numFailedTests).toBe(0);
  expect(report.numPassedTests).toBeGreaterThan(80);
});
