// Measures mergeable stores and their synchronization beside tinybase@10.0.1, and a server with 1,000 clients beside that and hocuspocus.
// Each measurement is a process of its own, in turn; medians of the rounds.
//
//   npm test -- src/sync        (once: installs hocuspocus)
//   npm run bench -- sync [--rounds=3]

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values} = parseArgs({options: {rounds: {type: 'string', default: '3'}}});
const rounds = Number(values.rounds);

type Figures = {readonly [figure: string]: number};

const run = (file: string, ...args: string[]): Figures => {
  const {status, stdout} = spawnSync(
    process.execPath,
    ['--expose-gc', '--no-warnings', join(import.meta.dirname, file), ...args],
    {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']},
  );
  if (status !== 0) {
    throw new Error(`${file} ${args.join(' ')} ended with code ${status}`);
  }
  return JSON.parse(stdout);
};

const medians = (all: readonly Figures[]): Figures =>
  Object.fromEntries(
    Object.keys(all[0] as Figures).map((figure) => {
      const sorted = all.map((figures) => figures[figure] as number).sort((one, other) => one - other);
      return [figure, sorted[Math.floor(sorted.length / 2)] as number];
    }),
  );

const inTurn = <Name extends string>(names: readonly Name[], measure: (name: Name) => Figures) => {
  const all = new Map(names.map((name) => [name, [] as Figures[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      all.get(name)?.push(measure(name));
    }
  }
  return Object.fromEntries([...all].map(([name, figures]) => [name, medians(figures)])) as {
    [name in Name]: Figures;
  };
};

const show = (figure: number, unit: string): string =>
  `${figure < 10 ? figure.toFixed(figure < 1 ? 3 : 2) : Math.round(figure).toLocaleString('en')} ${unit}`;

interface Pair {
  readonly holdfast: Figures;
  readonly tinybase: Figures;
}

const row = (what: string, unit: string, figure: string, {holdfast, tinybase}: Pair): void => {
  const [ours, theirs] = [holdfast[figure] as number, tinybase[figure] as number];
  const times = (theirs / ours).toFixed(theirs / ours < 10 ? 2 : 1);
  console.log(`| ${what} | ${show(ours, unit)} | ${show(theirs, unit)} | ${times} |`);
};

const both = ['holdfast', 'tinybase'] as const;

console.log('| what | holdfast | tinybase | times as good |\n| --- | ---: | ---: | ---: |');
const fill = inTurn(both, (name) => run('one.ts', name, 'fill'));
row('fill 100,000 rows of 5 cells', 'ms', 'ms', fill);
row('heap', 'MB', 'heapMb', fill);
row('setCell', 'µs', 'setCellUs', fill);
const first = inTurn(both, (name) => run('one.ts', name, 'first'));
row('first sync of 50,000 rows of 4 cells', 'ms', 'ms', first);
row('its bytes', 'MB', 'megabytes', first);
row('a reconnection where nothing differs', 'bytes', 'reconnectBytes', first);
const latency = inTurn(both, (name) => run('one.ts', name, 'latency'));
row('an edit, client to client, p50', 'ms', 'p50', latency);
row('p99', 'ms', 'p99', latency);
const persist = inTurn(both, (name) => run('one.ts', name, 'persist'));
row('save it all (rows; json)', 'ms', 'saveMs', persist);
row('one acknowledged edit (rows; json)', 'ms', 'editMs', persist);
row('load it (rows; json)', 'ms', 'loadMs', persist);

console.log(
  '\n| in `rows` on SQLite | plain store | mergeable store | times as long |\n| --- | ---: | ---: | ---: |',
);
const plain = inTurn(['holdfast'], (name) => run('one.ts', name, 'plain')).holdfast;
for (const [what, figure] of [
  ['save it all', 'saveMs'],
  ['one acknowledged edit', 'editMs'],
] as const) {
  const [one, other] = [plain[figure] as number, persist.holdfast[figure] as number];
  console.log(`| ${what} | ${show(one, 'ms')} | ${show(other, 'ms')} | ${(other / one).toFixed(2)} |`);
}

console.log(
  '\n1,000 clients in 100 rooms, 1,000 edits a second for 5 s, each for nine others. Both stores’ servers keep every edit in SQLite as it ' +
    'comes; hocuspocus has no database here, and its clients share Yjs maps.\n',
);
console.log(
  '| server | its CPU | its memory | p50 | p99 | delivered |\n| --- | ---: | ---: | ---: | ---: | ---: |',
);
const hasHocuspocus = existsSync(
  fileURLToPath(new URL('../../test/components/hocuspocus/node_modules', import.meta.url)),
);
const rooms = inTurn([...both, ...(hasHocuspocus ? (['hocuspocus'] as const) : [])], (name) =>
  run('rooms.ts', name),
);
for (const [name, {cpuMs, residentMb, p50, p99, delivered, expected}] of Object.entries(rooms)) {
  console.log(
    `| ${name} | ${show(cpuMs as number, 'ms')} | ${show(residentMb as number, 'MB')} | ${show(p50 as number, 'ms')} | ` +
      `${show(p99 as number, 'ms')} | ${delivered?.toLocaleString('en')} of ${expected?.toLocaleString('en')} |`,
  );
}
