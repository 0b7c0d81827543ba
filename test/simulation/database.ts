// A simulated disk with a database on it: SQLite, which each process opens for itself, and whose statements take their time, fail, or
// are never answered. What was committed stays, and a process that dies leaves nothing of its transaction.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import type {Changes} from '../../src/base/content.ts';
import type {StatementsDriver} from '../../src/driver/driver.ts';
import {sqliteNodeDriver} from '../../src/driver/sqlite-node-driver.ts';
import {fromStampedCells} from '../../src/merge/stamped-cells.ts';
import {createDatabasePersister} from '../../src/persister/database-persister.ts';
import {Persists} from '../../src/persister/persister.ts';
import {createFaults, createWatchers, type Disk, type DiskOptions, type KeptPersister} from './disk.ts';
import {type Model, mergeInto} from './model.ts';
import type {Process, World} from './world.ts';

const MAX_DELAY_MS = 20;

export const createDatabase = (
  world: World,
  name: string,
  {onWritten}: Pick<DiskOptions, 'onWritten'>,
): Disk => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-simulation-'));
  const faults = createFaults(world, name);
  const watchers = createWatchers(world);
  const opened = new Map<Process, DatabaseSync[]>();
  let lastWriter: string | undefined;

  const openFile = (): DatabaseSync => {
    const db = new DatabaseSync(join(folder, 'db.sqlite'));
    // What is on the disk of the machine that runs this does not matter.
    db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL');
    return db;
  };
  const own = openFile();

  const driverOf = (process: Process): StatementsDriver => {
    const db = openFile();
    opened.set(process, [...(opened.get(process) ?? []), db]);
    const {query, limits, dialect} = sqliteNodeDriver(db);
    return {
      kind: 'statements',
      dialect,
      limits,
      query: async (statement) => {
        const isEnd = statement.sql.startsWith('ROLLBACK');
        const failing = isEnd ? undefined : faults.take();
        await world.sleep(process, world.pick(MAX_DELAY_MS));
        if (failing === 'before') {
          throw faults.error();
        }
        const rows = query(statement);
        if (statement.sql === 'COMMIT') {
          onWritten(disk);
          watchers.tellOthers(process);
          lastWriter !== undefined &&
            lastWriter !== process.name &&
            world.count('rows of another were merged with');
          lastWriter = process.name;
        }
        if (failing === 'after') {
          throw faults.error();
        }
        return rows;
      },
      watch: (listener) => watchers.add(process, listener),
      close: () => db.close(),
    };
  };

  const disk: Disk = {
    ...faults,
    name,
    floor: '',
    stored: () => {
      const stored: Model = new Map();
      const changes: Changes = [{}, {}, 1];
      const isThere = own.prepare("SELECT 1 FROM sqlite_master WHERE name = 'holdfast'").all().length > 0;
      const rows = isThere ? own.prepare('SELECT table_id, row_id, stamped FROM holdfast').all() : [];
      for (const {table_id: tableId, row_id: rowId, stamped} of rows as {[name: string]: string}[]) {
        const cells = JSON.parse(stamped as string);
        if (tableId === '\uFFFDvalues') {
          define(changes[1], rowId as string, cells['']);
        } else if (!tableId?.startsWith('\uFFFD')) {
          const tables = changes[0] as {[id: string]: object};
          Object.hasOwn(tables, tableId as string) || define(tables, tableId as string, {});
          define(tables[tableId as string] as object, rowId as string, cells);
        }
      }
      mergeInto(stored, fromStampedCells(changes));
      return stored;
    },
    keep: (store, process, onIgnoredError) =>
      createDatabasePersister(store as never, driverOf(process), {
        configOrStoreTableName: {mode: 'rows'},
        onIgnoredError,
        persist: Persists.StoreOrMergeableStore,
        ports: world.portsOf(process),
      }) as unknown as KeptPersister,
    drop: (process) => {
      for (const db of opened.get(process) ?? []) {
        db.isOpen && db.isTransaction && world.count('process died in a transaction');
        db.isOpen && db.close();
      }
      opened.delete(process);
    },
    crash: () => undefined,
    dispose: () => {
      for (const process of [...opened.keys()]) {
        disk.drop(process);
      }
      own.close();
      rmSync(folder, {recursive: true, force: true});
    },
  };
  return disk;
};

// `__proto__` is an id like any other.
const define = (things: object, id: string, value: unknown): void => {
  Object.defineProperty(things, id, {value, enumerable: true, configurable: true, writable: true});
};
