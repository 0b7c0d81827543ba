// Whether another page or worker of the origin is alive still, by Web Locks: whoever lives holds one of a name of its own,
// and the browser gives it to who waits for it once the holder is gone, however it went. Where the host has no locks
// (plain http, old browsers, frames without an origin), nobody is told.

import {getUniqueId} from '../base/ids.ts';

interface LockManager {
  request(name: string, options: {readonly signal?: unknown}, work: () => unknown): Promise<unknown>;
}

interface Aborter {
  readonly signal: unknown;
  abort(): void;
}

const lockManager = (): LockManager | undefined =>
  (globalThis as {navigator?: {locks?: LockManager}}).navigator?.locks;

/** Holds a lock from when it resolves, until `end` is called or the page or worker is gone; its name is undefined without locks. */
export const showLife = async (): Promise<{readonly name: string | undefined; end(): void}> => {
  const locks = lockManager();
  const withoutLock = {name: undefined, end: () => undefined};
  if (locks === undefined) {
    return withoutLock;
  }
  const name = `holdfast life ${getUniqueId()}`;
  return new Promise((resolve) => {
    locks
      .request(name, {}, () => new Promise<void>((end) => resolve({name, end: () => end()})))
      .catch(() => resolve(withoutLock));
  });
};

/** Calls back once when whoever holds the lock of this name is gone; returns how to stop. */
export const watchLife = (name: string | undefined, onGone: () => void): (() => void) => {
  const locks = lockManager();
  if (locks === undefined || name === undefined) {
    return () => undefined;
  }
  const {AbortController: Controller} = globalThis as unknown as {AbortController: new () => Aborter};
  const aborter = new Controller();
  locks.request(name, {signal: aborter.signal}, onGone).catch(() => {
    // Nobody wants to know any more: that is what aborting is for.
  });
  return () => aborter.abort();
};
