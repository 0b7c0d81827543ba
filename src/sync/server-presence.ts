// What clients of a path say of themselves for as long as they are there: a cursor, a name. Kept nowhere else. Knows nothing of sockets.

import type {Id} from '../base/content.ts';

/** Whatever JSON can carry. */
export type PresenceState = unknown;

export interface PathPresence {
  readonly states: ReadonlyMap<Id, PresenceState>;
  /** Who wants to hear of others: whoever has said something once. */
  readonly listeners: Map<Id, (states: readonly (readonly [Id, PresenceState])[]) => void>;
  /** Sets what a client says of itself, and tells others; null is nothing. */
  set(clientId: Id, state: PresenceState): void;
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
    delete: (clientId) => {
      listeners.delete(clientId);
      set(clientId, null);
    },
  };
};
