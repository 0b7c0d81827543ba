// Runs a document's blocks in pages of a real Chromium, each with storage of its own. Knows no document.

import {expect} from 'vitest';
import {type Browser, type Page, startChromium} from '../browser/chromium.ts';
import type {Block} from '../examples/blocks.ts';
import {type Examples, translateBlocks} from '../examples/examples.ts';
import {packageName} from '../examples/package-under-test.ts';

interface Check {
  readonly line: number;
  readonly text: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

interface Step {
  readonly checks: readonly Check[];
  readonly unexpected: readonly unknown[];
}

declare const window: {
  readonly holdfast: object;
  exampleStep(): Promise<Step>;
  dispatchEvent(event: object): void;
};
declare const StorageEvent: new (type: string, init: object) => object;

/** A Chromium for one test file: `beforeAll(pages.start)`, `afterAll(pages.stop)`. */
export const createPages = () => {
  let browser: Browser | undefined;
  return {
    start: async (): Promise<void> => {
      browser = await startChromium(packageName === 'tinybase' ? TINYBASE : undefined);
    },
    stop: async (): Promise<void> => {
      await browser?.close();
    },
    /** Prepares blocks to be run one after another in one scope, in a page of their own. */
    startExamples: async (blocks: readonly Block[]): Promise<Examples> => {
      const profile = await (browser as Browser).newProfile();
      return startInPage(await profile.newPage(), blocks);
    },
  };
};

const TINYBASE = [
  'tinybase',
  'tinybase/persisters',
  'tinybase/persisters/persister-browser',
  'tinybase/persisters/persister-indexed-db',
];

const startInPage = async (page: Page, blocks: readonly Block[]): Promise<Examples> => {
  await page.evaluate(async (body) => {
    const prints: unknown[][] = [];
    const checks: Check[] = [];
    const hooks = {
      importModule: async () => window.holdfast,
      pause: () => new Promise((resolve) => setTimeout(resolve, 50)),
      check: (line: number, text: string, getExpected: () => unknown[]) => {
        checks.push({line, text, expected: getExpected(), actual: prints.shift() ?? [undefined]});
      },
      fire: (_className: string, type: string, init: object) =>
        window.dispatchEvent(new StorageEvent(type, init)),
    };
    const print = (...parts: unknown[]) => prints.push(parts.map((part) => structuredClone(part)));
    const Generator = async function* () {}.constructor as new (
      ...source: string[]
    ) => (...values: unknown[]) => AsyncGenerator<void>;
    const run = new Generator('console', '__example', body)({...console, log: print}, hooks);
    await run.next();
    window.exampleStep = async () => {
      await run.next();
      return {checks: checks.splice(0), unexpected: prints.splice(0)};
    };
  }, translateBlocks(blocks));

  return {
    next: async () => {
      const {checks, unexpected} = await page.evaluate(() => window.exampleStep());
      for (const {line, text, expected, actual} of checks) {
        expect(actual, `line ${line}: // -> ${text}`).toEqual(expected);
      }
      expect(unexpected, 'prints that no comment expects').toEqual([]);
    },
  };
};
