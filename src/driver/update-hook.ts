// Shares the one update hook that SQLite gives a handle among all who listen to it. Knows no platform.

const listenersOf = new WeakMap<object, Set<() => void>>();

/**
 * Calls back soon after changes that the handle itself makes; returns how to stop. Not at once: the hook runs in the
 * middle of the statement, when nothing may be asked of the handle.
 *
 * @param setHook Sets the handle's hook, or removes it.
 */
export const watchUpdates = (
  handle: object,
  setHook: (hook: (() => void) | undefined) => void,
  onUpdate: () => void,
): (() => void) => {
  const listeners = listenersOf.get(handle) ?? new Set();
  if (listeners.size === 0) {
    listenersOf.set(handle, listeners);
    setHook(
      soon(() => {
        for (const listener of listeners) {
          listener();
        }
      }),
    );
  }
  const own = () => onUpdate();
  listeners.add(own);
  return () => {
    if (listeners.delete(own) && listeners.size === 0) {
      listenersOf.delete(handle);
      setHook(undefined);
    }
  };
};

// One call for all the times that it was asked for in one go.
const soon = (call: () => void): (() => void) => {
  let isPending = false;
  return () => {
    if (!isPending) {
      isPending = true;
      void Promise.resolve().then(() => {
        isPending = false;
        call();
      });
    }
  };
};
