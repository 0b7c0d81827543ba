// Shows what becomes of an application's data, with TinyBase and with Holdfast: `node bench/losses/main.ts`.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {CONTESTANTS} from './contestants.ts';
import {PROBES} from './probes.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-losses-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));

// Faults of the background belong to the probes, and are told in their words.
console.warn = () => undefined;
console.error = () => undefined;

const rows: string[][] = [['probe', ...CONTESTANTS.map(({name}) => name)]];
for (const {title, run} of PROBES) {
  const answers: string[] = [];
  for (const contestant of CONTESTANTS) {
    const place = mkdtempSync(join(folder, 'probe-'));
    answers.push(await run(contestant, place).catch((error: unknown) => `the probe broke: ${String(error)}`));
  }
  rows.push([title, ...answers]);
}

const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
const line = (row: readonly string[]) =>
  `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
console.log(line(rows[0] ?? []));
console.log(line(widths.map((width) => '-'.repeat(width))));
for (const row of rows.slice(1)) {
  console.log(line(row));
}
console.log(
  '\nNeither was given an onIgnoredError; to that of TinyBase some of the errors above are told, and to that of Holdfast all.',
);
console.log(`Run with: node bench/losses/main.ts (Node ${process.version}, ${process.platform})`);
