// Driver: PostgreSQL in Node, through the package pg: a `Pool`, which lends a connection for each transaction, or a `Client`, the
// pool's or one's own.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';
import {hearErrors, type ListeningClient, listenOver, listenOverOneOf} from './pg-listening.ts';

interface PgQueryable {
  query(sql: string, params?: SqlValue[]): Promise<{readonly rows: readonly unknown[]}>;
}

/** The part of pg's `Client` and `PoolClient` that is called. */
export interface PgClient extends Omit<ListeningClient, 'query'>, PgQueryable {
  /** `I` outside of transactions; older versions of pg do not say. */
  getTransactionStatus?(): string | null;
}

/** The part of pg's `Pool` that is called. */
export interface PgPool extends PgQueryable {
  readonly totalCount: number;
  readonly options?: {readonly max?: number | undefined};
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
  connect(): Promise<PgClient & {release(isBroken?: boolean): void}>;
}

export const pgDriver = (pg: PgPool | PgClient): StatementsDriver =>
  isPool(pg) ? overPool(pg) : overClient(pg);

const FACTS = {kind: 'statements', dialect: 'postgres', limits: POSTGRES_LIMITS} as const;

const overPool = (pool: PgPool): StatementsDriver => ({
  ...FACTS,
  hasOneConnection: false,
  query: queryBy(pool),
  pin: pinOf(pool),
  // The one connection of a pool of one is needed for saving.
  ...(pool.options?.max === 1 ? {} : {listen: listenOverOneOf(pool)}),
  close: hearErrors(pool),
});

const overClient = (client: PgClient): StatementsDriver => {
  const unhear = hearErrors(client);
  let hasEnded = false;
  const onEnd = () => {
    hasEnded = true;
  };
  client.on('end', onEnd);
  return {
    ...FACTS,
    handle: client,
    query: queryBy(client),
    listen: listenOver(client),
    // What an ended one was in, it is in no more.
    isInTransaction: () => !hasEnded && (client.getTransactionStatus?.() ?? 'I') !== 'I',
    close: () => {
      unhear();
      client.removeListener('end', onEnd);
    },
  };
};

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
      // What a broken one still has to say, nobody asked for.
      isBroken || client.removeListener('error', onError);
      client.release(isBroken);
    }
  };
