// `holdfast serve` as a process of its own, with clients of Holdfast's and TinyBase's.

import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {get} from 'node:http';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {fileURLToPath} from 'node:url';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {WebSocket} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {componentFolder} from '../components/component.ts';
import {createFolder} from '../places/folder.ts';
import {postgresSkipReason, startPostgres} from '../places/postgres.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'cli', 'main.js');

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]).status).toBe(0);
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
  readonly ended: Promise<{readonly code: number | null; readonly signal: string | null}>;
}

test('[CL1] the command of the README starts a server', async () => {
  const folder = createFolder();
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, words = ''] = /^npx holdfast serve (.+)$/m.exec(readme) ?? [];
  const env = {...process.env, TOKEN: 'secret'};
  const spoken = execFileSync('sh', ['-c', `printf '%s\\n' ${words}`], {env, encoding: 'utf8'});
  const running = await start(spoken.trimEnd().split('\n'), folder());
  const store = createMergeableStore();
  const socket = new WebSocket(`${running.url}/todos/pets?token=secret`);
  const synchronizer = await createWsSynchronizer(store, socket as never);
  await synchronizer.startSync();
  store.setCell('pets', 'fido', 'age', 3);
  await synchronizer.destroy();
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({code: 0, signal: null});
  expect(existsSync(folder('rooms.db'))).toBe(true);
});

/** Starts the program; resolves once it says where it is. */
const start = async (args: readonly string[], cwd: string, environment: object = {}): Promise<Running> => {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--log', 'json', ...args], {
    cwd,
    env: {...process.env, ...environment},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  const ended = new Promise<{code: number | null; signal: string | null}>((resolve) => {
    child.once('close', (code, signal) => resolve({code, signal}));
  });
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: string): void => {
      output += text;
      const [, found] = /"url":"(ws:[^"]+)"/.exec(output) ?? [];
      found === undefined || resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    void ended.then(() => reject(new Error(`It ended: ${output}`)));
  });
  return {child, url, output: () => output, ended};
};

/** Runs the program until it ends by itself. */
const run = (args: readonly string[], cwd: string, program = PROGRAM) => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, ...args], {cwd, encoding: 'utf8'});
  return {code: status, stdout, stderr};
};

const connect = async (url: string, kind: 'holdfast' | 'tinybase' = 'holdfast', headers: object = {}) => {
  const store = (kind === 'holdfast' ? createMergeableStore() : createTinyStore()) as MergeableStore;
  const create = (
    kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
  ) as typeof createWsSynchronizer;
  const socket = new WebSocket(url, {headers} as never);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const synchronizer = await create(store, socket as never, 1);
  await synchronizer.startSync();
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {store, closed};
};

const until = (store: MergeableStore, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      isSo() && resolve();
    };
    store.addDidFinishTransactionListener(() => setImmediate(look));
    look();
  });

const fetchText = (
  url: string,
  headers: {[name: string]: string} = {},
): Promise<[number | undefined, string]> =>
  new Promise((resolve, reject) => {
    get(url, {headers}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve([response.statusCode, text]));
    }).once('error', reject);
  });

