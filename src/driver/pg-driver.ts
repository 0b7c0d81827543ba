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

export const pgDriver = (pg: PgPool | PgClient): StatementsDriver => {
  const common = {
    kind: 'statements',
    dialect: 'postgres',
    limits: POSTGRES_LIMITS,
    query: queryBy(pg),
    close: hearErrors(pg),
  } as const;
  return isPool(pg)
    ? {
        ...common,
        hasOneConnection: false,
        pin: pinOf(pg),
        // The one connection of a pool of one is needed for saving.
        ...(pg.options?.max === 1 ? {} : {listen: listenOverOneOf(pg)}),
      }
    : {
        ...common,
        handle: pg,
        listen: listenOver(pg),
        isInTransaction: () => (pg.getTransactionStatus?.() ?? 'I') !== 'I',
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
