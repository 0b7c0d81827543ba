// What clients of a path say of themselves for as long as they are there: a cursor, a name. Kept nowhere else. Knows nothing of sockets.

import type {Id} from '../base/content.ts';

/** Whatever JSON can carry. */
export type PresenceState = unknown;

export type PresenceHearer = (states: readonly (readonly [Id, PresenceState])[]) => void;

export interface PathPresence {
  readonly states: ReadonlyMap<Id, PresenceState>;
  /** Who wants to hear of others: whoever has said something once. */
  readonly listeners: Map<Id, PresenceHearer>;
  /** Sets what a client says of itself, and tells others; null is nothing. */
  set(clientId: Id, state: PresenceState): void;
  /** What a client said before the server slept: the others know it. */
  restore(clientId: Id, state: PresenceState, listener: PresenceHearer): void;
  /** Forgets a client, and tells others. */
  delete(clientId: Id): void;
}

export const createPathPresence = (onChange: (clientId: Id, state: PresenceState) => void): PathPresence => {
  const states = new Map<Id, PresenceState>();
  const listeners: PathPresence['listeners'] = new Map();
  const set = (clientId: Id, state: PresenceState): void => {
    if (state === null ? !states.delete(clientId) : !states.set(clientId, state)) {
      return;
    }
    for (const [id, listener] of listeners) {
      id === clientId || listener([[clientId, state]]);
    }
    onChange(clientId, state);
  };
  return {
    states,
    listeners,
    set,
    restore: (clientId, state, listener) => {
      listeners.set(clientId, listener);
      state === null || states.set(clientId, state);
    },
    delete: (clientId) => {
      listeners.delete(clientId);
      set(clientId, null);
    },
  };
};
