// The server's own store on a path, kept by a persister and in step with the path's clients for as long as there are any.

import type {Id, IdOrNull} from '../base/content.ts';
import type {Ports} from '../base/ports.ts';
import type {Persister, Persists} from '../persister/persister.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {Message, type Receive} from './messages.ts';
import {type Member, type Room, SERVER_ID} from './room.ts';
import {createSynchronizer, type Synchronizer} from './synchronizer.ts';
import {createAssembler, decodeMessage, encodeMessage, toFrames} from './wire.ts';

/** A persister of a mergeable store. */
export type PathPersister = Pick<
  Persister<Persists.StoreOrMergeableStore>,
  'startAutoPersisting' | 'destroy'
> & {getStore(): unknown};

export interface RoomKeeper {
  readonly member: Member;
  /** Loads, and asks the clients for what they have. */
  start(): Promise<void>;
  /** Saves what is pending, and lets go of the store. */
  stop(): Promise<void>;
}

export interface KeeperOptions {
  readonly requestTimeoutSeconds: number;
  readonly fragmentSize: number | undefined;
  readonly ports: Ports;
  readonly onIgnoredError: ((error: unknown) => void) | undefined;
  /** Called with the id of a client that said what cannot be read. */
  readonly onMalformed: (clientId: Id, error: unknown) => void;
}

export const createRoomKeeper = (
  room: Room,
  persister: PathPersister,
  onReady: ((store: MergeableStore) => void) | undefined,
  {requestTimeoutSeconds, fragmentSize, ports, onIgnoredError, onMalformed}: KeeperOptions,
): RoomKeeper => {
  const store = persister.getStore() as MergeableStore;
  const assembler = createAssembler();
  const asked = new Map<Id, Message>();
  let receive: Receive = () => undefined;
  let synchronizer: Synchronizer | undefined;
  // What was said before the store was loaded.
  let early: [fromId: Id, text: string][] | undefined = [];

  const hear = (fromId: Id, text: string): void => {
    if (early !== undefined) {
      early.push([fromId, text]);
      return;
    }
    try {
      const whole = assembler.add(fromId, text);
      if (whole !== undefined) {
        const {requestId, message, body} = decodeMessage(whole);
        requestId !== null && message >= Message.GetTableDiff && asked.set(requestId, message);
        receive(fromId, requestId, message, body);
      }
    } catch (error) {
      onMalformed(fromId, error);
    }
  };

  const send = (to: IdOrNull, requestId: IdOrNull, message: Message, body: unknown): void => {
    const answered = requestId === null ? undefined : asked.get(requestId);
    requestId !== null && message === Message.Response && asked.delete(requestId);
    const text = encodeMessage({requestId, message, body}, answered);
    for (const frame of toFrames('', text, fragmentSize)) {
      room.route(SERVER_ID, to ?? '', frame.slice(1));
    }
  };

  return {
    member: {hear},
    start: async () => {
      await persister.startAutoPersisting();
      onReady?.(store);
      synchronizer = createSynchronizer(
        store,
        {
          send,
          registerReceive: (toReceive) => {
            receive = toReceive;
          },
          destroy: () => undefined,
          requestTimeoutSeconds,
          onIgnoredError,
          ports,
        },
        {},
      );
      const starting = synchronizer.startSync();
      const said = early ?? [];
      early = undefined;
      for (const [fromId, text] of said) {
        hear(fromId, text);
      }
      await starting;
    },
    stop: async () => {
      early = undefined;
      await synchronizer?.destroy();
      await persister.destroy();
    },
  };
};
