// A storage that keeps a store in a database of IndexedDB: a record a row, a record a value, and a log of what changed,
// so that saving an edit and loading others' costs what changed.
//
//   rows       [tableId, rowId] → {n, cells}     n keeps the order in which rows were added
//   values     valueId          → {value}
//   log        1, 2, 3 …        → [tableId, rowId] | [valueId] | []     (nothing named: load everything)
//   quarantine what could not be read
//
// An edit is merged into the stored record inside one transaction, which the browser gives to one page at a time: tabs do
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
import {createLogPosition} from './log-position.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, Write} from './storage.ts';
import {openTopic} from './web-topic.ts';

/** Above every version that TinyBase uses. */
const VERSION = 1_000;
const STORES = ['rows', 'values', 'log', 'quarantine'] as const;
const RECORDS_A_CHUNK = 2_000;
/** More records than this in one write are logged as one entry. */
const MAX_ENTRIES_A_WRITE = 256;
const KEPT_ENTRIES = 16_384;

interface RowRecord {
  readonly n: number;
  readonly cells: Row;
}
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
      const writer = createWriter(transaction, nextNumber);
      if (changes === undefined) {
        writer.writeWhole(store.getContent(), onProgress);
        writer.writeDeletions(since ?? noChanges());
        return appendLog(transaction.objectStore('log'), undefined);
      }
      const entries = writer.writeChanges(changes, (tableId, rowId) => store.getRow(tableId, rowId));
      return appendLog(transaction.objectStore('log'), entries);
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
const isRowRecord = (record: unknown): record is RowRecord =>
  isPlainObject(record) && typeof record.n === 'number' && isPlainObject(record.cells);
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
      for (const rowId of Object.keys(table)) {
        transaction
          .objectStore('rows')
          .put({n: ++n, cells: unspellCells(table[rowId] as Row)}, [tableId, rowId]);
      }
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
  onRecord: (key: Key, record: unknown) => void,
  onChunk: (count: number) => void,
): Promise<void> => {
  let range: unknown;
  for (;;) {
    const [keys, records] = await Promise.all([
      settleRequest(store.getAllKeys(range, RECORDS_A_CHUNK)),
      settleRequest(store.getAll(range, RECORDS_A_CHUNK)),
    ]);
    for (let index = 0; index < keys.length; index++) {
      onRecord(keys[index] as Key, records[index]);
    }
    onChunk(keys.length);
    if (keys.length < RECORDS_A_CHUNK) {
      return;
    }
    range = keysAfter(keys.at(-1) as Key);
  }
};

const readEverything = async (
  transaction: Transaction,
  onProgress: ProgressListener,
): Promise<{content: Content | undefined; damaged: (readonly ['rows' | 'values', Key])[]}> => {
  const damaged: (readonly ['rows' | 'values', Key])[] = [];
  const rows: (RowRecord & {readonly key: readonly [Id, Id]})[] = [];
  const values: Content[1] = emptyObject();
  const rowStore = transaction.objectStore('rows');
  const totalRows = await settleRequest(rowStore.count());
  const hasLog = (await readNewest(transaction.objectStore('log'))) > 0;
  let doneRows = 0;
  await readChunks(
    rowStore,
    (key, record) => {
      if (isRowRecord(record)) {
        rows.push({n: record.n, cells: record.cells, key: key as readonly [Id, Id]});
      } else {
        damaged.push(['rows', key]);
      }
    },
    (count) => {
      doneRows += count;
      onProgress(doneRows, totalRows);
    },
  );
  let valueCount = 0;
  await readChunks(
    transaction.objectStore('values'),
    (key, record) => {
      if (isValueRecord(record)) {
        values[key as Id] = record.value;
      } else {
        damaged.push(['values', key]);
      }
    },
    (count) => {
      valueCount += count;
    },
  );
  if (totalRows === 0 && valueCount === 0 && !hasLog) {
    return {content: undefined, damaged};
  }
  const tables: Tables = emptyObject();
  rows.sort((one, other) => one.n - other.n);
  for (const {
    key: [tableId, rowId],
    cells,
  } of rows) {
    tables[tableId] ??= emptyObject();
    (tables[tableId] as Tables[Id])[rowId] = cells;
  }
  return {content: [tables, values], damaged};
};

