// A Worker's class of Durable Objects that do what they are asked to, step by step, and the handler that asks them.

import {DurableObject} from 'cloudflare:workers';

// biome-ignore lint/suspicious/noExplicitAny: arguments come as JSON.
type AnyStep<Storage> = (storage: Storage, ...args: any[]) => Promise<unknown>;

interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): {fetch(request: Request): Promise<Response>};
}

/** `Tested` is the class; the Worker's default export is `worker`. */
export const serveSteps = <Storage>(steps: {readonly [name: string]: AnyStep<Storage>}) => ({
  Tested: class extends DurableObject {
    async fetch(request: Request): Promise<Response> {
      const {step, args} = (await request.json()) as {step: string; args: unknown[]};
      const {storage} = (this as unknown as {ctx: {storage: Storage}}).ctx;
      try {
        return Response.json({result: await steps[step]?.(storage, ...args)});
      } catch (error) {
        return Response.json({error: String((error as Error)?.stack ?? error)});
      }
    }
  },
  worker: {
    fetch: (request: Request, env: {readonly TESTED: Namespace}) =>
      env.TESTED.get(env.TESTED.idFromName(new URL(request.url).pathname)).fetch(request),
  },
});
