// Listens to channels over clients of pg: over a client that the caller has, or over one of a pool, which all that listen over
// that pool share. Knows nothing of what is told.

import {createQueue, type Queue} from '../base/queue.ts';
import type {Driver, Listening} from './driver.ts';

type Listen = NonNullable<Driver['listen']>;

/** The part of a client that is called. */
export interface ListeningClient {
  /** The server's process at the other end. */
  readonly processID?: number | null;
  query(sql: string): Promise<unknown>;
  escapeIdentifier(name: string): string;
  on(event: string, listener: (thing: never) => void): unknown;
  removeListener(event: string, listener: (thing: never) => void): unknown;
}

interface Told {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** What tells of errors that no query meets. */
interface ErrorSource {
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

const hearingCounts = new WeakMap<ErrorSource, number>();

/**
 * Hears what idle connections meet, until it is called back: it would end the process where nobody does. Whoever uses such
 * a connection next is told.
 */
export const hearErrors = (source: ErrorSource): (() => void) => {
  const count = (by: 1 | -1): number => {
    const now = (hearingCounts.get(source) ?? 0) + by;
    hearingCounts.set(source, now);
    return now;
  };
  count(1) === 1 && source.on('error', ignore);
  return () => {
    count(-1) === 0 && source.removeListener('error', ignore);
  };
};

const ignore = (): void => undefined;

/** Listens over a client; it goes on doing whatever else it does. */
export const listenOver =
  (client: ListeningClient): Listen =>
  async (channels, onTold, onLost) => {
    const hub = hubOf(client);
    const listener: Listener = {channels, onTold, onLost};
    hub.listeners.add(listener);
    const send = (verb: 'LISTEN' | 'UNLISTEN') =>
      hub.queue.add(async () => {
        for (const channel of channels) {
          const isUsed = [...hub.listeners].some((each) => each.channels.includes(channel));
          if (verb === 'LISTEN' || !isUsed) {
            await client.query(`${verb} ${client.escapeIdentifier(channel)}`);
          }
        }
      });
    const stop = async () => {
      hub.listeners.delete(listener);
      // A client that is closed listens no more.
      await send('UNLISTEN').catch(ignore);
      if (hub.listeners.size === 0) {
        hub.unhear();
      }
    };
    try {
      await send('LISTEN');
    } catch (error) {
      await stop();
      throw error;
    }
    return {processId: client.processID ?? undefined, stop};
  };

interface Listener {
  readonly channels: readonly string[];
  readonly onTold: (channel: string, text: string) => void;
  readonly onLost: () => void;
}

/** All that listen over one client. */
interface Hub {
  readonly listeners: Set<Listener>;
  readonly queue: Queue;
  unhear(): void;
}

const hubs = new WeakMap<ListeningClient, Hub>();

const hubOf = (client: ListeningClient): Hub => {
  const known = hubs.get(client);
  if (known !== undefined) {
    return known;
  }
  const listeners = new Set<Listener>();
  const onNotification = ({channel, payload = ''}: Told) => {
    for (const {channels, onTold} of listeners) {
      channels.includes(channel) && onTold(channel, payload);
    }
  };
  const onEnd = () => {
    hub.unhear();
    for (const {onLost} of listeners) {
      onLost();
    }
  };
  const hub: Hub = {
    listeners,
    queue: createQueue(),
    unhear: () => {
      hubs.delete(client);
      client.removeListener('notification', onNotification);
      client.removeListener('end', onEnd);
    },
  };
  client.on('notification', onNotification);
  client.on('end', onEnd);
  hubs.set(client, hub);
  return hub;
};

/** Something that lends clients. */
interface Lender {
  connect(): Promise<ListeningClient & {release(isBroken?: boolean): void}>;
}

/** Listens over a client of a pool's, which is kept for as long as anybody listens over that pool. */
export const listenOverOneOf =
  (pool: Lender): Listen =>
  async (channels, onTold, onLost): Promise<Listening> => {
    const lent = lentBy.get(pool) ?? lend(pool);
    lentBy.set(pool, lent);
    lent.userCount++;
    try {
      const listening = await listenOver(await lent.client)(channels, onTold, onLost);
      return {
        ...listening,
        stop: async () => {
          await listening.stop();
          await lent.letGo();
        },
      };
    } catch (error) {
      await lent.letGo();
      throw error;
    }
  };

// The client that is lent for listening by each pool.
interface Lent {
  readonly client: Promise<ListeningClient>;
  userCount: number;
  letGo(): Promise<void>;
}

const lentBy = new WeakMap<Lender, Lent>();

const lend = (pool: Lender): Lent => {
  const connected = pool.connect();
  let isReleased = false;
  // It ends with its release: whoever is lent it next is not to be told of anything.
  const release = async () => {
    if (!isReleased) {
      isReleased = true;
      if (lentBy.get(pool) === lent) {
        lentBy.delete(pool);
      }
      (await connected.catch(() => undefined))?.release(true);
    }
  };
  const lent: Lent = {
    client: connected.then((client) => {
      // Its end is told to those who listen.
      client.on('error', ignore);
      client.on('end', () => void release());
      return client;
    }),
    userCount: 0,
    letGo: async () => {
      lent.userCount--;
      if (lent.userCount === 0) {
        await release();
      }
    },
  };
  return lent;
};
