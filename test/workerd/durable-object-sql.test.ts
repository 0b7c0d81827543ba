// Durable Objects with SQLite, in a real workerd: the suites for drivers, storages and persisters, and the quirks.

import {afterAll, describe, expect, onTestFinished, test} from 'vitest';
import {createDurableObjectSqlStoragePersister} from '../../src/entry/persisters/persister-durable-object-sql-storage.ts';
import {createStore} from '../../src/entry/store.ts';
import {createFolder} from '../contract/databases.ts';
import type {SuiteSkips} from './objects.ts';
import {startWorkerd} from './workerd.ts';

const TEXTS = 'a text, and a result, has 2 MB at most there; a test of its own goes to that limit';
const skips: SuiteSkips = {
  driver: {
    CN4: 'nobody else can lock it',
    '[DR4] tells that another handle holds the lock': 'nobody else can lock it',
    '[DR4] tells that the database is full': 'the host takes no PRAGMA that limits the database',
    '[DR4] tells that the handle is read-only': 'there is no such handle',
    '[DR4] tells that the handle is closed': 'there is nothing to close',
    '[DR4] tells that the file is no database': 'the file is the host’s',
  },
  storage: {PR4: TEXTS},
  persister: {},
  tabular: {},
  tables: {},
  badInput: {BI2: 'there is no such handle', BI3: 'there is nothing to close'},
};
const NO_TRANSACTION = 'there is no transaction without `ctx.storage`: what ran before a fault stays';
const skipsOf = {
  storage: skips,
  sql: {
    ...skips,
    driver: {...skips.driver, CN2: NO_TRANSACTION, DR3: 'shown with ctx.storage'},
    storage: {...skips.storage, SG6: NO_TRANSACTION},
    tables: {
      ...skips.tables,
      '[PR3] [TB8] stores nothing where one row is refused, says which, and keeps it pending': NO_TRANSACTION,
    },
  },
};

const workerd = await startWorkerd();
afterAll(() => workerd.stop());

for (const given of ['storage', 'sql'] as const) {
  describe(`a Durable Object in workerd, given ctx.${given === 'sql' ? 'storage.sql' : given}`, async () => {
    for (const title of await workerd.ask('collect', 'collect', given, skipsOf[given])) {
      test(title, async (context) => {
        const skipped = await workerd.ask(`${given} ${title}`, 'runTest', given, skipsOf[given], title);
        if (skipped !== null) {
          context.skip(skipped);
        }
      });
    }
  });
}

const configs = [
  {mode: 'json'},
  {mode: 'rows'},
  {mode: 'fragmented', storagePrefix: 'App '},
  {
    mode: 'tabular',
    tables: {load: {rows: 'rows'}, save: {rows: 'rows'}},
    values: {load: true, save: true},
  },
] as const;

test.each(configs)('[PR1] an object that is started again has what was saved: $mode', async (config) => {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const first = await startWorkerd(folder.path);
  // More rows than a statement has parameters, and more entries than a statement of the log.
  expect(await first.ask('restarted', 'save', config, 5_000)).toBe(5_000);
  await first.stop();
  const second = await startWorkerd(folder.path);
  onTestFinished(() => second.stop());
  expect(await second.ask('restarted', 'load', config)).toEqual([
    5_000,
    {index: 1, text: 'edited', isEven: false},
    {open: true},
  ]);
});

test.each(configs.slice(0, 3))('[PR4] a row of almost 2 MB is stored and read: $mode', async (config) => {
  expect(await workerd.ask(`filled ${config.mode}`, 'fillRow', config)).toEqual([1_999_000, 1]);
});

describe('what is larger than the host takes', () => {
  test.each(configs.slice(0, 3))('[PR2] is told of, and stays pending: $mode', async (config) => {
    const {code, state, after, between} = await workerd.ask(
      `large ${config.mode}`,
      'tooLarge',
      'storage',
      config,
    );
    expect([code, state]).toEqual(['driver/too-large', 'failing']);
    // [PR3] the edit that it was saved with is not stored, either.
    expect(between).toEqual({pets: {fido: {species: 'dog', age: 1}}});
    expect(after).toEqual({pets: {fido: {species: 'dog', age: 2}, felix: {text: 'short'}}});
  });

  test('[PR2] stays pending where there is no transaction, too, and what ran before it stays', async () => {
    const {code, state, pendingCount, between, after} = await workerd.ask('large sql', 'tooLarge', 'sql', {
      mode: 'rows',
    });
    expect([code, state, pendingCount]).toEqual(['driver/too-large', 'failing', 2]);
    expect(between).toEqual({pets: {fido: {species: 'dog', age: 2}}});
    expect(after).toEqual({pets: {fido: {species: 'dog', age: 2}, felix: {text: 'short'}}});
  });
});

test('[CN2] statements of one call do not belong together to the host; its transactions do', async () => {
  expect(await workerd.ask('observed', 'observe')).toEqual({several: ['a', 'b'], wrapped: ['a', 'b']});
});

describe('migrations', () => {
  const [old, migrated] = [[['{"kind":"dog"}']], [['{"species":"dog"}']]];

  test('[MG1] run in a transaction of the host', async () => {
    expect(await workerd.ask('migrated', 'migrate', 'storage', false)).toEqual(['none', migrated]);
  });

  test('[MG2] that fail leave everything as it was', async () => {
    expect(await workerd.ask('failed', 'migrate', 'storage', true)).toEqual([
      'storage/migration-failed',
      old,
    ]);
  });

  test('[MG2] are refused where there is no transaction', async () => {
    const [code, rows] = await workerd.ask('refused', 'migrate', 'sql', false);
    expect([code, rows]).toEqual(['driver/statement-failed', old]);
  });
});

describe('what TinyBase has stored', () => {
  test.each(['', 'app_', 'My App!', '😀'])(
    'in mode fragmented is read, and taken over with the first save: prefix "%s"',
    async (prefix) => {
      const content = [
        {
          pets: {fido: {species: 'dog', price: -1.5, owner: null, tags: ['a', {b: 1}]}},
          'a.b': {'x y': {'c"d': ''}},
        },
        {open: true, motto: 'all'},
      ];
      const {read, reopened, untouched} = await workerd.ask(`fragments ${prefix}`, 'takeOver', prefix);
      expect(read).toEqual([content, expect.anything()]);
      expect(reopened).toEqual([
        {...(content[0] as object), pets: {...(content[0] as {pets: object}).pets, rex: {species: 'dog'}}},
        content[1],
      ]);
      expect(untouched).toBe(true);
    },
  );

  test('[PR8] in mode json is a mergeable store’s: told of, and kept beside', async () => {
    expect(await workerd.ask('mergeable json', 'mergeableJson')).toEqual(['storage/unreadable', 2, true]);
  });

  test('[PR8] in mode fragmented stays where it is when it is damaged, and is told of', async () => {
    expect(await workerd.ask('damaged', 'damagedFragments')).toEqual([
      ['storage/unreadable'],
      [{pets: {fido: {species: 'dog'}}}, {open: true}],
    ]);
  });
});

test('[CN7] what is no storage of a Durable Object with SQLite is refused at once', () => {
  for (const given of [undefined, {}, {get: () => undefined}, {sql: {}}]) {
    expect(() => createDurableObjectSqlStoragePersister(createStore(), given as never)).toThrow(
      expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['exec']}}),
    );
  }
  expect(() =>
    createDurableObjectSqlStoragePersister(createStore(), {sql: {exec: () => undefined}} as never),
  ).toThrow(expect.objectContaining({code: 'argument/wrong-handle'}));
});
