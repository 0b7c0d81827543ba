// Keeps a mergeable store in step with others: tells them of each change, and finds out by hashes what else differs. Knows the
// protocol; not how messages travel.
//
//   start:   who has something? ── hashes ── tables, rows, cells that differ, one question each ── merged in one transaction
//   later:   each transaction is sent to all; whoever hears hashes that are not its own asks for what differs
//   repair:  who was not answered asks and tells all again; who has more than it was told of tells the one who told

import type {Id, IdOrNull} from '../base/content.ts';
import {createEmitter} from '../base/emitter.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import {createIdPool} from '../base/ids.ts';
import {hostPorts} from '../base/ports.ts';
import {createQueue} from '../base/queue.ts';
import type {ContentHashes} from '../merge/mergeable.ts';
import {type InitialContent, Status} from '../persister/persister.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {answerTo, findDifferences, hasMembers} from './differences.ts';
import {checkBody} from './message-shapes.ts';
import {Message, type Receive, type Send} from './messages.ts';
import {createRepair} from './repair.ts';
import {createRequests} from './requests.ts';
import {spellBody} from './spell-body.ts';
import type {Synchronizer, SynchronizerOptions} from './synchronizer-contract.ts';
import {AHEAD_ID} from './wire.ts';

const AHEAD_MESSAGE =
  'Others do not take what is set here: the clock of this device is more than five minutes ahead of theirs; set it, and reload';
/**
 * Creates a synchronizer whose messages travel by functions of the caller's.
 *
 * @param send Sends a message to a client, or to all.
 * @param registerReceive Is given what to call with each message that comes, and what to call when no more will.
 * @param destroy Is called when the synchronizer is destroyed.
 * @param requestTimeoutSeconds How long to wait for an answer; a request that nobody answers is told to `onIgnoredError`.
 */
export const createCustomSynchronizer = (
  store: MergeableStore,
  send: Send,
  registerReceive: (receive: Receive, fail: (error: Error) => void) => void,
  destroy: () => void,
  requestTimeoutSeconds: number,
  onSend?: Send,
  onReceive?: Receive,
  onIgnoredError?: (error: unknown) => void,
): Synchronizer =>
  createSynchronizer(
    store,
    {
      send,
      registerReceive,
      destroy,
      requestTimeoutSeconds,
      onSend,
      onReceive,
      onIgnoredError,
      spellsBodies: true,
    },
    {},
  );

