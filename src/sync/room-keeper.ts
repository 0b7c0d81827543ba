// The server's own store on a path, kept by a persister and in step with the path's clients. Where the persister cannot be made or cannot
// load, it is tried again with back-off, and the clients are asked for what was missed meanwhile. Knows nothing of sockets.
//
//   starting ──▶ ready ──▶ stopped        failing: what clients say is checked, and let go; hashes find it
//      │  ▲
//      ▼  │ back-off
//    failing                              unkept: the path has no persister

import type {Id, IdOrNull} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import {createBackoff} from '../persister/backoff.ts';
import type {Durability, Persister, Persists} from '../persister/persister.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {checkBody} from './message-shapes.ts';
import {Message, type Receive} from './messages.ts';
import {type Room, SERVER_ID} from './room.ts';
import {createSynchronizer} from './synchronizer.ts';
import type {Synchronizer} from './synchronizer-contract.ts';
import {decodeMessage, encodeMessage, toFrames, type WireMessage} from './wire.ts';

/** A persister of a mergeable store: one of Holdfast's, or one like it. */
export type PathPersister = Pick<
  Persister<Persists.StoreOrMergeableStore>,
  'startAutoPersisting' | 'destroy'
> & {
  getStore(): unknown;
  getDurability?(): Durability;
  addDurabilityListener?(listener: (persister: unknown, durability: Durability) => void): Id;
  whenDurable?(): Promise<void>;
};

export type CreatedPersister = PathPersister | [PathPersister, (store: MergeableStore) => void] | undefined;

type KeeperState = 'starting' | 'ready' | 'failing' | 'unkept' | 'stopped';

export interface RoomKeeper {
  getState(): KeeperState;
  /** What keeps it from storing, if anything does. */
  getError(): unknown;
  isDurable(): boolean;
  /** Reads what is said to the server or to all; throws `sync/malformed` and `sync/clock-ahead`. */
  read(text: string): WireMessage;
  /** Takes in what was read, of so many characters. */
  take(fromId: Id, message: WireMessage, length: number): void;
  start(): void;
  /** Resolves when all that was taken in is stored. */
  whenDurable(): Promise<void>;
  /** Saves what is pending, and lets go of the store. */
  stop(): Promise<void>;
}

export interface KeeperOptions {
  readonly createPersister: () => CreatedPersister | Promise<CreatedPersister>;
  readonly requestTimeoutSeconds: number;
  readonly fragmentSize: number | undefined;
  readonly ports: Ports;
  readonly onError: (error: unknown) => void;
  /** Told when it begins to fail, with the error, and when it no longer does. */
  readonly onFailing: (error: unknown) => void;
  readonly onRecovered: () => void;
  /** Told when everything is stored. */
  readonly onDurable: () => void;
  /** Told of each time that things were stored, and how long they waited for it. */
  readonly onSaved: (durationMs: number) => void;
}

/** What is said before the store is loaded, in characters; what is beyond it is found by asking. */
const MAX_EARLY_LENGTH = 1024 * 1024;
/** Questions of one side that are remembered. An honest synchronizer has at most 100 open. */
const MAX_QUESTIONS = 1_000;
const CATCH_UP = 'holdfast:catch-up';

