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

import {unspellCell} from '../base/cell-text.ts';
import {emptyObject, isReplacement, markReplacement, noChanges} from '../base/changes.ts';
import type {Cell, Changes, Content, Id, Row, RowChanges, TableChanges, Tables} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports, type TimerHandle} from '../base/ports.ts';
import {
  type Database,
  inTransaction,
  type Key,
  keysAfter,
  keysUpTo,
  type ObjectStore,
  openIndexedDb,
  settleRequest,
  type Transaction,
} from './indexed-db.ts';
import {
  editRows,
  findRow,
  mergeCells,
  type PackedRow,
  parsePack,
  putNewRows,
  type RowEdit,
} from './indexed-db-packs.ts';
import {createLogPosition} from './log-position.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, Write} from './storage.ts';
import {openTopic} from './web-topic.ts';

/** Above every version that TinyBase uses. */
const VERSION = 1_000;
const STORES = ['rows', 'values', 'log', 'quarantine'] as const;
const RECORDS_A_CHUNK = 16;
const VALUES_A_CHUNK = 2_000;
/** More records than this in one write are logged as one entry. */
const MAX_ENTRIES_A_WRITE = 256;
const KEPT_ENTRIES = 16_384;

interface ValueRecord {
  readonly value: Cell;
}
type LogEntry = readonly [] | readonly [valueId: Id] | readonly [tableId: Id, rowId: Id];

export const createIndexedDbStorage = (
  dbName: string,
  autoLoadIntervalSeconds: number,
  ports: Ports = hostPorts,
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
  ): Promise<Result> => inTransaction(await open(), dbName, mode, STORES, work);

  const nextNumber = (): number => {
    lastNumber = Math.max(lastNumber + 1, ports.now() * 1_024);
    return lastNumber;
  };

  const read = async (onProgress: ProgressListener): Promise<StoredContent | undefined> => {
    const {content, newest, damaged} = await transact('readonly', async (transaction) => ({
      newest: await readNewest(transaction.objectStore('log')),
      ...(await readEverything(transaction, onProgress)),
    }));
    position.moveTo(newest);
    if (content === undefined) {
      return undefined;
    }
    return damaged.length === 0 ? {content} : {content, fault: await quarantine(damaged)};
  };

  const quarantine = async (damaged: readonly (readonly ['rows' | 'values', Key])[]): Promise<Error> => {
    await transact('readwrite', async (transaction) => {
      const aside = transaction.objectStore('quarantine');
      for (const [name, key] of damaged) {
        const store = transaction.objectStore(name);
        aside.add({store: name, key, record: await settleRequest(store.get(key))});
        store.delete(key);
      }
    });
    return new HoldfastError(
      'storage/unreadable',
      `${damaged.length} records of the database "${dbName}" hold neither a row nor a value; they were moved to its object store "quarantine", and the rest was read.`,
      {database: dbName, recordCount: damaged.length},
    );
  };

  const write = async ({changes, since, store, onProgress}: Write): Promise<'stored'> => {
    const seqs = await transact('readwrite', async (transaction) => {
      const log = transaction.objectStore('log');
      if (changes === undefined) {
        await writeWhole(transaction, store.getContent(), nextNumber, onProgress);
        await writeChanges(transaction, onlyDeletions(since ?? noChanges()), noRow, nextNumber);
        return appendLog(log, undefined);
      }
      const rowOf = (tableId: Id, rowId: Id) => store.getRow(tableId, rowId);
      return appendLog(log, await writeChanges(transaction, changes, rowOf, nextNumber));
    });
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
      const changes = await readEntries(transaction, others);
      position.moveTo(newest);
      return {kind: 'changes', changes};
    });

  return {
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

const isPlainObject = (thing: unknown): thing is {readonly [key: string]: unknown} =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing);
const isValueRecord = (record: unknown): record is ValueRecord =>
  isPlainObject(record) && Object.hasOwn(record, 'value');

