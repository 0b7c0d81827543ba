// Random histories of mergeable stores on one database in mode `rows`: edits, roll-backs, loads and saves in any order, replicas that die
// and begin anew, days that pass, and deletions that are forgotten. Against a store in memory that forgets nothing.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Id} from '../../src/base/content.ts';
import {createFakePorts, type FakePorts} from '../../src/base/ports.fake.ts';
import {type FaultyDriver, faultyDriver, sqliteFaults} from '../../src/driver/faulty-driver.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {createDatabasePersister} from '../../src/persister/database-persister.ts';
import type {AnyPersister} from '../../src/persister/persister.ts';
import {awkwardIds} from '../../src/testing/awkward.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {anyCell, check} from '../properties/arbitraries.ts';

const REPLICA_COUNT = 3;
const DAY_MS = 86_400_000;

interface Replica {
  readonly store: MergeableStore;
  readonly persister: AnyPersister;
  readonly ports: FakePorts;
  readonly faulty: FaultyDriver;
  readonly db: DatabaseSync;
}
interface World {
  readonly path: string;
  readonly clock: {ms: number};
  readonly replicas: Replica[];
  /** All that was ever acknowledged, merged in memory. */
  readonly acknowledged: MergeableStore;
  bornCount: number;
  hasForgotten: boolean;
}
type Step = (world: World) => void | Promise<void>;

const open = (world: World): Replica => {
  const ports = {...createFakePorts(), now: () => ++world.clock.ms};
  const db = new DatabaseSync(world.path);
  db.exec('PRAGMA synchronous = OFF');
  // Nobody is told of others' writes but when a timer fires.
  const {watch: _, ...driver} = sqliteNodeDriver(db);
  const faulty = faultyDriver(driver);
  const store = createMergeableStore(`replica ${world.bornCount++}`, ports.now);
  const persister = createDatabasePersister(
    store,
    faulty.driver,
    {configOrStoreTableName: {mode: 'rows'}, ports, onIgnoredError: () => undefined},
    {},
  );
  return {store, persister, ports, faulty, db};
};

const die = async ({persister, ports, faulty, db}: Replica): Promise<void> => {
  faulty.plan(1, {kind: 'fail', when: 'before', error: sqliteFaults.io}, Number.POSITIVE_INFINITY);
  await ports.until(persister.destroy().catch(() => undefined));
  db.close();
};

const replica = fc.nat(REPLICA_COUNT - 1);
const on =
  (index: number, act: (replica: Replica) => unknown): Step =>
  async ({replicas}) => {
    await act(replicas[index] as Replica);
  };

const tableId = fc.constantFrom<Id>('a', '\uFFFCb');
// Few, so that replicas meet in them.
const anyId = fc.oneof(
  {weight: 9, arbitrary: fc.constantFrom<Id>('x', 'y')},
  {weight: 1, arbitrary: fc.constantFrom<Id>(...awkwardIds)},
);
type Edit = (store: MergeableStore) => void;
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(tableId, anyId, anyId, anyCell).map(
      ([table, row, cell, thing]): Edit =>
        (store) => {
          store.setCell(table, row, cell, thing);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(tableId, anyId, anyId).map(
      ([table, row, cell]): Edit =>
        (store) => {
          store.delCell(table, row, cell, true);
        },
    ),
  },
  fc.tuple(tableId, anyId).map(
    ([table, row]): Edit =>
      (store) =>
        void store.delRow(table, row),
  ),
  tableId.map(
    (table): Edit =>
      (store) =>
        void store.delTable(table),
  ),
  fc.tuple(anyId, anyCell).map(
    ([value, thing]): Edit =>
      (store) =>
        void store.setValue(value, thing),
  ),
  anyId.map(
    (value): Edit =>
      (store) =>
        void store.delValue(value),
  ),
);
const anyTransaction: fc.Arbitrary<Step> = fc
  .tuple(replica, fc.array(anyEdit, {minLength: 1, maxLength: 4}), fc.nat(4))
  .map(([index, edits, chance]) =>
    on(index, ({store}) => {
      store.transaction(
        () => {
          for (const edit of edits) {
            edit(store);
          }
        },
        () => chance === 0,
      );
    }),
  );

type Work =
  | 'startAutoPersisting'
  | 'save'
  | 'load'
  | 'startAutoSave'
  | 'stopAutoSave'
  | 'startAutoLoad'
  | 'stopAutoLoad';