/** Looks into the file, until it holds what a store does. */
const untilStored = async (path: string, table: string, store: MergeableStore): Promise<void> => {
  const db = new DatabaseSync(path);
  const stored = createMergeableStore();
  const persister = createSqliteNodePersister(stored, db, {mode: 'rows', storeTableName: table});
  const wanted = JSON.stringify(store.getMergeableContentHashes());
  while (JSON.stringify(stored.getMergeableContentHashes()) !== wanted) {
    await persister.load();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await persister.destroy();
  db.close();
};

test('[CL5] what clients of both kinds did is there after SIGKILL, and the next start goes on', async () => {
  const folder = createFolder();
  const first = await start(['--store', 'sqlite:rooms.db'], folder('.'));
  const [ours, theirs] = [
    await connect(`${first.url}/todos`),
    await connect(`${first.url}/todos`, 'tinybase'),
  ];
  const elsewhere = await connect(`${first.url}/Todos`);
  ours.store.setTables({todos: {1: {text: 'Write', done: false, tags: ['a', 'b']}}});
  theirs.store.setCell('todos', '2', 'text', 'Test').setValue('title', 'Chores');
  elsewhere.store.setValue('title', 'Another room');
  await until(ours.store, () => ours.store.getRowCount('todos') === 2 && ours.store.hasValue('title'));
  ours.store.delCell('todos', '1', 'done');
  await untilStored(folder('rooms.db'), 'room_todos', ours.store);
  await untilStored(folder('rooms.db'), 'room_$0054odos', elsewhere.store);
  first.child.kill('SIGKILL');
  expect((await first.ended).signal).toBe('SIGKILL');

  const second = await start(['--store', 'sqlite:rooms.db'], folder('.'));
  for (const kind of ['holdfast', 'tinybase'] as const) {
    const {store} = await connect(`${second.url}/todos`, kind);
    await until(store, () => store.getRowCount('todos') === 2 && store.hasValue('title'));
    expect(store.getContent()).toEqual([
      {todos: {1: {text: 'Write', tags: ['a', 'b']}, 2: {text: 'Test'}}},
      {title: 'Chores'},
    ]);
  }
});

test('[CL6] SIGTERM stores all that was said, closes clients with 1012, and ends with code 0', async () => {
  const folder = createFolder();
  const first = await start([], folder('.'));
  const [one, other] = [await connect(`${first.url}/todos`), await connect(`${first.url}/todos`, 'tinybase')];
  for (let index = 0; index < 300; index++) {
    one.store.setCell('todos', `${index}`, 'done', index % 2 === 0);
  }
  await until(other.store, () => other.store.getRowCount('todos') === 300);
  first.child.kill('SIGTERM');
  expect(await first.ended).toEqual({code: 0, signal: null});
  expect(await Promise.all([one.closed, other.closed])).toEqual([1012, 1012]);
  expect(first.output()).toContain('"event":"drained"');

  const second = await start([], folder('.'));
  const {store} = await connect(`${second.url}/todos`);
  await until(store, () => store.getRowCount('todos') === 300);
  expect(store.getTables()).toEqual(one.store.getTables());
});

test('[CL7] a token, and the paths that are served, keep everybody else out', async () => {
  const folder = createFolder();
  const {url, output} = await start(['--metrics', '--paths', 'todos/*', '--store', 'memory'], folder('.'), {
    HOLDFAST_AUTH_TOKEN: 'open sesame',
  });
  for (const path of ['/todos/1', '/todos/1?token=wrong']) {
    await expect(connect(`${url}${path}`)).rejects.toThrow('401');
  }
  const byUrl = await connect(`${url}/todos/1?token=open%20sesame`, 'tinybase');
  const byHeader = await connect(`${url}/todos/1`, 'holdfast', {authorization: 'Bearer open sesame'});
  byUrl.store.setValue('from', 'the URL');
  await until(byHeader.store, () => byHeader.store.getValue('from') === 'the URL');
  const elsewhere = new WebSocket(`${url}/secrets?token=open%20sesame`);
  expect(await new Promise((resolve) => elsewhere.once('close', resolve))).toBe(1008);

  const http = url.replace('ws:', 'http:');
  expect((await fetchText(`${http}/metrics`))[0]).toBe(401);
  const [status, metrics] = await fetchText(`${http}/metrics`, {authorization: 'Bearer open sesame'});
  expect(status).toBe(200);
  expect(metrics).toContain('holdfast_clients 2\n');
  expect(await fetchText(`${http}/health`)).toEqual([200, '{"status":"ok","failingPaths":0}\n']);
  expect((await fetchText(`${http}/anything`))[0]).toBe(426);
  expect(output()).not.toContain('sesame');
});

describe('what cannot work', () => {
  test('[CL1] is told in a line, with what to do', async () => {
    const folder = createFolder();
    const cases: readonly [readonly string[], RegExp, number][] = [
      [['serve', '--prt', '1'], /^holdfast: there is no option --prt, but there is --port/, 2],
      [['srve'], /^holdfast: There is no command "srve"/, 2],
      [['serve', '--store', 'sqlite:no/such/folder/x.db'], /cannot be opened: unable to open/, 1],
    ];
    for (const [args, message, exitCode] of cases) {
      const {code, stdout, stderr} = run(args, folder('.'));
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split('\n').length).toBe(1);
      expect(stdout).toBe('');
      expect(code).toBe(exitCode);
    }
    const {url} = await start([], folder('.'));
    const inUse = run(['serve', '--port', new URL(url).port, '--store', 'memory'], folder('.'));
    expect(inUse).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^holdfast: Port \d+ of 127.0.0.1 is in use/),
    });
    expect(run(['--help'], folder('.'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--auth-token'),
    });
    expect(run(['--version'], folder('.')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('[CL8] without the packages that it needs, it says which to install', () => {
    const folder = createFolder();
    cpSync(join(ROOT, 'dist'), folder('holdfast/dist'), {recursive: true});
    writeFileSync(folder('holdfast/package.json'), '{"version": "0.0.0", "type": "module"}');
    expect(run(['serve', '--store', 'memory'], folder('.'), folder('holdfast/dist/cli/main.js'))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'holdfast: holdfast serve needs the package ws. Install it: npm install ws\n',
    });
    expect(run(['serve', '--store', 'postgres://u@h/d'], folder('.')).stderr).toBe(
      'holdfast: --store postgres:… needs the package postgres. Install it: npm install postgres\n',
    );
  });
});

test.skipIf(postgresSkipReason() !== undefined)(
  '[CL5] rooms lie in PostgreSQL, and the next start goes on',
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const store = `postgres://${postgres.user}@${postgres.host}:${postgres.port}/${postgres.database}`;
    // The package postgres is found in the folder that the server is started in.
    const folder = componentFolder('postgres');
    const first = await start(['--store', store], folder);
    const [one, other] = [
      await connect(`${first.url}/Todos/1`),
      await connect(`${first.url}/Todos/1`, 'tinybase'),
    ];
    one.store.setCell('todos', '1', 'text', 'Write');
    other.store.setCell('todos', '2', 'text', 'Test');
    await until(one.store, () => one.store.getRowCount('todos') === 2);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    const second = await start(['--store', store], folder);
    const {store: late} = await connect(`${second.url}/Todos/1`);
    await until(late, () => late.getRowCount('todos') === 2);

    // The database goes, and comes back: clients work on, and what they did is stored.
    const health = `${second.url.replace('ws:', 'http:')}/health`;
    await postgres.halt();
    late.setCell('todos', '3', 'text', 'while it was down');
    while ((await fetchText(health))[0] !== 503) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await postgres.resume();
    while ((await fetchText(health))[0] !== 200) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    const third = await start(['--store', store], folder);
    const {store: last} = await connect(`${third.url}/Todos/1`);
    await until(last, () => last.getRowCount('todos') === 3);
  },
);

