// What the clients of a path say of themselves for as long as they are connected: a name, a cursor. The client's half; a server of
// Holdfast's has the other. Nothing of it is stored, and a store's synchronizer on the same socket knows nothing of it.

import type {Id} from '../base/content.ts';
import {createEmitter} from '../base/emitter.ts';
import {createIdPool} from '../base/ids.ts';
import {hostPorts} from '../base/ports.ts';
import type {PresenceState} from './server-presence.ts';
import {CONTROL_MESSAGE, PRESENCE} from './socket-channels.ts';
import {OPEN, type WebSocketLike} from './web-socket.ts';

/** Told what another client says of itself; `null` when it says nothing any more, or is gone, or this client is offline. */
export type PresenceStateListener = (presence: Presence, clientId: Id, state: PresenceState) => void;

export interface Presence {
  /** Says something of this client: whatever JSON can carry, by default up to 4,096 bytes with what goes round it; `null` is nothing. */
  setState(state: PresenceState): Presence;
  getState(): PresenceState;
  /** What the other clients of the path say: `{clientId: state}`; nobody, while offline. */
  getStates(): {[clientId: Id]: PresenceState};
  /** The id by which others see this client; another one each time that it connects. */
  getClientId(): Id | undefined;
  addListener(listener: PresenceStateListener): Id;
  delListener(listenerId: Id): Presence;
  /** Says nothing any more, and lets go of the socket, which it leaves open. */
  destroy(): void;
}

/** How long a channel that is not subscribed to yet is waited for, before it is asked again. */
const AGAIN_MS = 100;

/**
 * Says what this client is doing to the others on its path, and hears of them, over a socket that a synchronizer uses. The server must be
 * one of Holdfast's: TinyBase's does not know of presence. A socket that connects again says it again. Whoever makes one hears of others
 * from then on; a state that is not sent yet goes when the socket opens.
 *
 * ```ts
 * const presence = createPresence(synchronizer.getWebSocket());
 * presence.addListener((_presence, clientId, state) => drawCursor(clientId, state));
 * presence.setState({name: 'Ada', cursor: [10, 20]});
 * ```
 *
 * @param channelId The channel of the synchronizer, where several share the socket.
 */
export const createPresence = (webSocket: WebSocketLike, channelId?: Id): Presence => {
  const idPool = createIdPool();
  const listeners = createEmitter<[Presence, Id, PresenceState]>(
    () => idPool.take(),
    (error) => hostPorts.warn('A listener of a presence threw', error),
  );
  const states = new Map<Id, PresenceState>();
  let clientId: Id | undefined;
  let own: PresenceState = null;
  let timer: unknown;

  const say = (): void => {
    hostPorts.clearTimer(timer);
    if (webSocket.readyState === OPEN) {
      webSocket.send(
        `S\n${JSON.stringify([null, CONTROL_MESSAGE, [PRESENCE, channelId ?? null, own ?? null]])}`,
      );
    }
  };

  const hear = (id: Id, state: PresenceState): void => {
    state === null ? states.delete(id) : states.set(id, state);
    listeners.emit(presence, id, state);
  };

  const onMessage = ({data}: {readonly data?: unknown}): void => {
    const answer = readPresence(String(data), channelId);
    if (answer === undefined) {
      return;
    }
    if (answer.clientId === null) {
      timer = hostPorts.setTimer(say, AGAIN_MS, true);
      return;
    }
    clientId = answer.clientId;
    for (const [id, state] of answer.states) {
      id === clientId || hear(id, state);
    }
  };
  const onClose = (): void => {
    clientId = undefined;
    for (const id of [...states.keys()]) {
      hear(id, null);
    }
  };

  const presence: Presence = {
    setState: (state) => {
      own = state;
      say();
      return presence;
    },
    getState: () => own,
    getStates: () => Object.fromEntries(states),
    getClientId: () => clientId,
    addListener: listeners.add,
    delListener: (listenerId) => {
      listeners.delete(listenerId) && idPool.free(listenerId);
      return presence;
    },
    destroy: () => {
      own = null;
      say();
      webSocket.removeEventListener('open', say);
      webSocket.removeEventListener('message', onMessage);
      webSocket.removeEventListener('close', onClose);
      states.clear();
    },
  };
  webSocket.addEventListener('open', say);
  webSocket.addEventListener('message', onMessage);
  webSocket.addEventListener('close', onClose);
  say();
  return presence;
};

/** What a server says of presence on a channel: that the client is not there yet (no id), or who it is, and what others say. */
const readPresence = (
  frame: string,
  channelId: Id | undefined,
): {readonly clientId: Id | null; readonly states: readonly (readonly [Id, PresenceState])[]} | undefined => {
  if (!frame.startsWith(`S\n[null,${CONTROL_MESSAGE},[${PRESENCE},`)) {
    return undefined;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame.slice(2));
  } catch {
    return undefined;
  }
  const [, , [, channel, clientId, told]] = parsed as [unknown, unknown, unknown[]];
  const states = Array.isArray(told)
    ? told.filter((one) => Array.isArray(one) && typeof one[0] === 'string')
    : [];
  return channel === (channelId ?? null) && (clientId === null || typeof clientId === 'string')
    ? {clientId, states}
    : undefined;
};
