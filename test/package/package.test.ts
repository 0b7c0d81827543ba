// The package as it would be published: packed, installed into an empty project, and used under each supported Node.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {componentFolder} from '../components/component.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const {exports: published} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
// A server in a Durable Object extends a class of its host's: it is there alone.
const subpaths = Object.keys(published)
  .filter((path) => !path.endsWith('-durable-object'))
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => `holdfast${subpath.slice(1)}`);

type Runtime = {readonly name: string; readonly path: () => string};
const component = (name: string) => () => join(componentFolder('nodes'), 'node_modules', name, 'bin', 'node');
const RUNTIMES: readonly Runtime[] = [
  {name: 'Node 20', path: component('node20')},
  {name: 'Node 22', path: component('node22')},
  {name: 'Node 24', path: () => process.execPath},
];

type PersisterKind = {
  readonly kind: string;
  /** Where the package that it needs is installed. */
  readonly packagePath: () => string;
  readonly skip?: {readonly [runtime: string]: string};
};
const PERSISTERS: readonly PersisterKind[] = [
  {kind: 'file', packagePath: () => ''},
  {kind: 'sqlite-node', packagePath: () => '', skip: {'Node 20': 'Node 20 has no node:sqlite'}},
  {
    kind: 'better-sqlite3',
    packagePath: () => join(ROOT, 'package.json'),
    skip: {'Node 20': 'better-sqlite3 13 does not run on Node 20'},
  },
  {kind: 'sqlite3', packagePath: () => `${componentFolder('sqlite3')}package.json`},
  {
    kind: 'sqlite-wasm',
    packagePath: () => `${componentFolder('sqlite-wasm')}package.json`,
    skip: {'Node 20': 'sqlite-wasm wants Node 22'},
  },
  {kind: 'libsql', packagePath: () => `${componentFolder('libsql')}package.json`},
];

const project = mkdtempSync(join(tmpdir(), 'holdfast-consumer-'));
const run = (command: string, args: readonly string[], cwd = project): string => {
  const {status, signal, stdout, stderr, error} = spawnSync(command, args, {cwd, encoding: 'utf8'});
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}\n${error?.message ?? signal ?? ''}\n${stdout}${stderr}`);
  }
  return stdout;
};

beforeAll(() => {
  run(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], ROOT);
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], ROOT);
  const [tarball = ''] = readdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`]);
  cpSync(join(ROOT, 'test', 'package', 'consumer'), project, {recursive: true});
});
afterAll(() => rmSync(project, {recursive: true, force: true}));

describe('the packed package', () => {
  test('installs nothing but itself', () => {
    const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['holdfast']);
  });

  test('holds what it publishes, and neither tests nor sources', () => {
    const files = readdirSync(join(project, 'node_modules', 'holdfast'), {recursive: true}).map(String);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files.filter((path) => /\.test\.|(^|\/)(src|test)\/|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test('has declarations that resolve and guard', () => {
    const options = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022', '--types', ''];
    run(join(ROOT, 'node_modules', '.bin', 'tsc'), [
      ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'],
      ...options,
      'types.ts',
    ]);
  });
});

describe.each(RUNTIMES)('the packed package under $name', ({name, path}) => {
  test('imports every subpath without any other package', () => {
    expect(run(path(), ['imports.mjs', ...subpaths])).toBe(`${subpaths.length} subpaths\n`);
  });

  test('keeps a store', () => {
    expect(JSON.parse(run(path(), ['store.mjs']))).toEqual([
      [{pets: {fido: {species: 'dog', sold: true}}}, {}],
      [
        ['fido', false],
        ['fido', true],
      ],
      true,
    ]);
  });

  test('certifies a driver of one’s own', (context) => {
    if (name === 'Node 20') {
      context.skip('the example’s database is node:sqlite, which Node 20 has not');
    }
    const args = ['--test', '--test-reporter=tap', join('own-driver', 'certify.mjs')];
    const report = run(path(), args);
    const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(report)?.[1]);
    expect([count('fail'), count('cancelled'), count('skipped')]).toEqual([0, 0, 1]);
    expect(count('pass')).toBeGreaterThan(80);
  });

  for (const {kind, packagePath, skip} of PERSISTERS) {
    test(`saves and loads with persister-${kind}`, (context) => {
      const reason = skip?.[name];
      if (reason !== undefined) {
        context.skip(reason);
      }
      expect(JSON.parse(run(path(), ['persister.mjs', kind, packagePath()]))).toEqual([
        {pets: {fido: {species: 'dog', sold: true}}},
        {open: true},
      ]);
    });
  }
});