export const createRoomKeeper = (room: Room, options: KeeperOptions): RoomKeeper => {
  const {createPersister, requestTimeoutSeconds, fragmentSize, ports} = options;
  let state: KeeperState = 'starting';
  let failure: unknown;
  let persister: PathPersister | undefined;
  let synchronizer: Synchronizer | undefined;
  let receive: Receive = () => undefined;
  let early: [fromId: Id, message: WireMessage][] = [];
  let earlyLength = 0;
  let pendingSinceMs: number | undefined;
  let starting: Promise<void> = Promise.resolve();
  // What requests want: of clients, until they are answered; of the server's own, so that answers can be checked.
  const asked = new Map<Id, Message>();
  const asking = new Map<Id, Message>();

  // What it was doing when everybody left is no fault.
  const onError = (error: unknown): void => {
    if (state !== 'stopped' || !isHoldfastError(error, 'persister/destroyed')) {
      options.onError(error);
    }
  };

  const remember = (questions: Map<Id, Message>, key: Id, message: Message): void => {
    questions.set(key, message);
    if (questions.size > MAX_QUESTIONS) {
      questions.delete(questions.keys().next().value as Id);
    }
  };

  const send = (to: IdOrNull, requestId: IdOrNull, message: Message, body: unknown): void => {
    let answered: Message | undefined;
    if (requestId !== null && message === Message.Response) {
      answered = asked.get(`${to}\n${requestId}`);
      asked.delete(`${to}\n${requestId}`);
    } else if (requestId !== null) {
      remember(asking, requestId, message);
    }
    const text = encodeMessage({requestId, message, body}, answered);
    const texts = toFrames('', text, fragmentSize).map((frame) => frame.slice(1));
    room.route(SERVER_ID, to ?? '', texts);
  };

  const takeNow = (fromId: Id, {requestId, message, body}: WireMessage): void => {
    // What was asked for by this alone: the hashes of each client.
    const isCaughtUp = message === Message.Response && requestId === CATCH_UP;
    if (requestId !== null && message >= Message.GetTableDiff) {
      remember(asked, `${fromId}\n${requestId}`, message);
    }
    try {
      isCaughtUp
        ? receive(fromId, null, Message.ContentHashes, body)
        : receive(fromId, requestId, message, body);
    } catch (error) {
      // Of a listener of the application, for what comes here has been checked.
      onError(error);
    }
  };

  // Each client that is here already is asked for what it has, and none is waited for: those that come later say it by themselves.
  const catchUp = (): void => {
    for (const clientId of [...room.members.keys()]) {
      send(clientId, CATCH_UP, Message.GetContentHashes, '');
    }
  };

  const fail = (error: unknown): void => {
    const isNew = failure === undefined;
    failure = error ?? new Error('Unknown');
    isNew && options.onFailing(failure);
  };

  const recover = (): void => {
    if (failure !== undefined) {
      failure = undefined;
      options.onRecovered();
    }
  };

  const follow = (durability: Durability): void => {
    if (durability.state === 'failing') {
      fail(durability.error);
    } else if (durability.state === 'durable') {
      pendingSinceMs === undefined || options.onSaved(ports.now() - pendingSinceMs);
      pendingSinceMs = undefined;
      recover();
      options.onDurable();
      return;
    }
    pendingSinceMs ??= ports.now();
  };

  const letGo = async (given: PathPersister | undefined): Promise<void> => {
    try {
      await given?.destroy();
    } catch (error) {
      onError(error);
    }
  };

  const synchronize = async (store: MergeableStore): Promise<void> => {
    synchronizer = createSynchronizer(
      store,
      {
        send,
        registerReceive: (toReceive) => {
          receive = toReceive;
        },
        destroy: () => undefined,
        requestTimeoutSeconds,
        onIgnoredError: onError,
        ports,
        isChecked: true,
        asksAtStart: false,
      },
      {},
    );
    const synchronizing = synchronizer.startSync();
    const said = early;
    early = [];
    for (const [fromId, message] of said) {
      takeNow(fromId, message);
    }
    await synchronizing;
    catchUp();
  };

  const giveUpForNow = (error: unknown): void => {
    if (state !== 'stopped') {
      state = 'failing';
      early = [];
      fail(error);
      backoff.plan();
    }
  };

  const startNow = async (): Promise<void> => {
    let made: PathPersister | undefined;
    try {
      const created = await createPersister();
      const [given, onReady] = Array.isArray(created) ? created : [created, undefined];
      made = given;
      if (given === undefined) {
        state = 'unkept';
        early = [];
        return;
      }
      await given.startAutoPersisting();
      // It has no more clients.
      if (state === 'stopped') {
        await letGo(given);
        return;
      }
      persister = given;
      state = 'ready';
      backoff.reset();
      const durability = given.getDurability?.();
      durability?.state === 'failing' ? fail(durability.error) : recover();
      given.addDurabilityListener?.((_, now) => follow(now));
      const store = given.getStore() as MergeableStore;
      onReady?.(store);
      await synchronize(store);
    } catch (error) {
      onError(error);
      if (persister === undefined) {
        await letGo(made);
        giveUpForNow(error);
      }
    }
  };
  const start = (): void => {
    starting = startNow();
  };
  const backoff = createBackoff(ports, start);

  const isDurable = (): boolean => (persister?.getDurability?.().state ?? 'durable') === 'durable';

  return {
    getState: () => state,
    getError: () => failure,
    isDurable,
    read: (text) => {
      const read = decodeMessage(text);
      const {requestId, message, body} = read;
      const answered = requestId === null ? undefined : asking.get(requestId);
      if (checkBody(message, body, {answered, nowMs: ports.now()})) {
        throw new HoldfastError(
          'sync/clock-ahead',
          'A stamp is more than five minutes ahead: set the clock of the device that made it',
        );
      }
      return read;
    },
    take: (fromId, read, length) => {
      if (state === 'ready') {
        takeNow(fromId, read);
      } else if (state === 'starting') {
        earlyLength += length;
        earlyLength > MAX_EARLY_LENGTH || early.push([fromId, read]);
      }
    },
    start,
    whenDurable: async () => {
      await starting;
      if (persister?.whenDurable !== undefined) {
        await persister.whenDurable();
      }
    },
    stop: async () => {
      const wasReady = state === 'ready';
      state = 'stopped';
      early = [];
      backoff.reset();
      await synchronizer?.destroy();
      if (wasReady) {
        await letGo(persister);
      } else {
        await starting;
      }
    },
  };
};
