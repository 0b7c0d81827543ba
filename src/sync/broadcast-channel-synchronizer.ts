// Keeps mergeable stores in the tabs and workers of a browser in step, over a BroadcastChannel; Node has those, too.

import type {Id} from '../base/content.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import type {Message, Receive, Send} from './messages.ts';
import {createSynchronizer} from './synchronizer.ts';
import type {Synchronizer} from './synchronizer-contract.ts';

export interface BroadcastChannelSynchronizer extends Synchronizer {
  getChannelName(): string;
}

export interface BroadcastChannelLike {
  onmessage: ((event: {readonly data: unknown}) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What TinyBase's does not have. */
export interface BroadcastChannelOptions {
  /** The class of channels; default the host's. */
  readonly BroadcastChannel?: new (
    name: string,
  ) => BroadcastChannelLike;
  /** Timers and ids, for a simulation; default the host's. */
  readonly ports?: Ports;
}

const REQUEST_TIMEOUT_SECONDS = 1;

/** Synchronizes with all others on the channel of that name. */
export const createBroadcastChannelSynchronizer = (
  store: MergeableStore,
  channelName: string,
  onSend?: Send,
  onReceive?: Receive,
  onIgnoredError?: (error: unknown) => void,
  {BroadcastChannel: Channel = BroadcastChannel, ports = hostPorts}: BroadcastChannelOptions = {},
): BroadcastChannelSynchronizer => {
  const clientId = ports.uniqueId();
  const channel = new Channel(channelName);
  return createSynchronizer(
    store,
    {
      send: (to, requestId, message, body) => channel.postMessage([clientId, to, requestId, message, body]),
      registerReceive: (receive) => {
        channel.onmessage = ({data}) => {
          const [from, to, requestId, message, body] = Array.isArray(data) ? data : [];
          if (typeof from === 'string' && (to === null || to === clientId)) {
            receive(from, requestId as Id | null, message as Message, body);
          }
        };
      },
      destroy: () => channel.close(),
      requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
      onSend,
      onReceive,
      onIgnoredError,
      spellsBodies: true,
      ports,
    },
    {getChannelName: () => channelName},
  );
};

declare const BroadcastChannel: new (name: string) => BroadcastChannelLike;
