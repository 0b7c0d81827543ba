// `holdfast serve` under clients that mean harm, all at once: each loses its connection with a code that says why, two honest clients hear each
// of their edits meanwhile, and the memory of the server stays under a figure.

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {beforeAll, expect, onTestFinished, test} from 'vitest';
import {WebSocket} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createWsSynchronizer} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {getHlcFunctions} from '../../src/merge/hlc.ts';
import {createFolder} from '../places/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MIB = 1024 * 1024;
/** What the server may have had at its worst; its limits let each attacker hold 32 MiB. */
const MAX_MEMORY_BYTES = 512 * MIB;

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]).status).toBe(0);
});

const startServer = async (): Promise<{url: string; pid: number}> => {
  const folder = createFolder();
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist', 'cli', 'main.js'), 'serve', '--port', '0', '--log', 'json'],
    {cwd: folder('.'), stdio: ['ignore', 'pipe', 'inherit']},
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [, found] = /"url":"(ws:[^"]+)"/.exec(output) ?? [];
      found === undefined || resolve(found);
    });
    child.once('close', () => reject(new Error(`It ended: ${output}`)));
  });
  return {url, pid: child.pid as number};
};

const connect = async (url: string, kind: 'holdfast' | 'tinybase') => {
  const store = (kind === 'holdfast' ? createMergeableStore() : createTinyStore()) as MergeableStore;
  const create = (
    kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
  ) as typeof createWsSynchronizer;
  const socket = new WebSocket(url);
  const synchronizer = await create(store, socket as never, 1);
  await synchronizer.startSync();
  onTestFinished(async () => {
    await synchronizer.destroy();
  });
  return {store, socket};
};

const [nextHlc, , encodeHlc] = getHlcFunctions('attacker');
const AHEAD = encodeHlc(Date.now() + 10 * 365 * 86_400_000, 0);

const diffOf = (cell: string, hlc: string): string =>
  `\n[null,3,[[{"t":[{"r":[{"c":[${cell},"${hlc}"]}]}]}],[{}],1]]`;

type Attack = readonly [what: string, code: number, say: (socket: WebSocket) => void, protocol?: string];

const ATTACKS: readonly Attack[] = [
  [
    'a message that is too long',
    1009,
    (socket) => socket.send(diffOf(`"${'x'.repeat(17 * MIB)}"`, nextHlc())),
  ],
  [
    'a million empty tables',
    1007,
    (socket) => {
      const tables = Array.from({length: 1_000_000}, (_, index) => `"${index}":[{}]`);
      socket.send(`\n[null,3,[[{${tables}}],[{}],1]]`);
    },
  ],
  [
    'four million levels',
    1007,
    (socket) => socket.send(`\n[null,3,${'['.repeat(4 * MIB)}${']'.repeat(4 * MIB)}]`),
  ],
  [
    'pieces that never end',
    1013,
    (socket) => {
      for (let index = 0; index < 40; index++) {
        socket.send(`\n${`${index}`.padStart(16, '0')}\n0\n2\n${'x'.repeat(MIB)}`);
      }
    },
  ],
  [
    'a flood',
    1013,
    (socket) => {
      for (let index = 0; index < 40_000; index++) {
        socket.send('\n[null,2,[0,0]]');
      }
    },
  ],
  [
    'too many channels',
    1013,
    (socket) => {
      for (let index = 0; index < 102; index++) {
        socket.send(`S\n["id",-1,[1,"${index}"]]`);
      }
    },
    'tinybase',
  ],
  ['a clock years ahead', 1008, (socket) => socket.send(diffOf('1', AHEAD))],
  ['a prototype', 1007, (socket) => socket.send('\n[null,3,{"__proto__":[{"polluted":1}]}]')],
  ['bytes', 1007, (socket) => socket.send(Buffer.alloc(MIB, 255))],
  ['half a message', 1007, (socket) => socket.send('\n[null,3,[[{"t":')],
];

const attack = (url: string, [, , say, protocol]: Attack): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocol === undefined ? [] : [protocol]);
    socket.once('open', () => say(socket));
    socket.on('error', () => undefined);
    socket.once('close', resolve);
  });

/** The most memory that a process has had, where the host tells. */
const mostMemoryBytes = (pid: number): number | undefined => {
  const path = `/proc/${pid}/status`;
  const [, kilobytes] = (existsSync(path) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(path, 'utf8'))) || [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};

const quantile = (figures: readonly number[], part: number): number =>
  figures.toSorted((one, other) => one - other)[Math.floor((figures.length - 1) * part)] as number;

test('[SY8] a server under attack closes attackers, hands every edit of the others on, and keeps its memory', {
  timeout: 100_000,
}, async () => {
  const {url, pid} = await startServer();
  const [one, other] = [await connect(`${url}/room`, 'holdfast'), await connect(`${url}/room`, 'tinybase')];
  let isOver = false;
  const latenciesMs: number[] = [];
  const editing = (async () => {
    for (let edit = 0; !isOver; edit++) {
      const startMs = performance.now();
      const heard = new Promise<void>((resolve) => {
        const listenerId = other.store.addCellListener('t', 'honest', 'edit', (store) => {
          store.delListener(listenerId);
          resolve();
        });
      });
      one.store.setCell('t', 'honest', 'edit', edit);
      await heard;
      expect(other.store.getCell('t', 'honest', 'edit')).toBe(edit);
      latenciesMs.push(performance.now() - startMs);
    }
  })();
  const codes: [what: string, code: number][] = [];
  for (let round = 0; round < 3; round++) {
    const closed = ATTACKS.map(async (one) => [one[0], await attack(`${url}/room`, one)] as [string, number]);
    codes.push(...(await Promise.all(closed)));
  }
  isOver = true;
  await editing;
  expect(codes).toEqual(Array.from({length: 3}, () => ATTACKS.map(([what, code]) => [what, code])).flat());
  // Nothing of it is in anybody's store, and nobody honest was disconnected.
  for (const {store, socket} of [one, other]) {
    expect(store.getTableIds()).toEqual(['t']);
    expect(store.getRowIds('t')).toEqual(['honest']);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  }
  const memoryBytes = mostMemoryBytes(pid);
  // Attackers do their work in this process, too, and what is measured waits for them.
  console.log(
    `${latenciesMs.length} edits beside ${codes.length} attackers: p50 ${quantile(latenciesMs, 0.5).toFixed(2)} ms, ` +
      `longest ${Math.round(quantile(latenciesMs, 1))} ms; the server had at most ${Math.round((memoryBytes ?? 0) / MIB)} MiB`,
  );
  expect(memoryBytes ?? 0).toBeLessThan(MAX_MEMORY_BYTES);
});
