// The persister of an application's own functions, over a real PostgreSQL: certified like a driver.

import {afterAll, beforeAll} from 'vitest';
import {customPostgreSqlDriver} from '../../src/driver/custom-driver.ts';
import {createCustomPostgreSqlPersister, Persists} from '../../src/entry/persisters.ts';
import type {SqlValue} from '../../src/sql/statement.ts';
import {importComponent} from '../components/component.ts';
import {certifyDriver} from '../contract/certify.ts';
import type {DatabaseKind} from '../contract/databases.ts';
import {
  createPostgresSchemas,
  POSTGRES_SKIP,
  type PostgresServer,
  postgresSkipReason,
  startPostgres,
} from '../places/postgres.ts';
import type {Client} from './place.ts';

interface Notification {
  readonly channel: string;
  readonly payload: string;
}

const {default: pg} = await importComponent<{default: {Client: new (options: object) => Client}}>(
  'postgres',
  'pg',
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

const open: DatabaseKind['open'] = async (path, mode) => {
  const {host, port, user, database} = server as PostgresServer;
  const client = new pg.Client({host, port, user, database});
  client.on('error', () => undefined);
  await client.connect();
  const schemaName = await schemas.nameFor(path, (sql) => client.query(sql));
  await client.query(`SET search_path TO ${schemaName}`);
  await client.query(`SET default_transaction_read_only = ${mode === 'read-only' ? 'on' : 'off'}`);
  const executeCommand = async (sql: string, params: SqlValue[] = []) =>
    (await client.query(sql, params)).rows as {[field: string]: unknown}[];
  const addChangeListener = async (channel: string, listener: (payload: string) => void) => {
    const onNotification = (told: Notification) => {
      told.channel === channel && listener(told.payload);
    };
    client.on('notification', onNotification);
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    return onNotification;
  };
  const delChangeListener = (onNotification: (told: Notification) => void) => {
    client.removeListener('notification', onNotification);
  };
  const destroy = () => undefined;
  let ended: Promise<void> | undefined;
  return {
    driver: customPostgreSqlDriver({executeCommand, addChangeListener, delChangeListener, destroy}),
    createPersister: (store, config, onIgnoredError) =>
      createCustomPostgreSqlPersister(
        store,
        config,
        executeCommand,
        addChangeListener,
        delChangeListener,
        undefined,
        onIgnoredError,
        destroy,
        Persists.StoreOrMergeableStore,
        client,
      ),
    close: () => {
      ended ??= client.end();
      return ended;
    },
  };
};

certifyDriver({name: 'custom functions over PostgreSQL', open}, {driver: POSTGRES_SKIP, all: noPostgres});