const anyWork: fc.Arbitrary<Step> = fc
  .tuple(
    replica,
    fc.constantFrom<Work>(
      'startAutoPersisting',
      'startAutoPersisting',
      'save',
      'load',
      'startAutoSave',
      'stopAutoSave',
      'startAutoLoad',
      'stopAutoLoad',
    ),
  )
  .map(([index, work]) => on(index, ({persister, ports}) => ports.until<unknown>(persister[work]())));
// What it is told of at an interval.
const wakeUp = ({ports}: Replica): void => {
  for (let timer = ports.delays().length; timer > 0; timer--) {
    ports.fireNext();
  }
};
const wake: fc.Arbitrary<Step> = replica.map((index) => on(index, wakeUp));
// Over a network, say.
const meet: fc.Arbitrary<Step> = fc.tuple(replica, replica).map(
  ([one, other]): Step =>
    ({replicas}) => {
      (replicas[one] as Replica).store.applyMergeableChanges(
        (replicas[other] as Replica).store.getMergeableContent(),
      );
    },
);
const beginAnew: fc.Arbitrary<Step> = replica.map(
  (index): Step =>
    async (world) => {
      await die(world.replicas[index] as Replica);
      world.replicas[index] = open(world);
    },
);
const passDays: fc.Arbitrary<Step> = fc.integer({min: 1, max: 5}).map(
  (days): Step =>
    ({clock}) => {
      clock.ms += days * DAY_MS;
    },
);
const compact: fc.Arbitrary<Step> = fc.tuple(replica, fc.nat(3)).map(
  ([index, days]): Step =>
    async (world) => {
      const {persister, ports} = world.replicas[index] as Replica;
      await ports.until(persister.compact({beforeMs: world.clock.ms - days * DAY_MS}));
      world.hasForgotten = true;
    },
);

const note = async ({replicas, acknowledged}: World): Promise<void> => {
  for (const {store, persister, ports} of replicas) {
    await ports.settle();
    if (persister.getDurability().state === 'durable') {
      acknowledged.applyMergeableChanges(store.getMergeableContent());
    }
  }
};

const run = async (steps: readonly Step[]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-histories-'));
  const clock = {ms: 1_700_000_000_000};
  const world: World = {
    path: join(folder, 'store.sqlite'),
    clock,
    replicas: [],
    acknowledged: createMergeableStore('acknowledged', () => clock.ms),
    bornCount: 0,
    hasForgotten: false,
  };
  for (let index = 0; index < REPLICA_COUNT; index++) {
    world.replicas.push(open(world));
  }
  try {
    for (const step of steps) {
      await step(world);
      await note(world);
    }
    for (let round = 0; round < 3; round++) {
      world.replicas.forEach(wakeUp);
      await note(world);
    }
    for (const {store, persister} of world.replicas) {
      if (persister.isAutoLoading() && persister.isAutoSaving()) {
        expect(exactText(store.getContent())).toBe(exactText(world.acknowledged.getContent()));
      }
    }
    for (let round = 0; round < 3; round++) {
      for (const {persister, ports} of world.replicas) {
        await ports.until(persister.load());
        await ports.until(persister.save());
      }
      await note(world);
    }
    const anew = open(world);
    world.replicas.push(anew);
    await anew.ports.until(anew.persister.load());
    for (const {store} of world.replicas) {
      expect(exactText(store.getContent())).toBe(exactText(world.acknowledged.getContent()));
      if (!world.hasForgotten) {
        expect(exactText(store.getMergeableContent())).toBe(
          exactText(world.acknowledged.getMergeableContent()),
        );
      }
    }
  } finally {
    for (const each of world.replicas) {
      await die(each);
    }
    rmSync(folder, {recursive: true});
  }
};

const steps = (...more: readonly fc.Arbitrary<Step>[]) =>
  fc.array(
    fc.oneof(
      {weight: 5, arbitrary: anyTransaction},
      {weight: 5, arbitrary: anyWork},
      {weight: 2, arbitrary: wake},
      {weight: 1, arbitrary: beginAnew},
      {weight: 1, arbitrary: meet},
      ...more.map((arbitrary) => ({weight: 3, arbitrary})),
    ),
    {minLength: 20, maxLength: 60, size: 'max'},
  );

test('[MS10] random histories in rows end where merging in memory ends, whoever dies on the way', async () => {
  await check(fc.asyncProperty(steps(passDays), run), 2);
});

test('[MS13] nor does anything come back where deletions are forgotten on the way, or what is there go', async () => {
  await check(fc.asyncProperty(steps(passDays, compact), run), 2);
});
