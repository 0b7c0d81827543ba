// PostgreSQL for the drivers' benchmark: one real server, with a database for each place, and a PGlite for each.

import type {PgPool} from '../../src/driver/pg-driver.ts';
import type {PgliteDatabase} from '../../src/driver/pglite-driver.ts';
import type {PostgresSql} from '../../src/driver/postgres-driver.ts';
import {importComponent} from '../../test/components/component.ts';
import {type PostgresServer, startPostgres} from '../../test/places/postgres.ts';

type Pool = PgPool & {end(): Promise<void>};
type Sql = PostgresSql & {end(): Promise<void>};
type Pglite = PgliteDatabase & {close(): Promise<void>};

const databases = new Map<string, Promise<object>>();
const pglites = new Map<string, Promise<Pglite>>();
let server: Promise<PostgresServer> | undefined;

// Where to connect to for a place, the same each time.
const optionsFor = (path: string): Promise<object> => {
  const known = databases.get(path) ?? createDatabase(`bench${databases.size}`);
  databases.set(path, known);
  return known;
};

const createDatabase = async (name: string): Promise<object> => {
  server ??= startPostgres();
  const {host, port, user, database} = await server;
  const pool = await connectPool({host, port, user, database});
  await pool.query(`CREATE DATABASE ${name}`);
  await pool.end();
  return {host, port, user, database: name};
};

const connectPool = async (options: object): Promise<Pool> => {
  const {default: pg} = await importComponent<{default: {Pool: new (options: object) => Pool}}>(
    'postgres',
    'pg',
  );
  return new pg.Pool(options);
};

export const openPgPool = async (path: string): Promise<Pool> => connectPool(await optionsFor(path));

export const openPostgresSql = async (path: string): Promise<Sql> => {
  const {default: postgres} = await importComponent<{default: (options: object) => Sql}>(
    'postgres',
    'postgres',
  );
  return postgres({...(await optionsFor(path)), onnotice: () => undefined});
};

/** All that open one place share one. */
export const openPglite = (path: string): Promise<Pglite> => {
  const known =
    pglites.get(path) ??
    importComponent<{PGlite: {create(): Promise<Pglite>}}>('pglite', '@electric-sql/pglite').then(
      ({PGlite}) => PGlite.create(),
    );
  pglites.set(path, known);
  return known;
};

/** Ends the server and every PGlite. */
export const endPostgres = async (): Promise<void> => {
  for (const pglite of pglites.values()) {
    await (await pglite).close();
  }
  await (await server)?.stop();
};
