import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test, vi} from 'vitest';
import {ROOT, treeOf} from './scripts.ts';

type Reporter = new () => {onTestRunEnd(modules: readonly object[], errors: readonly object[]): void};

const moduleOf = (name: string, state: string, results: readonly {state: string; note?: string}[]) => ({
  relativeModuleId: name,
  state: () => state,
  children: {
    allTests: () =>
      results.map((result, index) => ({name: 'test', fullName: `test ${index}`, result: () => result})),
  },
});

test('the reporter counts, and gives the reasons of what was skipped', async () => {
  const {default: TestReporter} = (await import(
    /* @vite-ignore */ join(ROOT, 'scripts', 'test-reporter.mjs')
  )) as {
    default: Reporter;
  };
  const file = join(treeOf({}), 'counts.json');
  vi.stubEnv('HOLDFAST_COUNTS_FILE', file);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    new TestReporter().onTestRunEnd(
      [
        moduleOf('a.test.ts', 'failed', [
          {state: 'passed'},
          {state: 'failed'},
          {state: 'skipped', note: 'no such host'},
        ]),
        moduleOf('cannot-be-loaded.test.ts', 'failed', []),
        moduleOf('b.test.ts', 'passed', [{state: 'passed'}]),
      ],
      [new Error('thrown outside of a test')],
    );
    expect(log.mock.calls.join()).toContain('1 skipped: no such host\n   a.test.ts: test 2');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({passed: 2, failed: 3, skipped: 1});
  } finally {
    log.mockRestore();
    vi.unstubAllEnvs();
  }
});
