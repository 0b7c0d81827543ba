import {afterAll, beforeAll, expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {type CertifyOptions, certifyDriver} from '../../test/contract/certify.ts';
import {createFolder, type DatabaseKind} from '../../test/contract/databases.ts';
import {layoutNames} from '../../test/contract/storages.ts';
import {sqldSkipReason, startSqld} from '../../test/places/sqld.ts';
import {createLibSqlPersister} from '../entry/persisters/persister-libsql.ts';
import {createStore} from '../entry/store.ts';
import {type LibSqlClient, libSqlDriver} from './libsql-driver.ts';

type Client = LibSqlClient & {executeMultiple(sql: string): Promise<void>; close(): void};

const {createClient} = await importComponent<{createClient: (options: {url: string}) => Client}>(
  'libsql',
  '@libsql/client',
);

const open = (client: Client) =>
  ({
    driver: libSqlDriver(client),
    createPersister: (store, config, onIgnoredError) =>
      createLibSqlPersister(store, client, config, undefined, onIgnoredError),
    close: () => client.close(),
  }) satisfies Awaited<ReturnType<DatabaseKind['open']>>;

const READ_ONLY = '[DR4] tells that the handle is read-only';
const skip: CertifyOptions = {
  driver: {CN3: 'its calls return promises', [READ_ONLY]: 'a client cannot be opened read-only'},
};

certifyDriver(
  {name: 'libsql on a file', open: (path) => open(createClient({url: `file:${path}`}))},
  {...skip, isTold: true},
);

// Of a database in memory there is one client: all that a test opens share it.
const clients = new Map<string, Client>();
certifyDriver(
  {
    name: 'libsql in memory',
    open: (path) => {
      const client = clients.get(path) ?? createClient({url: ':memory:'});
      clients.set(path, client);
      return open(client);
    },
  },
  {
    ...skip,
    isTold: true,
    driver: {
      ...skip.driver,
      CN4: 'nobody else can lock it',
      '[DR4] tells that another handle holds the lock': 'nobody else can lock it',
      '[DR4] tells that the handle is closed': 'all that a test opens share one client',
      '[DR4] tells that the file is no database': 'there is no file',
    },
  },
);

const noSqld = sqldSkipReason();
let folder: ReturnType<typeof createFolder> | undefined;
let server: Awaited<ReturnType<typeof startSqld>> | undefined;
beforeAll(async () => {
  folder = createFolder();
  server = noSqld === undefined ? await startSqld(folder.path) : undefined;
});
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

for (const protocol of ['http', 'ws']) {
  let lastPath = '';
  certifyDriver(
    {
      name: `libsql over ${protocol}`,
      open: async (path) => {
        const client = createClient({url: `${protocol}://${server?.host}`});
        // One server for all tests: each begins with an empty database.
        if (path !== lastPath) {
          lastPath = path;
          await dropEverything(client);
        }
        return open(client);
      },
    },
    {
      driver: {
        ...skip.driver,
        CN4: 'the server itself waits for the lock',
        '[DR4] tells that another handle holds the lock': 'the server itself waits for the lock',
        '[DR4] tells that the database is full': 'the server takes no PRAGMA that limits the database',
        '[DR4] tells that the file is no database': 'the file is the server’s',
      },
      persisterLayouts: protocol === 'http' ? layoutNames : ['rows'],
      all: noSqld,
    },
  );
}

const dropEverything = async (client: Client): Promise<void> => {
  const {rows} = await client.execute({
    sql: "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'libsql_*'",
    args: [],
  });
  const drops = rows.map((row) => `DROP ${row[0]} "${String(row[1]).replaceAll('"', '""')}";`);
  // The server looks at references, also to tables that go.
  await client.executeMultiple(['PRAGMA foreign_keys = OFF;', ...drops].join(' '));
};

test('[CN7] what is no client is refused at once', () => {
  expect(() => createLibSqlPersister(createStore(), {execute: () => undefined} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['transaction']}}),
  );
});