export const createSynchronizer = <Extra extends object>(
  store: MergeableStore,
  options: SynchronizerOptions,
  extra: Extra,
): Synchronizer & Extra => {
  if (typeof store?.isMergeable !== 'function' || !store.isMergeable()) {
    throw new HoldfastError(
      'persister/unsupported-store',
      'A synchronizer wants a mergeable store, as createMergeableStore() makes one',
    );
  }
  const {send, requestTimeoutSeconds, onSend, onReceive, onIgnoredError, ports = hostPorts} = options;
  const {isChecked = false, isTerse = false, asksAtStart = true} = options;
  const spell = options.spellsBodies ? spellBody : (_message: Message, body: unknown) => body;
  const queue = createQueue();
  // The hashes that clients told of, and nobody has looked at yet.
  const toldHashes = new Map<Id, {readonly hashes: ContentHashes; readonly how: 'alone' | 'all'}>();
  const idPool = createIdPool();
  const ignore = (error: unknown): void => onIgnoredError?.(error);
  const statusListeners = createEmitter<[Synchronizer, Status]>(() => idPool.take(), ignore);
  const stats = {sends: 0, receives: 0, loads: 0, saves: 0};
  let status: Status = Status.Idle;
  let isLoading = false;
  let transactionListenerId: Id | undefined;
  let isApplying = false;
  let isStarting = false;
  let isDestroyed = false;
  // What a client has said that it holds, and nobody need be told again.
  let known: ContentHashes | undefined;

  const setStatus = (now: Status): void => {
    if (now !== status) {
      status = now;
      statusListeners.emit(synchronizer, now);
    }
  };

  const tell = (to: IdOrNull, requestId: IdOrNull, message: Message, body: unknown): void => {
    stats.sends++;
    onSend?.(to, requestId, message, body);
    send(to, requestId, message, body);
  };

  // What nobody can be told is not lost: hashes will say that it is missing.
  const tellIfPossible = (...told: Parameters<typeof tell>): void => {
    try {
      tell(...told);
    } catch (error) {
      ignore(error);
    }
  };

  const requests = createRequests(tell, ports, requestTimeoutSeconds);

  const apply = (changes: readonly (readonly [unknown, unknown])[]): void => {
    isApplying = true;
    try {
      store.transaction(() => {
        for (const [tables, values] of changes) {
          store.applyMergeableChanges([tables, values, 1] as never);
        }
      });
    } finally {
      isApplying = false;
    }
  };

  // Asks a client for all that it has and this one does not, and merges it.
  const pull = async (from: Id, hashes: ContentHashes): Promise<void> => {
    const differences = await findDifferences(
      store,
      hashes,
      async <Answer>(message: Message, body: unknown) =>
        (await requests.ask(from, message, body))[1] as Answer,
    );
    if (differences.length > 0) {
      apply(differences);
    }
  };

  // Pulls what a client told of: in an answer, to this one alone, or to all; and sees who is to be told what then.
  const pullTold = async (from: Id, told: ContentHashes, how: 'answer' | 'alone' | 'all'): Promise<void> => {
    const before = store.getMergeableContentHashes();
    try {
      await pull(from, told);
    } catch (error) {
      // What connects again, asks again.
      isHoldfastError(error, 'sync/closed') || !isLoading || repair.missed();
      throw error;
    }
    const compare = () => {
      const after = store.getMergeableContentHashes();
      if (areEqual(after, told)) {
        known = how === 'answer' && isTerse ? told : undefined;
        repair.isEqual(from);
        how === 'all' && areEqual(after, before) && repair.isTold();
      } else {
        isLoading && isSaving() && repair.isBehind(from);
      }
      how === 'alone' && !areEqual(after, before) && repair.gained();
    };
    if (isTerse && how === 'answer') {
      // Who waits for the content has it before the hashes of all of it are made.
      void queue.add(async () => {
        await new Promise<void>((resolve) => ports.setTimer(resolve, 0));
        isDestroyed || compare();
      });
    } else {
      compare();
    }
  };

  const inStatus = async (during: Status, work: () => Promise<void>): Promise<void> => {
    setStatus(during);
    try {
      await work();
    } catch (error) {
      ignore(error);
    } finally {
      setStatus(Status.Idle);
    }
  };

  const loadNow = (initialContent: InitialContent | undefined): Promise<void> =>
    queue.add(() =>
      inStatus(Status.Loading, async () => {
        stats.loads++;
        try {
          const [from, hashes] = await requests.ask(null, Message.GetContentHashes, '');
          if (isContentHashes(hashes)) {
            await pullTold(from, hashes, 'answer');
          }
        } finally {
          const isEmpty = () => areEqual(store.getMergeableContentHashes(), [0, 0]);
          if (initialContent !== undefined && !isDestroyed && isEmpty()) {
            store.setDefaultContent(initialContent);
          }
        }
      }),
    );

  const pullLater = (from: Id, hashes: ContentHashes, how: 'alone' | 'all'): void => {
    const isWaiting = toldHashes.has(from);
    toldHashes.set(from, {hashes, how});
    if (!isWaiting) {
      void queue.add(() =>
        inStatus(Status.Loading, async () => {
          const newest = toldHashes.get(from);
          toldHashes.delete(from);
          if (newest !== undefined && isLoading) {
            stats.loads++;
            await pullTold(from, newest.hashes, newest.how);
          }
        }),
      );
    }
  };

  const saveNow = (): Promise<void> =>
    queue.add(() =>
      inStatus(Status.Saving, async () => {
        stats.saves++;
        const hashes = store.getMergeableContentHashes();
        const isKnown = known !== undefined && areEqual(known, hashes);
        known = undefined;
        isKnown || tell(null, null, Message.ContentHashes, hashes);
      }),
    );

  const repair = createRepair({
    ports,
    askAll: () => void loadNow(undefined),
    tellAll: () => isSaving() && void saveNow(),
    // What has an id is told to one alone.
    tell: (clientId) =>
      tellIfPossible(clientId, ports.uniqueId(), Message.ContentHashes, store.getMergeableContentHashes()),
  });

  const onTransaction = (): void => {
    if (isApplying) {
      return;
    }
    const changes = store.getTransactionMergeableChanges();
    if (hasMembers(changes[0][0]) || hasMembers(changes[1][0])) {
      stats.saves++;
      setStatus(Status.Saving);
      tellIfPossible(null, null, Message.ContentDiff, spell(Message.ContentDiff, changes));
      setStatus(Status.Idle);
    }
  };

  // Whether a message has the shape that its kind has. What is ahead of the clock is left out by the store, and its sender is told.
  const isSound = (from: Id, requestId: IdOrNull, message: Message, body: unknown): boolean => {
    if (message === Message.Response && requestId === AHEAD_ID) {
      ignore(new HoldfastError('sync/clock-ahead', AHEAD_MESSAGE));
      return false;
    }
    try {
      if (checkBody(message, body, {answered: requests.asked(requestId), nowMs: ports.now()})) {
        tellIfPossible(from, AHEAD_ID, Message.Response, [0, 0]);
      }
      return true;
    } catch (error) {
      (message === Message.Response && requests.reject(requestId, error as Error)) || ignore(error);
      return false;
    }
  };

  const receive: Receive = (from, requestId, message, body) => {
    if (isDestroyed) {
      return;
    }
    stats.receives++;
    onReceive?.(from, requestId, message, body);
    if (!isChecked && !isSound(from, requestId, message, body)) {
      return;
    }
    if (message === Message.Response) {
      const isAnswer = requests.resolve(requestId, [from, body]);
      // Whoever answers a question to all late may hold more than who was first.
      if (!isAnswer && isTerse && requests.isLate(requestId) && isLoading && isContentHashes(body)) {
        pullLater(from, body, 'alone');
      }
    } else if (message === Message.ContentHashes) {
      isLoading && isContentHashes(body) && pullLater(from, body, requestId === null ? 'all' : 'alone');
    } else if (message === Message.ContentDiff) {
      if (isLoading && Array.isArray(body)) {
        stats.loads++;
        setStatus(Status.Loading);
        apply([[body[0], body[1]]]);
        setStatus(Status.Idle);
      }
    } else if (isSaving() || isStarting) {
      const answer = answerTo(store, message, body);
      if (answer !== undefined) {
        tellIfPossible(from, requestId, Message.Response, spell(Message.Response, answer, message));
      }
    }
  };

  const fail = (error: Error): void => {
    known = undefined;
    requests.fail(error);
  };

  const isSaving = (): boolean => transactionListenerId !== undefined;

  const start = async (initialContent: InitialContent | undefined, saveFirst: boolean): Promise<void> => {
    const load = () => synchronizer.startAutoLoad(initialContent);
    const save = () => synchronizer.startAutoSave();
    await (saveFirst ? save() : load());
    await (saveFirst ? load() : save());
  };

  const methods: Pick<Synchronizer, keyof Synchronizer> = {
    startSync: async (initialContent) => {
      // Two that start at once answer one another, and neither waits in vain.
      isStarting = true;
      try {
        await start(initialContent, false);
      } finally {
        isStarting = false;
      }
      return synchronizer;
    },
    stopSync: () => synchronizer.stopAutoPersisting(),
    getSynchronizerStats: () => ({sends: stats.sends, receives: stats.receives}),
    load: async (initialContent) => {
      requireAlive(isDestroyed);
      await loadNow(initialContent);
      return synchronizer;
    },
    startAutoLoad: async (initialContent) => {
      requireAlive(isDestroyed);
      isLoading = true;
      if (asksAtStart) {
        await loadNow(initialContent);
      }
      return synchronizer;
    },
    stopAutoLoad: async () => {
      isLoading = false;
      toldHashes.clear();
      repair.stop();
      return synchronizer;
    },
    isAutoLoading: () => isLoading,
    save: async () => {
      requireAlive(isDestroyed);
      await saveNow();
      return synchronizer;
    },
    startAutoSave: async () => {
      requireAlive(isDestroyed);
      transactionListenerId ??= store.addDidFinishTransactionListener(onTransaction);
      const saving = saveNow();
      if (!isTerse) {
        await saving;
      }
      return synchronizer;
    },
    stopAutoSave: async () => {
      transactionListenerId === undefined || store.delListener(transactionListenerId);
      transactionListenerId = undefined;
      return synchronizer;
    },
    isAutoSaving: isSaving,
    startAutoPersisting: async (initialContent, startSaveFirst = false) => {
      await start(initialContent, startSaveFirst);
      return synchronizer;
    },
    stopAutoPersisting: async () => {
      await synchronizer.stopAutoLoad();
      return synchronizer.stopAutoSave();
    },
    getStatus: () => status,
    addStatusListener: (listener) => statusListeners.add(listener),
    delListener: (listenerId) => {
      statusListeners.delete(listenerId);
      return synchronizer;
    },
    schedule: async (...actions) => {
      for (const action of actions) {
        await queue.add(async () => {
          try {
            await action();
          } catch (error) {
            ignore(error);
          }
        });
      }
      return synchronizer;
    },
    getStore: () => store,
    getStats: () => ({loads: stats.loads, saves: stats.saves}),
    destroy: async () => {
      if (!isDestroyed) {
        await synchronizer.stopAutoPersisting();
        isDestroyed = true;
        fail(new HoldfastError('persister/destroyed', 'The synchronizer was destroyed'));
        options.destroy();
      }
      return synchronizer;
    },
  };
  const synchronizer = {...methods, ...extra} as unknown as Synchronizer & Extra;
  options.registerReceive(receive, fail);
  return Object.freeze(synchronizer);
};

const requireAlive = (isDestroyed: boolean): void => {
  if (isDestroyed) {
    throw new HoldfastError('persister/destroyed', 'This synchronizer was destroyed; create another');
  }
};

const areEqual = (one: ContentHashes, other: ContentHashes): boolean =>
  one[0] === other[0] && one[1] === other[1];

const isContentHashes = (body: unknown): body is ContentHashes =>
  Array.isArray(body) && typeof body[0] === 'number' && typeof body[1] === 'number';