describe('two servers on one database', () => {
  /** Clients of each server edit at the same time, both hold everything, and so does who comes later, with the servers or after them. */
  const expectConverging = async (args: readonly string[], folder: string): Promise<void> => {
    const servers = [await start(args, folder), await start(args, folder)] as const;
    const [ours, theirs] = [
      await connect(`${servers[0].url}/shared`),
      await connect(`${servers[1].url}/shared`, 'tinybase'),
    ];
    ours.store.setCell('todos', 'both', 'text', 'first');
    for (let index = 0; index < 100; index++) {
      ours.store
        .setCell('todos', `ours ${index}`, 'at', index)
        .setCell('todos', 'both', `ours ${index}`, true);
      theirs.store
        .setCell('todos', `theirs ${index}`, 'at', index)
        .setCell('todos', 'both', `theirs ${index}`, true);
      index % 10 === 0 && (await new Promise((resolve) => setImmediate(resolve)));
    }
    theirs.store.delRow('todos', 'theirs 0').setValue('done', true);
    const isWhole = (store: MergeableStore) =>
      store.getRowCount('todos') === 200 &&
      store.getCellIds('todos', 'both').length === 201 &&
      !store.hasRow('todos', 'theirs 0') &&
      store.hasValue('done');
    await Promise.all([ours.store, theirs.store].map((store) => until(store, () => isWhole(store))));
    // What one of them says last, the other hears, too.
    ours.store.setCell('todos', 'both', 'text', 'last');
    await until(theirs.store, () => theirs.store.getCell('todos', 'both', 'text') === 'last');
    expect(theirs.store.getContent()).toEqual(ours.store.getContent());
    for (const {child, ended} of servers) {
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    }
    const third = await start(args, folder);
    const {store: late} = await connect(`${third.url}/shared`);
    await until(late, () => isWhole(late));
    expect(late.getMergeableContentHashes()).toEqual(ours.store.getMergeableContentHashes());
  };

  test('[CL9] come together in a file of SQLite', async () => {
    await expectConverging(['--store', 'sqlite:rooms.db'], createFolder()('.'));
  });

  test.skipIf(postgresSkipReason() !== undefined)('[CL9] come together in PostgreSQL', async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const store = `postgres://${postgres.user}@${postgres.host}:${postgres.port}/${postgres.database}`;
    await expectConverging(['--store', store], componentFolder('postgres'));
  });
});
