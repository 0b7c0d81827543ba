// Driver: PostgreSQL in Node, through the package pg: a `Pool`, which lends a connection for each transaction, or a `Client`.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';

interface PgQueryable {
  query(sql: string, params?: SqlValue[]): Promise<{readonly rows: readonly unknown[]}>;
}

interface PgEvents {
  on(event: string, listener: (thing: never) => void): unknown;
  removeListener(event: string, listener: (thing: never) => void): unknown;
}

/** The part of pg's `Client` that is called. */
export interface PgClient extends PgQueryable, PgEvents {
  escapeIdentifier(name: string): string;
}

/** The part of pg's `Pool` that is called. */
export interface PgPool extends PgQueryable {
  readonly totalCount: number;
  connect(): Promise<PgClient & {release(isBroken?: boolean): void}>;
}

export const pgDriver = (pg: PgPool | PgClient): StatementsDriver =>
  isPool(pg)
    ? {...FACTS, hasOneConnection: false, query: queryBy(pg), pin: pinOf(pg), listen: listenByPool(pg)}
    : {...FACTS, query: queryBy(pg), handle: pg, listen: listenBy(pg)};

const FACTS = {kind: 'statements', dialect: 'postgres', limits: POSTGRES_LIMITS} as const;

const isPool = (pg: PgPool | PgClient): pg is PgPool => 'totalCount' in pg;

const queryBy =
  (queryable: PgQueryable): StatementsDriver['query'] =>
  async ({sql, params}) =>
    (await queryable.query(sql, [...params])).rows as readonly SqlRow[];

const pinOf =
  (pool: PgPool): NonNullable<StatementsDriver['pin']> =>
  async (work) => {
    const client = await pool.connect();
    let isBroken = false;
    // A client that is lent and lost ends the process where nobody hears of it.
    const onError = () => {
      isBroken = true;
    };
    client.on('error', onError);
    try {
      return await work(queryBy(client));
    } catch (error) {
      // A connection in an open transaction must not go back: outside of one, this does nothing.
      await client.query('ROLLBACK').catch(onError);
      throw error;
    } finally {
      client.removeListener('error', onError);
      client.release(isBroken);
    }
  };

// A connection of the pool's is kept for as long as anybody listens.
const listenByPool =
  (pool: PgPool): NonNullable<StatementsDriver['listen']> =>
  async (channel, onNotified, onLost) => {
    const client = await pool.connect();
    let isReleased = false;
    const release = (isBroken: boolean) => {
      if (!isReleased) {
        isReleased = true;
        client.removeListener('notification', onNotification);
        client.release(isBroken);
      }
    };
    const onNotification = ({channel: told}: {readonly channel: string}) => {
      told === channel && onNotified();
    };
    const onEnd = () => {
      if (!isReleased) {
        release(true);
        onLost();
      }
    };
    client.on('notification', onNotification);
    client.on('error', onEnd);
    client.on('end', onEnd);
    try {
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      release(true);
      throw error;
    }
    return async () => {
      // The connection ends with its release: whoever is lent it next is not to be told.
      release(true);
    };
  };

// Channels that are listened to over a client, and how many times each.
const listenCounts = new WeakMap<PgClient, Map<string, number>>();

const listenBy =
  (client: PgClient): NonNullable<StatementsDriver['listen']> =>
  async (channel, onNotified) => {
    const counts = listenCounts.get(client) ?? new Map<string, number>();
    listenCounts.set(client, counts);
    const onNotification = ({channel: told}: {readonly channel: string}) => {
      told === channel && onNotified();
    };
    const name = client.escapeIdentifier(channel);
    client.on('notification', onNotification);
    counts.set(channel, (counts.get(channel) ?? 0) + 1);
    const stop = async () => {
      client.removeListener('notification', onNotification);
      const count = (counts.get(channel) ?? 1) - 1;
      counts.set(channel, count);
      if (count === 0) {
        // A client that is closed listens no more.
        await client.query(`UNLISTEN ${name}`).catch(() => undefined);
      }
    };
    try {
      await client.query(`LISTEN ${name}`);
    } catch (error) {
      await stop();
      throw error;
    }
    return stop;
  };
