import {afterAll, beforeAll, expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind, Mode} from '../../test/contract/databases.ts';
import {
  createPostgresSchemas,
  POSTGRES_SKIP,
  type PostgresServer,
  postgresSkipReason,
  startPostgres,
} from '../../test/places/postgres.ts';
import {createPostgresPersister} from '../entry/persisters/persister-postgres.ts';
import {createStore} from '../entry/store.ts';
import {type PostgresSql, postgresDriver} from './postgres-driver.ts';

type Sql = PostgresSql & {end(): Promise<void>};

const {default: postgres} = await importComponent<{default: (options: object) => Sql}>(
  'postgres',
  'postgres',
);

const noPostgres = postgresSkipReason();
let server: PostgresServer | undefined;
beforeAll(async () => {
  server = noPostgres === undefined ? await startPostgres() : undefined;
});
afterAll(async () => {
  await server?.stop();
});

const schemas = createPostgresSchemas();

const connect = async (path: string, mode: Mode = 'read-write'): Promise<Sql> => {
  const {host, port, user, database} = server as PostgresServer;
  const options = {host, port, user, database, max: 2};
  const admin = postgres(options);
  const schemaName = await schemas.nameFor(path, (sql) => admin.unsafe(sql));
  await admin.end();
  const isReadOnly = mode === 'read-only';
  return postgres({
    ...options,
    connection: {search_path: schemaName, default_transaction_read_only: isReadOnly},
  });
};

const open: DatabaseKind['open'] = async (path, mode) => {
  const sql = await connect(path, mode);
  return {
    driver: postgresDriver(sql),
    createPersister: (store, config, onIgnoredError) =>
      createPostgresPersister(store, sql, config, undefined, onIgnoredError),
    close: () => sql.end(),
  };
};

certifyDriver({name: 'postgres', open}, {driver: POSTGRES_SKIP, all: noPostgres});

test('[CN7] what is not of the package postgres is refused', async () => {
  await expect(
    createPostgresPersister(createStore(), {unsafe: () => undefined} as never),
  ).rejects.toMatchObject({code: 'argument/wrong-handle', details: {missing: ['begin', 'listen']}});
});
