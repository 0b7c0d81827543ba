// Measures the store beside tinybase in one run, round by round in turn, and prints medians and ratios.
//   node bench/store/main.mjs [--rounds 7] [--only setCell] [--json] [--dist]      (Node 24, which runs TypeScript as it is)

import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {gzipSync} from 'node:zlib';
import {cases, usesUp} from './cases.mjs';
import {CELL_COUNT, createStoreOf, ROW_COUNT} from './data.mjs';

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '7'},
    only: {type: 'string', default: ''},
    json: {type: 'boolean'},
    dist: {type: 'boolean'},
  },
});
const rounds = Number(options.rounds);
const names = ['holdfast', 'tinybase'];
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const measure = async ({name, unit, target, prepare, run}) => {
  const times = {holdfast: [], tinybase: []};
  const prepared = {};
  for (let round = 0; round < rounds; round++) {
    // In turn, so that neither is always the one that finds the machine cold.
    for (const packageName of round % 2 === 0 ? names : names.toReversed()) {
      const createStore = await createStoreOf[packageName]();
      if (round === 0 || usesUp(name)) prepared[packageName] = prepare(createStore);
      globalThis.gc?.();
      const start = performance.now();
      // Rounds set other values, or nothing would change.
      run(prepared[packageName], round + 1);
      const ms = performance.now() - start;
      times[packageName].push(unit === 'µs' ? (ms * 1000) / ROW_COUNT : ms);
    }
  }
  return {name, unit, holdfast: median(times.holdfast), tinybase: median(times.tinybase), target};
};

const measureHeap = () => {
  const path = fileURLToPath(new URL('memory.mjs', import.meta.url));
  const megabytes = (packageName) => {
    const args = ['--expose-gc', path, packageName, ...(options.dist ? ['--dist'] : [])];
    const runs = [1, 2, 3].map(() => Number(execFileSync(process.execPath, args, {encoding: 'utf8'})));
    return median(runs) / 1_000_000;
  };
  return {
    name: 'heap after loading',
    unit: 'MB',
    holdfast: megabytes('holdfast'),
    tinybase: megabytes('tinybase'),
    target: 1 / 0.55,
  };
};

const measureSize = async () => {
  const {buildSync} = await import('esbuild');
  const resolveDir = fileURLToPath(new URL('../..', import.meta.url));
  const bytes = (module) => {
    const stdin = {contents: `export * from '${module}'`, resolveDir};
    const {outputFiles} = buildSync({stdin, bundle: true, minify: true, format: 'esm', write: false});
    return gzipSync(outputFiles[0].contents, {level: 9}).length / 1000;
  };
  return {
    name: 'bundle, gzipped',
    unit: 'kB',
    holdfast: bytes('./src/entry/store.ts'),
    tinybase: bytes('tinybase/store'),
    target: 1,
  };
};

const results = [];
for (const one of cases) if (one.name.includes(options.only)) results.push(await measure(one));
if (!options.only) results.push(measureHeap(), await measureSize());
for (const result of results) result.ratio = result.tinybase / result.holdfast;

if (options.json)
  console.log(JSON.stringify({node: process.version, rows: ROW_COUNT, cells: CELL_COUNT, rounds, results}));
else {
  const show = (number, unit) => `${number.toPrecision(3)} ${unit}`.padStart(12);
  console.log(`${ROW_COUNT} rows x ${CELL_COUNT} cells, medians of ${rounds}, Node ${process.version}`);
  for (const {name, unit, holdfast, tinybase, ratio, target} of results) {
    const verdict = ratio >= target ? '' : `  below the target of ${target.toFixed(2)}`;
    console.log(
      `${name.padEnd(40)}${show(holdfast, unit)}${show(tinybase, unit)}${`${ratio.toFixed(2)} x`.padStart(10)}${verdict}`,
    );
  }
}
