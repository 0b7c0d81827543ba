// A real workerd, with Durable Objects in which something runs (tests: `objects.ts`). Knows nothing of what is tested there.

import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {importComponent} from '../components/component.ts';
import type {Steps} from './objects.ts';

interface Miniflare {
  readonly ready: Promise<URL>;
  dispatchFetch(url: string, init: {method: string; body: string}): Promise<{json(): Promise<unknown>}>;
  dispose(): Promise<void>;
}

type Arguments<Step> = Step extends (host: never, ...args: infer Args) => unknown ? Args : never;
type Result<Step> = Step extends (...args: never[]) => Promise<infer Value> ? Value : never;

/** Steps that objects of a Worker can be asked to do. */
type AnySteps = {readonly [name: string]: (host: never, ...args: never[]) => Promise<unknown>};

export interface Workerd<WorkerSteps = Steps> {
  /** Has the object of this name do something; rejects with what it throws. */
  ask<Name extends keyof WorkerSteps & string>(
    objectName: string,
    step: Name,
    ...args: Arguments<WorkerSteps[Name]>
  ): Promise<Result<WorkerSteps[Name]>>;
  /** Where it listens, with a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

const OBJECTS = new URL('./objects.ts', import.meta.url);

/** Starts workerd with the objects of tests, which keep their databases in the folder, or in memory. */
export const startWorkerd = (folder?: string): Promise<Workerd> => startWorker<Steps>(OBJECTS, folder);

/** Starts workerd with a Worker whose class `Tested` of objects is asked by a POST of `{step, args}`, with SQLite or without. */
export const startWorker = async <WorkerSteps extends AnySteps>(
  source: URL,
  folder?: string,
  hasSql = true,
  port = 0,
): Promise<Workerd<WorkerSteps>> => {
  const {Miniflare: Host} = await importComponent<{Miniflare: new (options: object) => Miniflare}>(
    'workerd',
    'miniflare',
  );
  const host = new Host({
    modules: [{type: 'ESModule', path: 'worker.mjs', contents: await bundle(source)}],
    modulesRoot: '/',
    port,
    compatibilityDate: '2026-07-01',
    durableObjects: {TESTED: {className: 'Tested', useSQLite: hasSql}},
    ...(folder === undefined ? {} : {durableObjectsPersist: folder}),
  });
  const url = String(await host.ready);
  return {
    url,
    ask: async (objectName, step, ...args) => {
      const url = `http://tested/${encodeURIComponent(objectName)}`;
      const response = await host.dispatchFetch(url, {method: 'POST', body: JSON.stringify({step, args})});
      const answer = (await response.json()) as {result?: unknown; error?: string};
      if (answer.error !== undefined) {
        throw new Error(answer.error);
      }
      return answer.result as never;
    },
    stop: () => host.dispose(),
  };
};

const bundles = new Map<string, Promise<string>>();

const bundle = (source: URL): Promise<string> => {
  const bundled = bundles.get(source.href) ?? buildWorker(source);
  bundles.set(source.href, bundled);
  return bundled;
};

const buildWorker = async (source: URL): Promise<string> => {
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    format: 'esm',
    external: ['cloudflare:workers'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};
