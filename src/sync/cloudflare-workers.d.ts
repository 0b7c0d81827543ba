// The part of Cloudflare's own module that is called; applications have it from @cloudflare/workers-types.

declare module 'cloudflare:workers' {
  /** https://developers.cloudflare.com/durable-objects/api/base/ */
  export abstract class DurableObject<Env = unknown> {
    protected ctx: DurableObjectState;
    protected env: Env;
    constructor(ctx: DurableObjectState, env: Env);
  }
}

/** https://developers.cloudflare.com/durable-objects/api/state/ */
interface DurableObjectState {
  readonly storage: unknown;
  acceptWebSocket(socket: import('./hibernating-web-socket.ts').HibernatingWebSocket, tags?: string[]): void;
  getWebSockets(tag?: string): import('./hibernating-web-socket.ts').HibernatingWebSocket[];
  blockConcurrencyWhile<Result>(work: () => Promise<Result>): Promise<Result>;
}
