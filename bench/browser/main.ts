// Measures persistence in a real Chromium, profiles on disk, beside tinybase@10.0.1 in one run: a one-cell edit until it
// is acknowledged, the first save, a cold open, and the longest time that the page stood still.
//
// SQLite runs in a worker, its file in a pool of OPFS: with Holdfast in `rows`, the store on the page; with TinyBase in `json`,
// the store in the worker too, so that what stands still there is the worker.
//
//   npm test -- test/browser       (once: installs the browser)
//   npm run bench -- browser

import {fileURLToPath} from 'node:url';
import {startChromium} from '../../test/browser/chromium.ts';
import type {Library, Measured, Opened, Place} from './page.ts';

declare const window: {
  readonly holdfast: {
    measureEdits(how: [Library, Place, string, number, number]): Promise<Measured>;
    measureLoad(how: [Library, Place, string]): Promise<Opened>;
    measureStore(rowCount: number): number;
  };
};

const ROW_COUNTS = [100, 10_000, 100_000];
const RUNS = 3;

const browser = await startChromium([fileURLToPath(new URL('./page.ts', import.meta.url))]);

const median = (figures: readonly number[]): number =>
  [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN;

const measure = async (library: Library, place: Place, rowCount: number): Promise<Measured & Opened> => {
  const profileName = `${library} ${place} ${rowCount}`;
  const edits = rowCount === 100 ? 100 : library === 'tinybase' || place === 'OPFS' ? 5 : 50;
  const profile = await browser.openDiskProfile(profileName);
  const page = await profile.newPage();
  const measured = await page.evaluate((how) => window.holdfast.measureEdits(how), [
    library,
    place,
    'bench',
    rowCount,
    edits,
  ] as [Library, Place, string, number, number]);
  await profile.close();
  const opened: Opened[] = [];
  for (let run = 0; run < RUNS; run++) {
    const again = await browser.openDiskProfile(profileName);
    const coldPage = await again.newPage();
    opened.push(
      await coldPage.evaluate((how) => window.holdfast.measureLoad(how), [library, place, 'bench'] as [
        Library,
        Place,
        string,
      ]),
    );
    await again.close();
  }
  if (opened.some((each) => each.rowCount !== rowCount)) {
    throw new Error(`${profileName}: ${opened[0]?.rowCount} rows were loaded`);
  }
  return {
    ...measured,
    rowCount,
    loadMs: median(opened.map(({loadMs}) => loadMs)),
    loadStallMs: median(opened.map(({loadStallMs}) => loadStallMs)),
  };
};

const show = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : Math.round(ms).toLocaleString('en')} ms`;

console.log('| place, rows of 5 cells | | one-cell edit | first save | stalled | cold open | stalled |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: |');
try {
  for (const place of ['IndexedDB', 'SQLite', 'OPFS'] as const) {
    for (const rowCount of ROW_COUNTS) {
      for (const library of ['holdfast', 'tinybase'] as const) {
        const {editMs, saveMs, saveStallMs, loadMs, loadStallMs} = await measure(library, place, rowCount);
        console.log(
          `| ${place}, ${rowCount.toLocaleString('en')} | ${library} | ${[editMs, saveMs, saveStallMs, loadMs, loadStallMs].map(show).join(' | ')} |`,
        );
      }
    }
  }
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const storeMs = await page.evaluate((rowCount) => window.holdfast.measureStore(rowCount), 100_000);
  console.log(`\nHoldfast's store alone, 100,000 rows set in one transaction: ${show(storeMs)}`);
} finally {
  await browser.close();
}
