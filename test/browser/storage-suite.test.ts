// The storage suite over every storage of a browser, run inside a page of a real Chromium.

import {fileURLToPath} from 'node:url';
import {afterAll, describe, test} from 'vitest';
import {type Browser, type Page, startChromium} from './chromium.ts';
import type {SuiteStorageName} from './suite-places.ts';

interface SuitePage {
  collect(name: SuiteStorageName, skip: object): string[];
  runTest(title: string): Promise<string | undefined>;
}
declare const window: {readonly holdfast: SuitePage};

const SKIPS: Readonly<Record<SuiteStorageName, {readonly [rule: string]: string}>> = {
  sessionStorage: {SG5: "a page is not told of what it wrote itself, and session storage is a page's own"},
  localStorage: {SG5: 'a page is not told of what it wrote itself; the tests with two tabs show it'},
  OPFS: {},
  IndexedDB: {},
};

const browser: Browser = await startChromium([fileURLToPath(new URL('./suite-page.ts', import.meta.url))]);
const profile = await browser.newProfile();
const pages = new Map<SuiteStorageName, {page: Page; titles: string[]}>();
for (const name of Object.keys(SKIPS) as SuiteStorageName[]) {
  const page = await profile.newPage();
  const titles = await page.evaluate(({name, skip}) => window.holdfast.collect(name, skip), {
    name,
    skip: SKIPS[name],
  });
  pages.set(name, {page, titles});
}
afterAll(() => browser.close());

for (const [name, {page, titles}] of pages) {
  describe(`storage ${name} in Chromium`, () => {
    for (const title of titles) {
      test(title, async (context) => {
        const skipped = await page.evaluate((title) => window.holdfast.runTest(title), title);
        if (skipped !== undefined) {
          context.skip(skipped);
        }
      });
    }
  });
}