// The present state of the rows and values that the log names, rows whole.
const readEntries = async (transaction: Transaction, entries: readonly LogEntry[]): Promise<Changes> => {
  const changes = noChanges();
  for (const [first, rowId] of entries as readonly (readonly [Id, Id?])[]) {
    if (rowId === undefined) {
      const record = await settleRequest(transaction.objectStore('values').get(first));
      changes[1][first] = isValueRecord(record) ? record.value : undefined;
      continue;
    }
    const record = await settleRequest(transaction.objectStore('rows').get([first, rowId]));
    changes[0][first] ??= emptyObject<TableChanges>();
    (changes[0][first] as TableChanges)[rowId] = isRowRecord(record)
      ? markReplacement(record.cells as RowChanges)
      : undefined;
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

const createWriter = (transaction: Transaction, nextNumber: () => number) => {
  const rows = transaction.objectStore('rows');
  const values = transaction.objectStore('values');

  // Reads a row's record and puts another in its place, without waiting: the transaction does.
  const update = (
    key: readonly [Id, Id],
    change: (record: RowRecord | undefined) => Row | undefined,
  ): void => {
    const found = rows.get(key);
    found.onsuccess = () => {
      const record = isRowRecord(found.result) ? found.result : undefined;
      const cells = change(record);
      if (cells === undefined) {
        rows.delete(key);
      } else {
        rows.put({n: record?.n ?? nextNumber(), cells: toPlain(cells)}, key);
      }
    };
  };

  const writeRow = (key: readonly [Id, Id], changes: RowChanges, row: Row): void => {
    if (isReplacement(changes)) {
      update(key, () => row);
    } else {
      // A row that another page has deleted meanwhile comes back whole.
      update(key, (record) => mergeCells(record?.cells ?? row, changes));
    }
  };

  const writeValues = (changes: Changes[1]): void => {
    for (const valueId of Object.keys(changes)) {
      if (changes[valueId] === undefined) {
        values.delete(valueId);
      } else {
        values.put({value: changes[valueId]}, valueId);
      }
    }
  };

  return {
    writeChanges: ([tables, changedValues]: Changes, rowOf: (tableId: Id, rowId: Id) => Row): LogEntry[] => {
      const entries: LogEntry[] = Object.keys(changedValues).map((valueId) => [valueId]);
      for (const tableId of Object.keys(tables)) {
        for (const rowId of Object.keys(tables[tableId] ?? {})) {
          const changes = tables[tableId]?.[rowId];
          const key = [tableId, rowId] as const;
          entries.push(key);
          if (changes === undefined) {
            rows.delete(key);
          } else {
            writeRow(key, changes, rowOf(tableId, rowId));
          }
        }
      }
      writeValues(changedValues);
      return entries;
    },

    writeWhole: ([tables, allValues]: Content, onProgress: ProgressListener): void => {
      let doneRows = 0;
      for (const tableId of Object.keys(tables)) {
        for (const rowId of Object.keys(tables[tableId] ?? {})) {
          const row = tables[tableId]?.[rowId] as Row;
          update([tableId, rowId], (record) => (record === undefined ? row : mergeCells(record.cells, row)));
          if (++doneRows % 1_000 === 0) {
            onProgress(doneRows, undefined);
          }
        }
      }
      writeValues(allValues);
    },

    writeDeletions: ([tables, changedValues]: Changes): void => {
      for (const tableId of Object.keys(tables)) {
        for (const rowId of Object.keys(tables[tableId] ?? {})) {
          if (tables[tableId]?.[rowId] === undefined) {
            rows.delete([tableId, rowId]);
          }
        }
      }
      for (const valueId of Object.keys(changedValues)) {
        if (changedValues[valueId] === undefined) {
          values.delete(valueId);
        }
      }
    },
  };
};

const mergeCells = (cells: Row, changes: RowChanges): Row | undefined => {
  const merged: Row = Object.assign(emptyObject<Row>(), cells);
  let count = Object.keys(merged).length;
  for (const cellId of Object.keys(changes)) {
    const cell = changes[cellId];
    const wasThere = Object.hasOwn(merged, cellId);
    if (cell === undefined) {
      delete merged[cellId];
      count -= Number(wasThere);
    } else {
      merged[cellId] = cell;
      count += Number(!wasThere);
    }
  }
  return count === 0 ? undefined : merged;
};

// Structured clone takes the own members of an object, and leaves marks that are symbols behind.
const toPlain = (cells: Row): Row => Object.assign(emptyObject<Row>(), cells);
