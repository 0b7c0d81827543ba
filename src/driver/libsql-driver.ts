// Driver: libSQL (Turso), through `@libsql/client`: a file, memory, or a server.
//
// On a file, a statement that finds the database locked is never let go of (as of libsql 0.5.29): the connection, which
// goes back into the client's pool, then refuses to commit until the garbage is collected. `executeMultiple` lets go. So it
// takes the locks, and gives them back; no statement between can find the database locked.

import type {SqlValue} from '../sql/statement.ts';
import {watchFileOf} from './database-file-watch.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {toExactRow} from './exact-rows.ts';

/** The part of `@libsql/client`'s `Client` that is called. */
export interface LibSqlClient extends LibSqlExecutor {
  /** `file` (memory too), `http` or `ws`. */
  readonly protocol: string;
  transaction(mode: 'read' | 'write' | 'deferred'): Promise<LibSqlTransaction>;
}

interface LibSqlExecutor {
  execute(statement: {sql: string; args: SqlValue[]}): Promise<LibSqlResult>;
}

interface LibSqlTransaction extends LibSqlExecutor {
  executeMultiple(sql: string): Promise<void>;
  commit(): Promise<void>;
  /** Rolls back what is not committed. */
  close(): void;
}

interface LibSqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly {readonly [index: number]: unknown}[];
}

type Transact = NonNullable<StatementsDriver['transact']>;

export const libSqlDriver = (client: LibSqlClient): StatementsDriver => {
  const isLocal = client.protocol === 'file';
  const transact = isLocal ? transactLocally(client) : transactRemotely(client);
  const query: StatementsDriver['query'] = (sent) =>
    isLocal && /^\s*SELECT\b/i.test(sent.sql)
      ? transact('read', (queryInside) => queryInside(sent))
      : queryBy(client)(sent);
  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // A client lends connections of a pool, or streams of a server; of a database in memory it has one.
    hasOneConnection: false,
    ...(isLocal ? {handle: client, watch: watchFileOf(query)} : {}),
    query,
    transact,
  };
};

const transactRemotely =
  (client: LibSqlClient): Transact =>
  async (mode, work) => {
    const transaction = await client.transaction(mode);
    try {
      const result = await work(queryBy(transaction));
      await transaction.commit();
      return result;
    } finally {
      transaction.close();
    }
  };

const LOCK = {read: 'BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1', write: 'BEGIN IMMEDIATE'};

const transactLocally =
  (client: LibSqlClient): Transact =>
  async (mode, work) => {
    const transaction = await client.transaction('deferred');
    try {
      await transaction.executeMultiple(`ROLLBACK; ${LOCK[mode]}`);
      const result = await work(queryBy(transaction));
      await transaction.executeMultiple('COMMIT');
      return result;
    } finally {
      transaction.close();
    }
  };

const queryBy =
  (executor: LibSqlExecutor): StatementsDriver['query'] =>
  async ({sql, params}) => {
    const {columns, rows} = await executor.execute({sql, args: [...params]});
    return rows.map((row) => toExactRow(columns, row));
  };
