// Random histories of mergeable stores on one database in mode `tabular`, and of people who edit its tables by SQL.

import {DatabaseSync} from 'node:sqlite';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Id} from '../../src/base/content.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {createStore} from '../../src/entry/store.ts';
import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import type {DpcTabular} from '../../src/storage/database-config.ts';
import {awkwardIds} from '../../src/testing/awkward.ts';
import {anyCell, check} from '../properties/arbitraries.ts';
import {createReplica, mergeAll, type StampedReplica} from './stamped-replica.ts';

const CONFIG: DpcTabular = {
  mode: 'tabular',
  tables: {load: {'t a': 'a', 't b': 'b'}, save: {a: 't a', b: 't b'}},
  values: {load: true, save: true},
};
const REPLICA_COUNT = 3;

const anyId = fc.constantFrom<Id>('x', 'y', ...awkwardIds);
const tableId = fc.constantFrom<Id>('a', 'b');
const replica = fc.nat(REPLICA_COUNT - 1);

type Step = (world: World) => void | Promise<void>;
interface World {
  readonly db: DatabaseSync;
  readonly replicas: readonly StampedReplica[];
}
const on =
  (index: number, act: (replica: StampedReplica) => void | Promise<void>): Step =>
  ({replicas}) =>
    act(replicas[index] as StampedReplica);

const edit: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(replica, tableId, anyId, anyId, anyCell).map(([index, table, row, cell, thing]) =>
    on(index, ({store}) => {
      store.setCell(table, row, cell, thing);
    }),
  ),
  fc.tuple(replica, tableId, anyId, anyId).map(([index, table, row, cell]) =>
    on(index, ({store}) => {
      store.delCell(table, row, cell, true);
    }),
  ),
  fc.tuple(replica, tableId, anyId).map(([index, table, row]) =>
    on(index, ({store}) => {
      store.delRow(table, row);
    }),
  ),
  fc.tuple(replica, anyId, anyCell).map(([index, value, thing]) =>
    on(index, ({store}) => {
      store.setValue(value, thing);
    }),
  ),
  fc.tuple(replica, anyId).map(([index, value]) =>
    on(index, ({store}) => {
      store.delValue(value);
    }),
  ),
);
const exchange: fc.Arbitrary<Step> = fc
  .tuple(replica, fc.constantFrom<keyof StampedReplica>('save', 'saveWhole', 'load', 'loadOutside'))
  .map(([index, what]) => on(index, (each) => (each[what] as () => Promise<void>)()));

const columnsOf = (db: DatabaseSync, table: string): string[] =>
  db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(`t ${table}`)
    .map(({name}) => String(name))
    .filter((name) => name !== '_id');
const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

// By plain SQL: the n-th column of the n-th row, a row that goes, and one that comes.
const sql: fc.Arbitrary<Step> = fc
  .tuple(tableId, fc.nat(), fc.nat(), fc.constantFrom('set', 'clear', 'delete', 'insert'), fc.nat(99))
  .map(([table, row, column, how, thing]) => ({db}: World) => {
    const columns = columnsOf(db, table);
    const name = columns[column % columns.length];
    if (name === undefined) {
      return;
    }
    const count = Number(db.prepare(`SELECT count(*) AS n FROM "t ${table}"`).get()?.n);
    const where = `rowid = (SELECT rowid FROM "t ${table}" LIMIT 1 OFFSET ${row % Math.max(1, count)})`;
    switch (how) {
      case 'set':
        db.exec(`UPDATE "t ${table}" SET ${quote(name)} = ${thing} WHERE ${where}`);
        break;
      case 'clear':
        db.exec(`UPDATE "t ${table}" SET ${quote(name)} = NULL WHERE ${where}`);
        break;
      case 'delete':
        db.exec(`DELETE FROM "t ${table}" WHERE ${where}`);
        break;
      default:
        db.prepare(`INSERT OR REPLACE INTO "t ${table}" (_id, ${quote(name)}) VALUES (?, ?)`).run(
          `by sql ${row % 3}`,
          thing,
        );
    }
  });

const run = async (steps: readonly Step[], atEnd: (world: World) => Promise<void>): Promise<void> => {
  const db = new DatabaseSync(':memory:');
  let now = Date.now();
  const replicas = Array.from({length: REPLICA_COUNT}, (_, index) =>
    createReplica(`replica ${index}`, createDatabaseStorage(sqliteNodeDriver(db), CONFIG), () => ++now),
  );
  try {
    for (const step of steps) {
      await step({db, replicas});
    }
    await atEnd({db, replicas});
  } finally {
    for (const {storage} of replicas) {
      await storage.close?.();
    }
    db.close();
  }
};

const exchangeAll = async ({replicas}: World): Promise<void> => {
  for (let round = 0; round < 2; round++) {
    for (const replica of replicas) {
      await replica.save();
      await replica.load();
    }
  }
};

test('[MS21] random histories end where merging in memory ends, and so does what is loaded anew', async () => {
  await check(
    fc.asyncProperty(fc.array(fc.oneof(edit, edit, exchange), {maxLength: 40}), async (steps) => {
      await run(steps, async (world) => {
        const merged = mergeAll(world.replicas.map(({store}) => store)).getMergeableContent();
        await exchangeAll(world);
        for (const {store} of world.replicas) {
          expect(store.getMergeableContent()).toEqual(merged);
        }
        const anew = createReplica('anew', createDatabaseStorage(sqliteNodeDriver(world.db), CONFIG));
        await anew.load();
        expect(anew.store.getMergeableContent()).toEqual(merged);
        expect(anew.store.getContent()).toEqual(world.replicas[0]?.store.getContent());
      });
    }),
  );
});

test('[MS22] with edits by plain SQL among them, all come to hold what stands in the tables', async () => {
  await check(
    fc.asyncProperty(fc.array(fc.oneof(edit, exchange, sql), {maxLength: 40}), async (steps) => {
      await run(steps, async (world) => {
        await exchangeAll(world);
        const anew = createReplica('anew', createDatabaseStorage(sqliteNodeDriver(world.db), CONFIG));
        await anew.load();
        for (const {store} of world.replicas) {
          expect(store.getMergeableContent()).toEqual(anew.store.getMergeableContent());
        }
        const plain = createDatabaseStorage(sqliteNodeDriver(world.db), CONFIG);
        const stored = await plain.read(() => undefined);
        // A table without rows is none to a store.
        expect(anew.store.getContent()).toEqual(
          createStore()
            .setContent(stored?.content ?? [{}, {}])
            .getContent(),
        );
      });
    }),
  );
});
