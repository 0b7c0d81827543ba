// A real Chromium, and pages in it that have a package: `window.holdfast` holds what its entries export. Each page is
// served from a free port of this machine, so that storage has an origin (`serve.ts`). Knows nothing of what is tested there.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {componentFolder, importComponent} from '../components/component.ts';
import {type Files, serve} from './serve.ts';

/** The part of Playwright's page that tests use. */
export interface Page {
  evaluate<Result, Argument>(
    work: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  evaluate<Result>(work: () => Result | Promise<Result>): Promise<Result>;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  on(event: 'pageerror', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

interface BrowserContext {
  newPage(): Promise<Page>;
  newCDPSession(page: Page): Promise<{send(method: string): Promise<unknown>}>;
  on(event: 'close', listener: () => void): unknown;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: object): Promise<{newContext(): Promise<BrowserContext>; close(): Promise<void>}>;
    launchPersistentContext(folder: string, options: object): Promise<BrowserContext>;
  };
}

/** Tabs of one profile share storage; another profile has storage of its own. */
interface Profile {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** A profile on disk, in a browser of its own. */
interface DiskProfile extends Profile {
  /** Ends the browser at once, as a crash does. */
  crash(): Promise<void>;
}

export interface Browser {
  /** A profile in memory. */
  newProfile(): Promise<Profile>;
  /** The profile on disk of this name, in a browser that is started for it. */
  openDiskProfile(name: string): Promise<DiskProfile>;
  close(): Promise<void>;
}

const SOURCE = fileURLToPath(new URL('../../src/entry/', import.meta.url));

/** Holdfast's entries for browsers, from the sources. */
const HOLDFAST = [
  './index.ts',
  './persisters.ts',
  './persisters/persister-browser.ts',
  './persisters/persister-indexed-db.ts',
];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/**
 * @param modules What pages have, by specifiers that are found from `src/entry`; default Holdfast.
 * @param files What is served beside it, by its path.
 */
export const startChromium = async (
  modules: readonly string[] = HOLDFAST,
  files: Files = {},
): Promise<Browser> => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'));
  const server = await serve({...files, '/holdfast.js': await bundle(modules)});
  const {
    default: {chromium},
  } = await importComponent<{default: Playwright}>('chromium', 'playwright-core');
  const options = {
    executablePath: join(unpacked(), 'chromium'),
    args: FLAGS,
    env: {...process.env, HOME: folder, LD_LIBRARY_PATH: join(unpacked(), 'al2023', 'lib')},
  };
  const browser = await chromium.launch(options);

  const openPage = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error('in the page:', error));
    await page.goto(server.url);
    return page;
  };

  return {
    newProfile: async () => {
      const context = await browser.newContext();
      return {newPage: () => openPage(context), close: () => context.close()};
    },
    openDiskProfile: async (name) => {
      const context = await chromium.launchPersistentContext(join(folder, name), options);
      return {
        newPage: () => openPage(context),
        close: () => context.close(),
        crash: async () => {
          const ended = new Promise<void>((resolve) => context.on('close', resolve));
          const session = await context.newCDPSession(await context.newPage());
          // The answer never comes: nobody is left to give it.
          session.send('Browser.crash').catch(() => undefined);
          await ended;
        },
      };
    },
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(folder, {recursive: true, force: true});
    },
  };
};

// Where the component's postinstall script puts the browser.
const unpacked = (): string => `${componentFolder('chromium')}node_modules/.unpacked`;

const bundle = async (modules: readonly string[]): Promise<string> => {
  const {outputFiles} = await build({
    stdin: {
      contents: modules.map((specifier) => `export * from ${JSON.stringify(specifier)};`).join(' '),
      resolveDir: SOURCE,
      loader: 'ts',
    },
    bundle: true,
    format: 'iife',
    globalName: 'holdfast',
    external: ['expo-sqlite'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};
