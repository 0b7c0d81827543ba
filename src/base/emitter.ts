// Listeners with ids. Knows nothing of what they listen to.

import type {Id} from './content.ts';

export interface Emitter<Arguments extends unknown[]> {
  add(listener: (...args: Arguments) => void): Id;
  /** Returns whether there was such a listener. */
  delete(listenerId: Id): boolean;
  /** Calls each listener in the order they were added; one that throws does not keep the others from hearing. */
  emit(...args: Arguments): void;
  count(): number;
}

/** `ids` hands out listener ids, so that several emitters of one object can share one sequence. */
export const createEmitter = <Arguments extends unknown[]>(
  nextId: () => Id,
  onListenerError: (error: unknown) => void,
): Emitter<Arguments> => {
  const listeners = new Map<Id, (...args: Arguments) => void>();
  return {
    add: (listener) => {
      const id = nextId();
      listeners.set(id, listener);
      return id;
    },
    delete: (listenerId) => listeners.delete(listenerId),
    emit: (...args) => {
      for (const listener of [...listeners.values()]) {
        try {
          listener(...args);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    count: () => listeners.size,
  };
};
