// The paths of a server that have clients, or whose stores are still open: who is on them, what the server itself keeps of them, and what
// clients say of themselves. Opens a store when the first client comes, and lets go of it when the last has left and all is durable.
// Knows nothing of connections.

import type {Id} from '../base/content.ts';
import type {TimerHandle} from '../base/ports.ts';
import {createRoom, type Room, SERVER_ID} from './room.ts';
import {type CreatedPersister, createRoomKeeper, type RoomKeeper} from './room-keeper.ts';
import type {ServerLimits} from './server-options.ts';
import {createPathPresence, type PathPresence, type PresenceState} from './server-presence.ts';
import {NOT_STORED_ID, noticeOf, type WireMessage} from './wire.ts';

export interface Path {
  readonly room: Room;
  readonly presence: PathPresence;
  readonly keeper: RoomKeeper | undefined;
}

export interface PathsOptions {
  readonly limits: ServerLimits;
  readonly createPersisterForPath: ((pathId: Id) => CreatedPersister | Promise<CreatedPersister>) | undefined;
  readonly requestTimeoutSeconds: number;
  readonly fragmentSize: number | undefined;
  readonly onError: (error: unknown) => void;
  /** A path has its first client, or has none any more. */
  readonly onPath: (pathId: Id, addedOrRemoved: 1 | -1) => void;
  readonly onClient: (pathId: Id, clientId: Id, addedOrRemoved: 1 | -1) => void;
  readonly onPresence: (pathId: Id, clientId: Id, state: PresenceState) => void;
  readonly onFailing: (pathId: Id, error: unknown) => void;
  readonly onRecovered: (pathId: Id) => void;
  readonly onClosed: (pathId: Id) => void;
  readonly onSaved: (durationMs: number) => void;
}

export interface ServerPaths {
  get(pathId: Id): Path | undefined;
  /** The paths that have clients. */
  activeIds(): Id[];
  /** How many there are, with clients or without. */
  openCount(): number;
  /** The paths that cannot be stored at present, and why. */
  failing(): (readonly [Id, unknown])[];
  /** Why there is no room for a client, or nothing. */
  join(pathId: Id, clientId: Id, hear: (fromId: Id, texts: readonly string[]) => void): string | undefined;
  leave(pathId: Id, clientId: Id): void;
  /** Resolves when everything on every path is stored. */
  whenDurable(): Promise<void>;
  /** Lets go of all paths without clients, durable or not, and waits for those that go. */
  close(): Promise<void>;
}

const NOT_STORED = noticeOf(NOT_STORED_ID);

interface OpenPath extends Path {
  idleTimer: TimerHandle | undefined;
}