// Makes the object stores; a database that TinyBase wrote has its tables (`t`) and values (`v`) copied into them.
const upgrade = (db: Database, transaction: Transaction, oldVersion: number): void => {
  for (const name of STORES) {
    if (!db.objectStoreNames.contains(name)) {
      const hasKeysOfItsOwn = name === 'log' || name === 'quarantine';
      db.createObjectStore(name, ...(hasKeysOfItsOwn ? [{autoIncrement: true} as const] : []));
    }
  }
  if (
    oldVersion > 0 &&
    oldVersion < VERSION &&
    db.objectStoreNames.contains('t') &&
    db.objectStoreNames.contains('v')
  ) {
    takeOver(transaction);
  }
};

const takeOver = (transaction: Transaction): void => {
  let n = 0;
  const tables = transaction.objectStore('t').getAll();
  tables.onsuccess = () => {
    for (const {k: tableId, v: table} of tables.result as {k: Id; v: Tables[Id]}[]) {
      const rows = Object.keys(table).map(
        (rowId): PackedRow => [rowId, ++n, unspellCells(table[rowId] as Row)],
      );
      putNewRows(transaction.objectStore('rows'), tableId, rows);
    }
  };
  const values = transaction.objectStore('v').getAll();
  values.onsuccess = () => {
    for (const {k: valueId, v: value} of values.result as {k: Id; v: Cell}[]) {
      transaction.objectStore('values').put({value: unspellCell(value)}, valueId);
    }
  };
};

const unspellCells = (row: Row): Row => {
  const cells: Row = emptyObject();
  for (const cellId of Object.keys(row)) {
    cells[cellId] = unspellCell(row[cellId]);
  }
  return cells;
};

const readNewest = async (log: ObjectStore): Promise<number> =>
  Number((await settleRequest(log.openKeyCursor(null, 'prev')))?.key ?? 0);

// Everything in an object store, a chunk at a time.
const readChunks = async (
  store: ObjectStore,
  recordsAChunk: number,
  onRecord: (key: Key, record: unknown) => void,
): Promise<void> => {
  let range: unknown;
  for (;;) {
    const [keys, records] = await Promise.all([
      settleRequest(store.getAllKeys(range, recordsAChunk)),
      settleRequest(store.getAll(range, recordsAChunk)),
    ]);
    for (let index = 0; index < keys.length; index++) {
      onRecord(keys[index] as Key, records[index]);
    }
    if (keys.length < recordsAChunk) {
      return;
    }
    range = keysAfter(keys.at(-1) as Key);
  }
};

type DamagedRecord = readonly ['rows' | 'values', Key];

const readEverything = async (
  transaction: Transaction,
  onProgress: ProgressListener,
): Promise<{content: Content | undefined; damaged: DamagedRecord[]}> => {
  const damaged: DamagedRecord[] = [];
  const rows: {readonly tableId: Id; readonly row: PackedRow}[] = [];
  const values: Content[1] = emptyObject();
  let isEmpty = (await readNewest(transaction.objectStore('log'))) === 0;
  await readChunks(transaction.objectStore('rows'), RECORDS_A_CHUNK, (key, record) => {
    isEmpty = false;
    const pack = parsePack(record);
    if (pack === undefined) {
      damaged.push(['rows', key]);
      return;
    }
    for (const row of pack) {
      rows.push({tableId: (key as readonly Id[])[0] as Id, row});
    }
    onProgress(rows.length, undefined);
  });
  await readChunks(transaction.objectStore('values'), VALUES_A_CHUNK, (key, record) => {
    isEmpty = false;
    if (isValueRecord(record)) {
      values[key as Id] = record.value;
    } else {
      damaged.push(['values', key]);
    }
  });
  if (isEmpty) {
    return {content: undefined, damaged};
  }
  const tables: Tables = emptyObject();
  rows.sort((one, other) => one.row[1] - other.row[1]);
  for (const {
    tableId,
    row: [rowId, , cells],
  } of rows) {
    tables[tableId] ??= emptyObject();
    (tables[tableId] as Tables[Id])[rowId] = cells;
  }
  return {content: [tables, values], damaged};
};

