// Everything that a driver must pass, in a real Chromium, each test as one of Vitest's.

import {fileURLToPath} from 'node:url';
import {afterAll, describe, test} from 'vitest';
import type {CertifyOptions} from '../contract/certify-suites.ts';
import type {CollectedTest, Where} from './certify-page.ts';
import {type Browser, startChromium} from './chromium.ts';
import type {BrowserKindName} from './kinds/kinds.ts';
import type {Files} from './serve.ts';

interface CertifyPage {
  collect(name: BrowserKindName, where: Where, options: CertifyOptions): Promise<CollectedTest[]>;
  runTest(where: Where, test: CollectedTest): Promise<string | undefined>;
}
declare const window: {readonly holdfast: CertifyPage};

/** A Chromium whose pages can certify, which is closed behind the tests of the file. */
export const startCertifying = async (files: Files = {}): Promise<Browser> => {
  const page = fileURLToPath(new URL('./certify-page.ts', import.meta.url));
  const browser = await startChromium([page], files);
  afterAll(() => browser.close());
  return browser;
};

export const certifyInChromium = async (
  browser: Browser,
  {name, where, ...options}: {readonly name: BrowserKindName; readonly where: Where} & CertifyOptions,
): Promise<void> => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const collected = await page.evaluate(
    ({name, where, options}) => window.holdfast.collect(name, where, options),
    {name, where, options},
  );
  for (const suite of new Set(collected.map((each) => each.suite))) {
    describe(`${suite}, in Chromium: ${where}`, () => {
      for (const each of collected.filter((one) => one.suite === suite)) {
        test(each.title, async (context) => {
          const skipped = await page.evaluate(({where, each}) => window.holdfast.runTest(where, each), {
            where,
            each,
          });
          if (skipped !== undefined) {
            context.skip(skipped);
          }
        });
      }
    });
  }
};
