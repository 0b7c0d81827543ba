// The parts of `holdfast serve` that need no server: arguments, paths, tables, tokens, lines of the log.

import {createRequire} from 'node:module';
import {expect, test} from 'vitest';
import {createPathGate} from './allowed-paths.ts';
import {parseServeArguments} from './arguments.ts';
import {createLog} from './log.ts';
import {tableOfPath} from './path-table.ts';
import {createTokenGate} from './token.ts';

test('[CL1] arguments have defaults, and what cannot be meant is told with exit code 2', () => {
  expect(parseServeArguments([], {HOLDFAST_AUTH_TOKEN: 'secret'})).toEqual({
    port: 8040,
    host: '127.0.0.1',
    store: {kind: 'sqlite', path: 'holdfast.db'},
    paths: [],
    authToken: 'secret',
    hasMetrics: false,
    logFormat: 'text',
    drainTimeoutMs: 10_000,
  });
  expect(
    parseServeArguments(['--paths', 'a/*,b', '--paths=c', '--store', 'postgres://u@h/d'], {}),
  ).toMatchObject({
    paths: ['a/*', 'b', 'c'],
    store: {kind: 'postgres', url: 'postgres://u@h/d'},
    authToken: undefined,
  });
  expect(parseServeArguments(['--store=postgres:postgres://u@h/d'], {}).store).toEqual({
    kind: 'postgres',
    url: 'postgres://u@h/d',
  });
  for (const [args, message] of [
    [['--prt', '1'], /no option --prt, but there is --port/],
    [['--xyzzy'], /no option --xyzzy\. See/],
    [['--port'], /--port/],
    [['--port', '65536'], /--port is a whole number from 0 to 65535, not "65536"/],
    [['--port', '1.5'], /--port/],
    [['--port', ''], /--port/],
    [['--drain-timeout', '-1'], /--drain-timeout/],
    [['--store', 'mysql:x'], /--store is sqlite:<file>, postgres:<url> or memory, not "mysql:x"/],
    [['--store', 'sqlite:'], /--store/],
    [['--log', 'xml'], /--log is text or json/],
    [['--auth-token', ''], /token is empty/],
    [['surplus'], /surplus/],
  ] as const) {
    expect(() => parseServeArguments(args, {})).toThrow(
      expect.objectContaining({exitCode: 2, message: expect.stringMatching(message)}),
    );
  }
});

test('[CL2] no two paths have one table, and every name fits', () => {
  const paths = [
    '',
    'a',
    'A',
    'a/b',
    'a_b',
    'a$b',
    'a.b',
    'a"b',
    'é',
    'e\u0301',
    '$0041',
    'sqlite_x',
    '\uD800',
    'x'.repeat(40),
  ];
  const long = ['x', 'X', 'y'].map((letter) => letter.repeat(1_000));
  const tables = [...paths, ...long, `${long[0]}x`].map(tableOfPath);
  expect(new Set(tables.map((name) => name.toLowerCase())).size).toBe(tables.length);
  for (const name of tables) {
    expect(name).toMatch(/^room[_$][a-z0-9_$]*$/);
    expect(name.length).toBeLessThanOrEqual(45);
  }
  expect(tableOfPath('todos')).toBe('room_todos');
});

test('[CL3] paths are served by pattern', () => {
  const isAllowed = createPathGate(['/todos/*', 'shared', 'deep/**', 'a.b']);
  expect(['todos/1', 'shared', 'deep/a/b', 'a.b'].map(isAllowed)).toEqual([true, true, true, true]);
  expect(['todos', 'todos/1/2', 'shared2', 'deep', 'axb', ''].map(isAllowed)).toEqual(Array(6).fill(false));
  expect(createPathGate([])('anything')).toBe(true);
});

test('[CL3] a token is in the header or in the URL', () => {
  const hasToken = createTokenGate('a secret & more');
  const requests = [
    [{headers: {authorization: 'Bearer a secret & more'}}, true],
    [{url: '/room?x=1&token=a%20secret%20%26%20more', headers: {}}, true],
    [{url: '/room?token=a', headers: {}}, false],
    [{url: '/room', headers: {authorization: 'Basic a secret & more'}}, false],
    [{url: '/token=a%20secret%20%26%20more', headers: {}}, false],
    [{headers: {}}, false],
  ] as const;
  for (const [request, isLetIn] of requests) {
    expect(hasToken(request as never)).toBe(isLetIn);
  }
  expect(createTokenGate(undefined)({headers: {}} as never)).toBe(true);
});

test('[CL4] a log is lines for people or JSON, in colours on a terminal alone', () => {
  const entry = {
    level: 'error',
    event: 'path-failing',
    timeMs: 0,
    pathId: 'a\nforged=line',
    error: Object.assign(new Error('the disk is full'), {code: 'driver/full'}),
  } as const;
  const write = (format: 'json' | 'text', hasColors: boolean): string => {
    let text = '';
    const log = createLog(format, {write: (line) => (text += line)}, {hasColors});
    log.write(entry);
    return text;
  };
  expect(write('text', false)).toMatch(
    /^\d\d:\d\d:\d\d {2}path-failing {5}pathId="a\\nforged=line" error="the disk is full"\n$/,
  );
  expect(write('text', true)).toContain('\u001b[31mpath-failing');
  expect(JSON.parse(write('json', false))).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'error',
    event: 'path-failing',
    pathId: 'a\nforged=line',
    error: {message: 'the disk is full', code: 'driver/full'},
  });
});

test('[CL1] the program is in the package', () => {
  const {bin, files} = createRequire(import.meta.url)('../../package.json') as {bin: object; files: string[]};
  expect(bin).toEqual({holdfast: './dist/cli/main.js'});
  expect(files).toContain('dist');
});
