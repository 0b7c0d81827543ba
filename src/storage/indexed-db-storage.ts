// A storage that keeps a store in a database of IndexedDB: rows in records of some hundred, a record a value, and a log of
// what changed, so that saving an edit and loading others' costs what changed.
//
//   rows       [tableId, rowId] → the rows from this one on (indexed-db-packs.ts)
//   values     valueId          → {value}
//   log        1, 2, 3 …        → [tableId, rowId] | [valueId] | []     (nothing named: load everything)
//   quarantine what could not be read
//
// An edit is merged into the stored row inside one transaction, which the browser gives to one page at a time: tabs do
// not erase one another's edits. A database that TinyBase wrote (a record a table) is taken over when it is opened.

import {noChanges} from '../base/changes.ts';
import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports, type TimerHandle} from '../base/ports.ts';
import {createPause} from '../base/slices.ts';
import {
  type Database,
  inTransaction,
  keysAfter,
  openIndexedDb,
  settleRequest,
  type Transaction,
} from './indexed-db.ts';
import {moveAside, readForm, requirePlain, storeNames, takeOver, toStamped} from './indexed-db-kind.ts';
import {
  type DamagedRecord,
  type LogEntry,
  readEntries,
  readEverything,
  readNewest,
  toContent,
} from './indexed-db-reader.ts';
import {upgrade, VERSION} from './indexed-db-upgrade.ts';
import {appendLog, noRow, onlyDeletions, writeChanges, writeWhole} from './indexed-db-writer.ts';
import {createLogPosition} from './log-position.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, Write} from './storage.ts';
import {openTopic} from './web-topic.ts';

export const createIndexedDbStorage = (
  dbName: string,
  autoLoadIntervalSeconds: number,
  ports: Ports = hostPorts,
): Storage => ({
  ...createStorage(dbName, autoLoadIntervalSeconds, {ports, isStamped: false}),
  forMergeable: () => createStorage(dbName, autoLoadIntervalSeconds, {ports, isStamped: true}),
});

const createStorage = (
  dbName: string,
  autoLoadIntervalSeconds: number,
  {ports, isStamped}: {readonly ports: Ports; readonly isStamped: boolean},
): Storage => {
  const topic = openTopic(`holdfast IndexedDB ${dbName}`);
  const position = createLogPosition();
  let opening: Promise<Database> | undefined;
  let lastNumber = 0;

  const open = (): Promise<Database> => {
    opening ??= openIndexedDb(dbName, VERSION, upgrade).then(
      (db) => {
        const forget = () => {
          opening = undefined;
        };
        db.onclose = forget;
        // Another page needs a newer version, or wants the database gone: this one is not in the way.
        db.onversionchange = () => {
          db.close();
          forget();
        };
        return db;
      },
      (error) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };

  const transact = async <Result>(
    mode: 'readonly' | 'readwrite',
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> => {
    const db = await open();
    return inTransaction(db, dbName, mode, storeNames(db, isStamped), async (transaction) => {
      if (!isStamped) {
        await requirePlain(dbName, transaction);
      }
      return work(transaction);
    });
  };

  const nextNumber = (): number => {
    lastNumber = Math.max(lastNumber + 1, ports.now() * 1_024);
    return lastNumber;
  };
  const tools = {now: ports.now, nextNumber, isStamped};

  const read = async (onProgress: ProgressListener): Promise<StoredContent | undefined> => {
    const {found, newest, form} = await transact('readonly', async (transaction) => ({
      newest: await readNewest(transaction.objectStore('log')),
      found: await readEverything(transaction, onProgress),
      form: isStamped ? await readForm(transaction) : undefined,
    }));
    position.moveTo(newest);
    const stored = found && (await toContent(found, createPause(ports.now, ports.yieldToHost)));
    const content = form === undefined ? stored : toStamped(stored, form);
    if (content === undefined) {
      return undefined;
    }
    const damaged = found?.damaged ?? [];
    return damaged.length === 0 ? {content} : {content, fault: await quarantine(damaged)};
  };

  const quarantine = async (damaged: readonly DamagedRecord[]): Promise<Error> => {
    await transact('readwrite', (transaction) => moveAside(transaction, damaged));
    return toldOf(damaged);
  };

  const toldOf = (damaged: readonly DamagedRecord[]): Error =>
    new HoldfastError(
      'storage/unreadable',
      `${damaged.length} records of the database "${dbName}" hold neither a row nor a value; they were moved to its object store "quarantine", and the rest was read.`,
      {database: dbName, recordCount: damaged.length},
    );

  const write = async ({changes, since, store, onProgress, onFault}: Write): Promise<'stored'> => {
    let damaged: readonly DamagedRecord[] | undefined;
    const seqs = await transact('readwrite', async (transaction) => {
      damaged = isStamped ? await takeOver(transaction, tools) : undefined;
      const log = transaction.objectStore('log');
      if (changes === undefined) {
        await writeWhole(transaction, store, tools, onProgress);
        await writeChanges(transaction, onlyDeletions(since ?? noChanges()), noRow, tools);
        return appendLog(log, undefined);
      }
      const rowOf = (tableId: Id, rowId: Id) => store.getRow(tableId, rowId);
      const entries = await writeChanges(transaction, changes, rowOf, tools);
      return appendLog(log, damaged === undefined ? entries : undefined);
    });
    if (damaged !== undefined && damaged.length > 0) {
      onFault(toldOf(damaged));
    }
    position.noteOwn(seqs);
    topic.tell();
    return 'stored';
  };

  const readOutside = (): Promise<OutsideChange | undefined> =>
    transact('readonly', async (transaction) => {
      const log = transaction.objectStore('log');
      const newest = await readNewest(log);
      if (newest === position.seq()) {
        return undefined;
      }
      const range = keysAfter(position.seq());
      const seqs = (await settleRequest(log.getAllKeys(range))) as number[];
      const entries = (await settleRequest(log.getAll(range))) as LogEntry[];
      const others = entries.filter((_, index) => !position.isOwn(seqs[index] as number));
      const isPruned = newest < position.seq() || seqs[0] !== position.seq() + 1;
      if (isPruned || others.some((entry) => entry.length === 0)) {
        return {kind: 'unknown'};
      }
      const changes = await readEntries(transaction, others, isStamped);
      position.moveTo(newest);
      return {kind: 'changes', changes};
    });

  return {
    ...(isStamped ? {hasStampedCells: true} : {}),
    read,
    write,
    readOutside,
    watch: async (listener) => {
      const unlisten = topic.listen(() => listener());
      let timer: TimerHandle;
      const tick = () => {
        timer = ports.setTimer(tick, autoLoadIntervalSeconds * 1_000, true);
        listener();
      };
      timer = ports.setTimer(tick, autoLoadIntervalSeconds * 1_000, true);
      return () => {
        ports.clearTimer(timer);
        unlisten();
      };
    },
    close: async () => {
      topic.close();
      const opened = opening;
      opening = undefined;
      (await opened)?.close();
    },
  };
};
