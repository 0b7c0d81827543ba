// Keeps mergeable stores of one process in step, for tests and demonstrations: messages go from one to all others some turns later.

import type {Id} from '../base/content.ts';
import {getUniqueId} from '../base/ids.ts';
import {hostPorts} from '../base/ports.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import type {Receive, Send} from './messages.ts';
import {createSynchronizer} from './synchronizer.ts';
import type {Synchronizer} from './synchronizer-contract.ts';

export interface LocalSynchronizer extends Synchronizer {}

const REQUEST_TIMEOUT_SECONDS = 0.05;

const receivers = new Map<Id, Receive>();

/** Synchronizes with all other local synchronizers of this process. */
export const createLocalSynchronizer = (
  store: MergeableStore,
  onSend?: Send,
  onReceive?: Receive,
  onIgnoredError?: (error: unknown) => void,
): LocalSynchronizer => {
  const clientId = getUniqueId();
  return createSynchronizer(
    store,
    {
      send: (to, requestId, message, body) => {
        // What is sent is sent as it is now.
        const copy = structuredClone(body);
        hostPorts.setTimer(() => {
          const found = to === null ? [...receivers] : [[to, receivers.get(to)] as const];
          for (const [id, receive] of found) {
            id === clientId || receive?.(clientId, requestId, message, copy);
          }
        }, 0);
      },
      registerReceive: (receive) => receivers.set(clientId, receive),
      destroy: () => receivers.delete(clientId),
      requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
      onSend,
      onReceive,
      onIgnoredError,
      spellsBodies: true,
    },
    {},
  );
};

declare const structuredClone: <Thing>(thing: Thing) => Thing;
