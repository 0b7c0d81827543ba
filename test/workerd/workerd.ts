// A real workerd, with the Durable Objects in which tests run (`objects.ts`). Knows nothing of what is tested there.

import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {importComponent} from '../components/component.ts';
import type {Steps} from './objects.ts';

interface Miniflare {
  readonly ready: Promise<unknown>;
  dispatchFetch(url: string, init: {method: string; body: string}): Promise<{json(): Promise<unknown>}>;
  dispose(): Promise<void>;
}

type Arguments<Step> = Step extends (host: never, ...args: infer Args) => unknown ? Args : never;
type Result<Step> = Step extends (...args: never[]) => Promise<infer Value> ? Value : never;

export interface Workerd {
  /** Has the object of this name do something; rejects with what it throws. */
  ask<Name extends keyof Steps>(
    objectName: string,
    step: Name,
    ...args: Arguments<Steps[Name]>
  ): Promise<Result<Steps[Name]>>;
  stop(): Promise<void>;
}

/** Starts workerd; objects keep their databases in the folder, or in memory. */
export const startWorkerd = async (folder?: string): Promise<Workerd> => {
  bundled ??= bundle();
  const {Miniflare: Host} = await importComponent<{Miniflare: new (options: object) => Miniflare}>(
    'workerd',
    'miniflare',
  );
  const host = new Host({
    modules: [{type: 'ESModule', path: 'objects.mjs', contents: await bundled}],
    modulesRoot: '/',
    compatibilityDate: '2026-07-01',
    durableObjects: {TESTED: {className: 'Tested', useSQLite: true}},
    ...(folder === undefined ? {} : {durableObjectsPersist: folder}),
  });
  await host.ready;
  return {
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

let bundled: Promise<string> | undefined;

const bundle = async (): Promise<string> => {
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(new URL('./objects.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    external: ['cloudflare:workers'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};
