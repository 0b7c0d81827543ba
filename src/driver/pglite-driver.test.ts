import {afterAll, expect, test} from 'vitest';
import {importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createPostgresSchemas, POSTGRES_SKIP} from '../../test/places/postgres.ts';
import {createPglitePersister} from '../entry/persisters/persister-pglite.ts';
import {createStore} from '../entry/store.ts';
import {type PgliteDatabase, pgliteDriver} from './pglite-driver.ts';

type Pglite = PgliteDatabase & {close(): Promise<void>};

const {PGlite} = await importComponent<{PGlite: {create(): Promise<Pglite>}}>(
  'pglite',
  '@electric-sql/pglite',
);

// It takes seconds to start: one for all tests, and a schema for each place.
const pglite = await PGlite.create();
afterAll(() => pglite.close());
const schemas = createPostgresSchemas();

const open: DatabaseKind['open'] = async (path) => {
  const schemaName = await schemas.nameFor(path, (sql) => pglite.query(sql));
  await pglite.query(`SET search_path TO ${schemaName}`);
  return {
    driver: pgliteDriver(pglite),
    createPersister: (store, config, onIgnoredError) =>
      createPglitePersister(store, pglite, config, undefined, onIgnoredError),
    close: () => undefined,
  };
};

certifyDriver(
  {name: 'pglite', open},
  {
    driver: {
      ...POSTGRES_SKIP,
      CN4: 'nobody else can lock it',
      '[DR4] tells that another handle holds the lock': 'nobody else can lock it',
      '[DR4] tells that the handle is read-only': 'a PGlite cannot be opened read-only',
      '[DR4] tells that the handle is closed': 'all that a test opens share one PGlite',
    },
  },
);

test('[DR4] a PGlite that is closed says so', async () => {
  const closed = await PGlite.create();
  await closed.close();
  const faults: unknown[] = [];
  const persister = await createPglitePersister(
    createStore(),
    closed,
    {mode: 'rows'},
    undefined,
    (fault: unknown) => faults.push(fault),
  );
  await persister.save();
  expect(faults[0]).toMatchObject({code: 'driver/closed'});
  await persister.destroy();
});

test('[CN7] what is no PGlite is refused', async () => {
  await expect(createPglitePersister(createStore(), {query: () => undefined} as never)).rejects.toMatchObject(
    {
      code: 'argument/wrong-handle',
      details: {missing: ['listen', 'transaction']},
    },
  );
});
