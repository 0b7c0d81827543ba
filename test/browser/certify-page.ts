// Runs everything that a driver must pass inside a page, inside a worker of it, or on the page with the handle in a worker:
// collects the tests, and runs one by its title. Bundled and loaded by the test, and by the workers.

import {type CertifyOptions, certifySuites} from '../contract/certify-suites.ts';
import {createPlaces} from './kinds/browser-kind.ts';
import {type BrowserKindName, browserKinds} from './kinds/kinds.ts';
import {createRemoteCalls, createRemoteKind, type RemoteCalls} from './kinds/remote.ts';
import {expect} from './suite-expect.ts';

// What the tests of single kinds call.
export * from '../../src/entry/index.ts';
export {createCapacitorSqlitePersister} from '../../src/entry/persisters/persister-capacitor-sqlite.ts';
export {createExpoSqlitePersister} from '../../src/entry/persisters/persister-expo-sqlite.ts';
export {openCapacitorSqlite} from './kinds/capacitor-sqlite.ts';
export {openExpoSqlite} from './kinds/expo-sqlite.ts';

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
  const kind = where === 'page, the handle in a worker' ? remoteKind(name) : browserKinds[name]();
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
    ? ((await callWorker('collect', name, options)) as CollectedTest[])
    : collectHere(name, where, options);

/** Runs one test; resolves with the reason where it was skipped. */
export const runTest = async (where: Where, test: CollectedTest): Promise<string | undefined> =>
  where === 'worker' ? ((await callWorker('run', test)) as string | undefined) : runHere(test);

// ---- between the page and its worker ----

interface Host {
  readonly document?: unknown;
  readonly Worker: new (url: string) => Port;
}
interface Port {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  addEventListener(type: 'message', listener: (event: {readonly data: never}) => void): void;
  addEventListener(type: 'error', listener: (event: {readonly message: string}) => void): void;
}
interface Call {
  readonly call: string;
  readonly id: number;
  readonly args: readonly unknown[];
}
interface Result {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const host = globalThis as unknown as Host & Port;

let worker: Port | undefined;
const waiting = new Map<number, (result: Result) => void>();

const callWorker = async (call: string, ...args: readonly unknown[]): Promise<unknown> => {
  if (worker === undefined) {
    worker = new host.Worker('/holdfast.js');
    worker.addEventListener('message', ({data}: {data: Result}) => waiting.get(data.id)?.(data));
    worker.addEventListener('error', ({message}) => console.error('in the worker:', message));
  }
  const id = waiting.size;
  const ports = args.filter((arg) => arg instanceof MessagePort);
  const {error, value} = await new Promise<Result>((resolve) => {
    waiting.set(id, resolve);
    worker?.postMessage({call, id, args} satisfies Call, ports);
  });
  if (error !== undefined) {
    throw new Error(error);
  }
  return value;
};

const remoteKind = async (name: BrowserKindName) => {
  await callWorker('load', name);
  const call =
    (what: keyof RemoteCalls) =>
    (...args: readonly unknown[]) =>
      callWorker(what, ...args) as never;
  return createRemoteKind({
    open: call('open'),
    expose: call('expose'),
    close: call('close'),
    remove: call('remove'),
    damage: call('damage'),
  });
};

if (host.document === undefined) {
  let remote: RemoteCalls | undefined;
  const calls: {[name: string]: (...args: never[]) => unknown} = {
    collect: (name: BrowserKindName, options: CertifyOptions) => collectHere(name, 'worker', options),
    run: runHere,
    load: (name: BrowserKindName) => {
      remote = createRemoteCalls(browserKinds[name]());
    },
  };
  host.addEventListener('message', async ({data}: {data: Call}) => {
    const work = calls[data.call] ?? remote?.[data.call as keyof RemoteCalls];
    if (work === undefined || data.call === undefined) {
      return;
    }
    const result = await Promise.resolve()
      .then(() => work(...(data.args as never[])))
      .then(
        (value) => ({value}),
        (error) => ({error: String((error as Error).stack ?? error)}),
      );
    host.postMessage({id: data.id, ...result});
  });
}
