// A real PostgreSQL for the tests of one file, and a schema of its own for each test, with the handles that it opens there.

import {randomUUID} from 'node:crypto';
import {afterAll, beforeAll, onTestFinished} from 'vitest';
import type {PgClient, PgPool} from '../../src/driver/pg-driver.ts';
import type {PostgresReservedSql, PostgresSql} from '../../src/driver/postgres-driver.ts';
import type {Store} from '../../src/entry/store.ts';
import {importComponent} from '../components/component.ts';
import {type PostgresServer, postgresSkipReason, startPostgres} from '../places/postgres.ts';

type Pool = PgPool & {
  end(): Promise<void>;
  on(event: 'connect', listener: (client: PgClient) => void): unknown;
};
export type Client = PgClient & {connect(): Promise<void>; end(): Promise<void>};
type Sql = PostgresSql & {
  end(options: {timeout: number}): Promise<void>;
  reserve(): Promise<PostgresReservedSql>;
};

const {default: pg} = await importComponent<{
  default: {Pool: new (options: object) => Pool; Client: new (options: object) => Client};
}>('postgres', 'pg');
const {default: postgres} = await importComponent<{default: (options: object) => Sql}>(
  'postgres',
  'postgres',
);

/** Why there is no PostgreSQL here; undefined where there is one. */
export const noPostgres = postgresSkipReason();

/** Long enough that nothing is found by asking at intervals. */
export const NEVER_S = 100_000;

export interface Place {
  readonly server: PostgresServer;
  readonly schema: string;
  /** A pool with the schema on its search path. */
  readonly admin: Pool;
  openPool(options?: object): Pool;
  openClient(options?: object): Promise<Client>;
  openSql(options?: object): Sql;
}

/** Starts a server for the tests of the file; what is returned makes a place for the test that is running. */
export const usePostgres = (): (() => Promise<Place>) => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = noPostgres === undefined ? await startPostgres() : undefined;
  });
  afterAll(async () => {
    await server?.stop();
  });
  return () => createPlace(server as PostgresServer);
};

const createPlace = async (server: PostgresServer): Promise<Place> => {
  const {host, port, user, database} = server;
  const schema = `s${randomUUID().replaceAll('-', '')}`;
  const ends: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    for (const end of ends.reverse()) {
      await end();
    }
  });
  const options = {host, port, user, database, options: `-c search_path=${schema}`};
  const openPool = (more: object = {}): Pool => {
    const pool = new pg.Pool({...options, ...more});
    // Connections that the server ends are told of here; so is what happens after the end of a persister.
    pool.on('error', () => undefined);
    // One that is ended in the moment in which it is lent tells of it before anybody can listen.
    pool.on('connect', (client) => void client.on('error', () => undefined));
    ends.push(() => pool.end());
    return pool;
  };
  const admin = openPool();
  await admin.query(`CREATE SCHEMA ${schema}`);
  return {
    server,
    schema,
    admin,
    openPool,
    openClient: async (more = {}) => {
      const client = new pg.Client({...options, ...more});
      client.on('error', () => undefined);
      await client.connect();
      ends.push(() => client.end());
      return client;
    },
    openSql: (more = {}) => {
      const sql = postgres({
        host,
        port,
        user,
        database,
        max: 2,
        connection: {search_path: schema},
        onnotice: () => undefined,
        ...more,
      });
      // It waits for ever for a connection that was ended in the midst of a query, unless it is told how long.
      ends.push(() => sql.end({timeout: 1}));
      return sql;
    },
  };
};

/** Resolves when that is so of a store. */
export const until = (store: Store, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const check = () => {
      if (isSo()) {
        store.delListener(listenerId);
        resolve();
      }
    };
    const listenerId = store.addDidFinishTransactionListener(check);
    check();
  });

/** What stands in a schema that writes are told by. */
export const findTellers = async ({admin, schema}: Place): Promise<readonly string[]> => {
  const {rows} = await admin.query(
    `SELECT 'trigger ' || relname || ' ' || split_part(tgname, '_', 2) AS name FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
       WHERE relnamespace = '${schema}'::regnamespace AND NOT tgisinternal
     UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace
     UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind = 'r' AND relname LIKE 'holdfast_listen%'
     ORDER BY name`,
  );
  return rows.map((row) => (row as {name: string}).name);
};
