import {afterAll, beforeAll, expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {type CertifyOptions, certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind, Mode} from '../../test/contract/databases.ts';
import {
  createPostgresSchemas,
  POSTGRES_SKIP,
  type PostgresServer,
  postgresSkipReason,
  startPostgres,
} from '../../test/places/postgres.ts';
import {createPgPersister} from '../entry/persisters/persister-pg.ts';
import {createStore} from '../entry/store.ts';
import {type PgClient, type PgPool, pgDriver} from './pg-driver.ts';

interface Ending {
  end(): Promise<void>;
}

const {default: pg} = await importComponent<{
  default: {
    Pool: new (options: object) => PgPool & Ending;
    Client: new (options: object) => PgClient & Ending & {connect(): Promise<void>};
  };
}>('postgres', 'pg');

const noPostgres = postgresSkipReason();
let server: PostgresServer | undefined;
beforeAll(async () => {
  server = noPostgres === undefined ? await startPostgres() : undefined;
});
afterAll(async () => {
  await server?.stop();
});

const schemas = createPostgresSchemas();

const optionsFor = async (path: string, mode: Mode = 'read-write') => {
  const {host, port, user, database} = server as PostgresServer;
  const client = new pg.Client({host, port, user, database});
  await client.connect();
  const schemaName = await schemas.nameFor(path, (sql) => client.query(sql));
  await client.end();
  const settings = `-c search_path=${schemaName} -c default_transaction_read_only=${mode === 'read-only' ? 'on' : 'off'}`;
  return {host, port, user, database, options: settings};
};

const open = (handle: (PgPool | PgClient) & Ending) => {
  let ended: Promise<void> | undefined;
  return {
    driver: pgDriver(handle),
    createPersister: (store, config, onIgnoredError) =>
      createPgPersister(store, handle, config, undefined, onIgnoredError),
    close: () => {
      ended ??= handle.end();
      return ended;
    },
  } satisfies Awaited<ReturnType<DatabaseKind['open']>>;
};

const skip: CertifyOptions = {driver: POSTGRES_SKIP, all: noPostgres};

certifyDriver(
  {name: 'pg, a pool', open: async (path, mode) => open(new pg.Pool(await optionsFor(path, mode)))},
  skip,
);

certifyDriver(
  {
    name: 'pg, a client',
    open: async (path, mode) => {
      const client = new pg.Client(await optionsFor(path, mode));
      await client.connect();
      return open(client);
    },
  },
  skip,
);

test.skipIf(noPostgres)('[PG10] errors of idle connections are heard while a persister lives', async () => {
  const pool = new pg.Pool(await optionsFor('idle')) as PgPool &
    Ending & {listenerCount(event: string): number};
  const persisters = [
    await createPgPersister(createStore(), pool, {mode: 'rows'}),
    await createPgPersister(createStore(), pool, {mode: 'json'}),
  ];
  expect(pool.listenerCount('error')).toBe(1);
  await persisters[0]?.destroy();
  expect(pool.listenerCount('error')).toBe(1);
  await persisters[1]?.destroy();
  expect(pool.listenerCount('error')).toBe(0);
  await pool.end();
});

test('[CN7] what is neither pool nor client of pg is refused', async () => {
  await expect(createPgPersister(createStore(), {query: () => undefined} as never)).rejects.toMatchObject({
    code: 'argument/wrong-handle',
    details: {missing: ['connect']},
  });
});
