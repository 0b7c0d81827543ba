// Runs everything that a driver must pass inside a page, inside a worker of it, or on the page with the handle in a worker:
// collects the tests, and runs one by its title. Bundled and loaded by the test, and by the workers.

import {type CertifyOptions, certifySuites} from '../contract/certify-suites.ts';
import type {OpenDatabase} from '../contract/databases.ts';
import {type BrowserKind, createPlaces} from './kinds/browser-kind.ts';
import {type BrowserKindName, browserKinds} from './kinds/kinds.ts';
import {createRemoteCalls, createRemoteKind, type RemoteCalls} from './kinds/remote.ts';
import {answerPage, type PageWorker, startWorker} from './page-worker.ts';
import {expect} from './suite-expect.ts';

// What the tests of single kinds call.
export * from '../../src/entry/index.ts';
export {createCapacitorSqlitePersister} from '../../src/entry/persisters/persister-capacitor-sqlite.ts';
export {createExpoSqlitePersister} from '../../src/entry/persisters/persister-expo-sqlite.ts';
export {createPglitePersister} from '../../src/entry/persisters/persister-pglite.ts';
export {createWorkerPersister} from '../../src/entry/persisters/persister-worker.ts';
export {openCapacitorSqlite} from './kinds/capacitor-sqlite.ts';
export {openExpoSqlite} from './kinds/expo-sqlite.ts';
export {openPglite} from './kinds/pglite.ts';

/** Where the tests run, and where the handle is. */
export type Where = 'page' | 'worker' | 'page, the handle in a worker';

export interface CollectedTest {
  readonly suite: string;
  readonly title: string;
}

type Body = (context: {skip(reason?: string): void}) => Promise<void> | void;

const tests = new Map<string, Body>();
const keyOf = ({suite, title}: CollectedTest) => `${suite} > ${title}`;

const collectHere = (name: BrowserKindName, where: Where, options: CertifyOptions): CollectedTest[] => {
  const collected: CollectedTest[] = [];
  let suite = '';
  const kind = loadKind(name, where);
  certifySuites(
    {
      name,
      createPlace: createPlaces(kind),
      runner: {
        describe: (title, body) => {
          suite = title;
          body();
          suite = '';
        },
        test: (title, body) => {
          collected.push({suite, title});
          tests.set(keyOf({suite, title}), body);
        },
        expect,
      },
    },
    options,
  );
  return collected;
};

const runHere = async (test: CollectedTest): Promise<string | undefined> => {
  const body = tests.get(keyOf(test));
  if (body === undefined) {
    throw new Error(`there is no test ${keyOf(test)}`);
  }
  let skipped: string | undefined;
  await body({
    skip: (reason) => {
      skipped = reason ?? '';
    },
  });
  return skipped;
};

/** The tests of a kind. */
export const collect = async (
  name: BrowserKindName,
  where: Where,
  options: CertifyOptions,
): Promise<CollectedTest[]> =>
  where === 'worker'
    ? ((await workerOfPage().call('collect', name, options)) as CollectedTest[])
    : collectHere(name, where, options);

/** Runs one test; resolves with the reason where it was skipped. */
export const runTest = async (where: Where, test: CollectedTest): Promise<string | undefined> =>
  where === 'worker' ? ((await workerOfPage().call('run', test)) as string | undefined) : runHere(test);

let pageWorker: PageWorker | undefined;
const workerOfPage = (): PageWorker => {
  pageWorker ??= startWorker();
  return pageWorker;
};

const remoteKind = async (name: BrowserKindName, worker: PageWorker): Promise<BrowserKind> => {
  await worker.call('load', name);
  const call =
    (what: keyof RemoteCalls) =>
    (...args: readonly unknown[]) =>
      worker.call(what, ...args) as never;
  return createRemoteKind({
    open: call('open'),
    expose: call('expose'),
    close: call('close'),
    remove: call('remove'),
    damage: call('damage'),
  });
};

const loadKind = (name: BrowserKindName, where: Where): Promise<BrowserKind> =>
  where === 'page, the handle in a worker' ? remoteKind(name, workerOfPage()) : browserKinds[name]();

/** Opens a database for a test of its own; as soon as the page before has let go of it. */
export const openDatabase = async (
  name: BrowserKindName,
  where: Where,
  databaseName: string,
): Promise<OpenDatabase> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await loadKind(name, where)).open(databaseName, 'read-write');
    } catch (error) {
      pageWorker?.end();
      pageWorker = undefined;
      if (attempt === 50) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
};

/** Ends the worker, as the browser does that runs out of memory. */
export const endWorker = (): void => pageWorker?.end();

let remote: RemoteCalls | undefined;
answerPage({
  collect: (name: BrowserKindName, options: CertifyOptions) => collectHere(name, 'worker', options),
  run: runHere,
  load: (name: BrowserKindName) => {
    remote = createRemoteCalls(browserKinds[name]());
  },
  open: (...args: Parameters<RemoteCalls['open']>) => remote?.open(...args),
  expose: (...args: Parameters<RemoteCalls['expose']>) => remote?.expose(...args),
  close: (...args: Parameters<RemoteCalls['close']>) => remote?.close(...args),
  remove: (...args: Parameters<RemoteCalls['remove']>) => remote?.remove(...args),
  damage: (...args: Parameters<RemoteCalls['damage']>) => remote?.damage(...args),
});
