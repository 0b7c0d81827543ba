// Whether everything is stored: the state that an application may ask for and listen to, and who waits for it.
// Knows nothing of stores and storages.

import type {Id} from '../base/content.ts';
import {createEmitter} from '../base/emitter.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Durability} from './persister.ts';

export interface DurabilityState {
  get(): Durability;
  /** Tells everybody concerned, if the state is another than last told. */
  update(): void;
  fail(error: unknown): void;
  succeed(): void;
  isFailing(): boolean;
  addListener(listener: (durability: Durability) => void): Id;
  deleteListener(listenerId: Id): boolean;
  hasListeners(): boolean;
  whenDurable(): Promise<void>;
  /** Nobody is to wait any longer: it will not be stored. */
  abandon(): void;
}

export const createDurability = (
  countPending: () => number,
  nextId: () => Id,
  onListenerError: (error: unknown) => void,
): DurabilityState => {
  const emitter = createEmitter<[Durability]>(nextId, onListenerError);
  let failure: {readonly error: unknown} | undefined;
  let told: Durability = {state: 'durable', pendingCount: 0};
  let waiting: {resolve: () => void; reject: (error: unknown) => void}[] = [];

  const get = (): Durability => {
    const pendingCount = countPending();
    if (failure !== undefined) {
      return {state: 'failing', pendingCount, error: failure.error};
    }
    return {state: pendingCount === 0 ? 'durable' : 'pending', pendingCount};
  };

  const update = (): void => {
    if (emitter.count() === 0 && waiting.length === 0) {
      return;
    }
    const now = get();
    if (now.state === 'durable') {
      const resolved = waiting;
      waiting = [];
      for (const {resolve} of resolved) {
        resolve();
      }
    }
    if (now.state !== told.state || now.pendingCount !== told.pendingCount || now.error !== told.error) {
      told = now;
      emitter.emit(now);
    }
  };

  return {
    get,
    update,
    fail: (error) => {
      failure = {error};
      update();
    },
    succeed: () => {
      failure = undefined;
      update();
    },
    isFailing: () => failure !== undefined,
    addListener: (listener) => {
      told = get();
      return emitter.add(listener);
    },
    deleteListener: (listenerId) => emitter.delete(listenerId),
    hasListeners: () => emitter.count() > 0,
    whenDurable: () =>
      get().state === 'durable'
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            waiting.push({resolve, reject});
          }),
    abandon: () => {
      const rejected = waiting;
      waiting = [];
      for (const {reject} of rejected) {
        reject(
          new HoldfastError(
            'persister/destroyed',
            'The persister was destroyed before everything was stored',
            {
              pendingCount: countPending(),
            },
            failure?.error,
          ),
        );
      }
    },
  };
};
