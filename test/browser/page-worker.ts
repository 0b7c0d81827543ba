// A worker of a page, which runs the same bundle, and the calls between the two. Knows nothing of what is called.

export interface PageWorker {
  /** Resolves or rejects as the function of this name does in the worker. Ports among the arguments go there. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  end(): void;
}

interface Call {
  readonly call: string;
  readonly id: number;
  readonly args: readonly unknown[];
}
interface Result {
  readonly result: number;
  readonly value?: unknown;
  readonly error?: string;
}
interface Port {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  addEventListener(type: 'message', listener: (event: {readonly data: unknown}) => void): void;
}
interface Host extends Port {
  readonly document?: unknown;
  readonly Worker: new (url: string) => Port & {terminate(): void};
}

const host = globalThis as unknown as Host;

export const startWorker = (): PageWorker => {
  const worker = new host.Worker('/holdfast.js');
  const waiting = new Map<number, (result: Result) => void>();
  let lastId = 0;
  worker.addEventListener('message', ({data}) => waiting.get((data as Result).result)?.(data as Result));
  return {
    call: async (call, ...args) => {
      const id = ++lastId;
      const {error, value} = await new Promise<Result>((resolve) => {
        waiting.set(id, resolve);
        worker.postMessage(
          {call, id, args} satisfies Call,
          args.filter((arg) => arg instanceof MessagePort),
        );
      });
      waiting.delete(id);
      if (error !== undefined) {
        throw new Error(error);
      }
      return value;
    },
    end: () => worker.terminate(),
  };
};

/** In a worker, answers what its page calls; on a page, nothing. */
export const answerPage = (functions: {readonly [name: string]: (...args: never[]) => unknown}): void => {
  if (host.document !== undefined) {
    return;
  }
  host.addEventListener('message', async ({data}) => {
    const {call, id, args} = data as Partial<Call>;
    const work = functions[call ?? ''];
    if (work === undefined || args === undefined) {
      return;
    }
    const answer = await Promise.resolve()
      .then(() => work(...(args as never[])))
      .then(
        (value) => ({value}),
        (error) => ({error: String((error as Error).stack ?? error)}),
      );
    host.postMessage({result: id, ...answer});
  });
};