export const createServerPaths = (options: PathsOptions): ServerPaths => {
  const {limits, createPersisterForPath, onError} = options;
  const {ports} = limits;
  const paths = new Map<Id, OpenPath>();
  const closing = new Map<Id, Promise<void>>();
  let isClosing = false;

  const isActive = ({room}: OpenPath): boolean => room.members.size > 0;

  const open = (pathId: Id): OpenPath => {
    const room = createRoom();
    const keeper =
      createPersisterForPath &&
      createRoomKeeper(room, {
        // The store of before is let go of first.
        createPersister: async () => {
          await closing.get(pathId);
          return createPersisterForPath(pathId);
        },
        requestTimeoutSeconds: options.requestTimeoutSeconds,
        fragmentSize: options.fragmentSize,
        ports,
        onError,
        onFailing: (error) => {
          options.onFailing(pathId, error);
          room.route(SERVER_ID, '', [NOT_STORED]);
        },
        onRecovered: () => options.onRecovered(pathId),
        onDurable: () => closeIfIdle(pathId, path),
        onSaved: options.onSaved,
      });
    const presence = createPathPresence((clientId, state) => options.onPresence(pathId, clientId, state));
    const path: OpenPath = {room, presence, keeper, idleTimer: undefined};
    paths.set(pathId, path);
    keeper?.start();
    return path;
  };

  const closePath = (pathId: Id, path: OpenPath): void => {
    if (paths.get(pathId) !== path) {
      return;
    }
    paths.delete(pathId);
    ports.clearTimer(path.idleTimer);
    const before = closing.get(pathId);
    const closed = (async () => {
      await before;
      await path.keeper?.stop();
    })()
      .catch(onError)
      .then(() => {
        if (closing.get(pathId) === closed) {
          closing.delete(pathId);
        }
        options.onClosed(pathId);
      });
    closing.set(pathId, closed);
  };

  const closeIfIdle = (pathId: Id, path: OpenPath): void => {
    if (!isActive(path) && path.idleTimer === undefined && (isClosing || isSafe(path))) {
      closePath(pathId, path);
    }
  };

  // The path that nobody has been on for longest, and that holds nothing that is not stored.
  const closeOneIdle = (): void => {
    for (const [pathId, path] of paths) {
      if (!isActive(path) && isSafe(path)) {
        closePath(pathId, path);
        return;
      }
    }
  };

  return {
    get: (pathId) => paths.get(pathId),
    activeIds: () => [...paths].flatMap(([pathId, path]) => (isActive(path) ? pathId : [])),
    openCount: () => paths.size,
    failing: () =>
      [...paths].flatMap(([pathId, {keeper}]) => {
        const error = keeper?.getError();
        return error === undefined ? [] : [[pathId, error] as const];
      }),
    join: (pathId, clientId, hear) => {
      if (!paths.has(pathId) && paths.size >= limits.maxPaths) {
        closeOneIdle();
        if (paths.size >= limits.maxPaths) {
          return 'there are too many paths';
        }
      }
      const path = paths.get(pathId) ?? open(pathId);
      const {members} = path.room;
      if (members.size >= limits.maxClientsPerPath) {
        return 'there are too many clients on the path';
      }
      if (members.has(clientId)) {
        return 'the client is on the path already';
      }
      ports.clearTimer(path.idleTimer);
      path.idleTimer = undefined;
      const isFirst = members.size === 0;
      members.set(clientId, {hear});
      path.keeper?.getError() === undefined || hear(SERVER_ID, [NOT_STORED]);
      isFirst && options.onPath(pathId, 1);
      options.onClient(pathId, clientId, 1);
      return undefined;
    },
    leave: (pathId, clientId) => {
      const path = paths.get(pathId);
      if (path?.room.members.delete(clientId) !== true) {
        return;
      }
      path.presence.delete(clientId);
      options.onClient(pathId, clientId, -1);
      if (isActive(path)) {
        return;
      }
      options.onPath(pathId, -1);
      // Behind those that were left before, of which the first goes first.
      paths.delete(pathId);
      paths.set(pathId, path);
      if (limits.idlePathMs > 0 && !isClosing) {
        path.idleTimer = ports.setTimer(
          () => {
            path.idleTimer = undefined;
            closeIfIdle(pathId, path);
          },
          limits.idlePathMs,
          true,
        );
      } else {
        closeIfIdle(pathId, path);
      }
    },
    whenDurable: async () => {
      await Promise.all([...paths.values()].map(({keeper}) => keeper?.whenDurable()));
    },
    close: async () => {
      isClosing = true;
      for (const [pathId, path] of [...paths]) {
        isActive(path) || closePath(pathId, path);
      }
      while (closing.size > 0) {
        await Promise.all(closing.values());
      }
    },
  };
};

// What is not stored yet is kept until it is.
const isSafe = ({keeper}: OpenPath): boolean => keeper?.isDurable() ?? true;

/** Takes a message on a path: to the server's own store, if it is for that, and to the others. Throws what cannot be read. */
export const takeOnPath = (
  {room, keeper}: Path,
  clientId: Id,
  toId: Id,
  text: string,
  texts: readonly string[],
): void => {
  const isKept = keeper !== undefined && keeper.getState() !== 'unkept';
  let read: WireMessage | undefined;
  if (isKept && (toId === '' || toId === SERVER_ID)) {
    read = keeper.read(text);
  }
  room.route(clientId, toId, texts);
  read === undefined || keeper?.take(clientId, read, text.length);
};
