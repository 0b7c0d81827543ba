// `npm run demo:persistence`, as a user of a pipe sees it.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {fileURLToPath} from 'node:url';
import {beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {createStore} from '../../src/entry/index.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]).status).toBe(0);
});

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
};

const start = (...args: readonly string[]): {code: number | null; output: string} => {
  const program = join(ROOT, 'demo', 'persistence', 'main.mjs');
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: {...process.env, CI: 'true'},
  });
  return {code: status, output: stdout + stderr};
};

const writeCutDatabase = (path: string): void => {
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE numbers (n); PRAGMA user_version = 1;');
  db.exec('INSERT INTO numbers SELECT hex(randomblob(50000))');
  db.close();
  truncateSync(path, 8192);
};

const writeOtherCities = async (path: string): Promise<void> => {
  const db = new DatabaseSync(path);
  const store = createStore().setTables({cities: {1: {title: 'Paris'}}});
  const persister = createSqliteNodePersister(store, db, {mode: 'rows'});
  await persister.save();
  await persister.destroy();
  db.close();
};

// Every test runs the whole demo, once or twice.
describe('npm run demo:persistence', {timeout: 180_000}, () => {
  test('tells the whole story, and starts from the file the second time', () => {
    const folder = newFolder();
    const first = start('--data', folder);
    expect(first.output).toContain('this is the first run');
    expect(first.output).toMatch(/saving: 135,233 of 135,233 rows/);
    expect(first.output).toMatch(/All [\d,]{2,} acknowledged edits are there: none is lost/);
    expect(first.code).toBe(0);

    const second = start('--data', folder);
    expect(second.output).toContain('of an earlier run, and started from it');
    expect(second.output).toMatch(/All [\d,]{2,} acknowledged edits are there: none is lost/);
    expect(second.output).not.toContain('The first save');
    expect(second.code).toBe(0);

    for (const {output} of [first, second]) {
      expect(output).not.toContain('\u001b');
      expect(output).not.toContain('\r');
      expect(output).not.toContain('ExperimentalWarning');
    }
  });

  const broken: readonly [what: string, make: (path: string) => void | Promise<void>, reason: RegExp][] = [
    [
      'a file that is no database',
      (path) => writeFileSync(path, 'No database. '.repeat(1000)),
      /file is not a database/,
    ],
    ['a database that was cut', writeCutDatabase, /malformed|freelist|page/],
    [
      'a file of another version',
      writeOtherCities,
      /its cities have no name, country, population, latitude, longitude/,
    ],
  ];
  test.each(broken)('puts %s aside, and says so', async (_, make, reason) => {
    const folder = newFolder();
    await make(join(folder, 'cities.sqlite'));
    const {code, output} = start('--data', folder);
    expect(output).toMatch(new RegExp(`cities\\.sqlite could not be used: .*${reason.source}`));
    expect(output).toMatch(/It is kept as .*cities\.sqlite\.unusable-1/);
    expect(output).toContain('this is the first run');
    expect(readdirSync(folder)).toContain('cities.sqlite.unusable-1');
    expect(code).toBe(0);
  });

  test('names a misspelt option', () => {
    const {code, output} = start('--dta', 'x');
    expect(output).toContain("Unknown option '--dta'");
    expect(output).not.toContain('    at ');
    expect(code).toBe(1);
  });
});
