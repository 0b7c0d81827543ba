// One page or worker of a browser at a time, by a Web Lock. Where the host has no locks (plain http, old browsers) the
// work runs at once: the caller must bear a race then.

interface LockManager {
  request<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** Runs work while nobody else holds the lock of this name; without a name, at once. */
export const withWebLock = <Result>(
  lockName: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> => {
  const {navigator} = globalThis as {navigator?: {locks?: LockManager}};
  const locks = navigator?.locks;
  return lockName === undefined || locks === undefined ? work() : locks.request(lockName, work);
};