// The present state of the rows and values that the log names, rows whole.
const readEntries = async (transaction: Transaction, entries: readonly LogEntry[]): Promise<Changes> => {
  const changes = noChanges();
  const rowStore = transaction.objectStore('rows');
  for (const [first, rowId] of entries as readonly (readonly [Id, Id?])[]) {
    if (rowId === undefined) {
      const record = await settleRequest(transaction.objectStore('values').get(first));
      changes[1][first] = isValueRecord(record) ? record.value : undefined;
      continue;
    }
    const cells = await findRow(rowStore, first, rowId);
    changes[0][first] ??= emptyObject<TableChanges>();
    (changes[0][first] as TableChanges)[rowId] = cells && markReplacement(cells as RowChanges);
  }
  return changes;
};

// Adds the entries, or one that names nothing; resolves with their numbers.
const appendLog = async (log: ObjectStore, entries: readonly LogEntry[] | undefined): Promise<number[]> => {
  const logged = entries === undefined || entries.length > MAX_ENTRIES_A_WRITE ? [[]] : entries;
  const seqs = (await Promise.all(logged.map((entry) => settleRequest(log.add(entry))))) as number[];
  const newest = seqs.at(-1) ?? 0;
  if (newest > KEPT_ENTRIES && newest % 64 < seqs.length) {
    log.delete(keysUpTo(newest - KEPT_ENTRIES));
  }
  return seqs;
};

const writeValues = (values: ObjectStore, changes: Changes[1]): void => {
  for (const valueId of Object.keys(changes)) {
    if (changes[valueId] === undefined) {
      values.delete(valueId);
    } else {
      values.put({value: changes[valueId]}, valueId);
    }
  }
};

// Merges the changes into what is stored; returns what they touch.
const writeChanges = async (
  transaction: Transaction,
  [tables, values]: Changes,
  rowOf: (tableId: Id, rowId: Id) => Row,
  nextNumber: () => number,
): Promise<LogEntry[]> => {
  const entries: LogEntry[] = Object.keys(values).map((valueId) => [valueId]);
  for (const tableId of Object.keys(tables)) {
    const edits = new Map<Id, RowEdit>();
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      entries.push([tableId, rowId]);
      const changes = tables[tableId]?.[rowId];
      if (changes === undefined) {
        edits.set(rowId, () => undefined);
        continue;
      }
      // The row as it is now: the store may go on changing while this waits for the database.
      const row = rowOf(tableId, rowId);
      // A row that another page has deleted meanwhile comes back whole.
      edits.set(rowId, (stored) => (isReplacement(changes) ? row : mergeCells(stored ?? row, changes)));
    }
    await editRows(transaction.objectStore('rows'), tableId, edits, nextNumber);
  }
  writeValues(transaction.objectStore('values'), values);
  return entries;
};

// Stores everything in the store, and deletes nothing.
const writeWhole = async (
  transaction: Transaction,
  [tables, values]: Content,
  nextNumber: () => number,
  onProgress: ProgressListener,
): Promise<void> => {
  const rowStore = transaction.objectStore('rows');
  const isEmpty = (await settleRequest(rowStore.count())) === 0;
  let doneRows = 0;
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId] ?? {};
    const rowIds = Object.keys(table);
    if (isEmpty) {
      putNewRows(
        rowStore,
        tableId,
        rowIds.map((rowId): PackedRow => [rowId, nextNumber(), table[rowId] as Row]),
      );
    } else {
      const edits = new Map<Id, RowEdit>();
      for (const rowId of rowIds) {
        const row = table[rowId] as Row;
        edits.set(rowId, (stored) => (stored === undefined ? row : mergeCells(stored, row)));
      }
      await editRows(rowStore, tableId, edits, nextNumber);
    }
    doneRows += rowIds.length;
    onProgress(doneRows, undefined);
  }
  writeValues(transaction.objectStore('values'), values);
};

const onlyDeletions = ([tables, values]: Changes): Changes => {
  const deletions = noChanges();
  for (const tableId of Object.keys(tables)) {
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      if (tables[tableId]?.[rowId] === undefined) {
        deletions[0][tableId] ??= emptyObject<TableChanges>();
        (deletions[0][tableId] as TableChanges)[rowId] = undefined;
      }
    }
  }
  for (const valueId of Object.keys(values)) {
    if (values[valueId] === undefined) {
      deletions[1][valueId] = undefined;
    }
  }
  return deletions;
};

const noRow = (): Row => emptyObject();
