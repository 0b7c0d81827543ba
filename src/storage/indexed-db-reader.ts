// Reads the records of an IndexedDB database: everything, a chunk at a time, or what the log names. Knows nothing of other
// pages and of persisters.

import {emptyObject, markReplacement, noChanges} from '../base/changes.ts';
import type {Cell, Changes, Content, Id, RowChanges, TableChanges, Tables} from '../base/content.ts';
import {forEachGroup, type Pause, sortInSlices} from '../base/slices.ts';
import {type Key, keysAfter, type ObjectStore, settleRequest, type Transaction} from './indexed-db.ts';
import {findRow, type PackedRow, parsePack} from './indexed-db-packs.ts';
import type {ProgressListener} from './storage.ts';

/** What the log says of one change: a row, a value, or, naming nothing, that everything must be read. */
export type LogEntry = readonly [] | readonly [valueId: Id] | readonly [tableId: Id, rowId: Id];

const RECORDS_A_CHUNK = 16;
const ROWS_A_GROUP = 1_024;
const VALUES_A_CHUNK = 2_000;

interface ValueRecord {
  readonly value: Cell;
}
const isPlainObject = (thing: unknown): thing is {readonly [key: string]: unknown} =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing);
export const isValueRecord = (record: unknown): record is ValueRecord =>
  isPlainObject(record) && Object.hasOwn(record, 'value');
/** The number of the newest entry of the log, 0 where there is none. */
export const readNewest = async (log: ObjectStore): Promise<number> =>
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

/** A record that holds neither rows nor a value. */
export type DamagedRecord = readonly ['rows' | 'values', Key];

interface FoundRow {
  readonly tableId: Id;
  readonly row: PackedRow;
}

/** Everything that is stored, rows in the order of their records. */
export interface FoundRecords {
  readonly rows: readonly FoundRow[];
  readonly values: Content[1];
  readonly damaged: readonly DamagedRecord[];
}

/** Everything that is stored; undefined where nothing ever was. */
export const readEverything = async (
  transaction: Transaction,
  onProgress: ProgressListener,
): Promise<FoundRecords | undefined> => {
  const damaged: DamagedRecord[] = [];
  const rows: FoundRow[] = [];
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
  return isEmpty ? undefined : {rows, values, damaged};
};

/** The content that the records hold, rows in the order in which they were added. */
export const toContent = async ({rows, values}: FoundRecords, pause: Pause): Promise<Content> => {
  const tables: Tables = emptyObject();
  const sorted = await sortInSlices(rows, (one, other) => one.row[1] - other.row[1], pause);
  await forEachGroup(sorted, ROWS_A_GROUP, pause, (group) => {
    for (const {
      tableId,
      row: [rowId, , cells],
    } of group) {
      tables[tableId] ??= emptyObject();
      (tables[tableId] as Tables[Id])[rowId] = cells;
    }
  });
  return [tables, values];
};

/** The present state of the rows and values that the log names, rows whole; those with stamps are only ever added to. */
export const readEntries = async (
  transaction: Transaction,
  entries: readonly LogEntry[],
  isStamped: boolean,
): Promise<Changes> => {
  const changes = noChanges();
  const rowStore = transaction.objectStore('rows');
  for (const [first, rowId] of entries as readonly (readonly [Id, Id?])[]) {
    if (rowId === undefined) {
      const record = await settleRequest(transaction.objectStore('values').get(first));
      if (isValueRecord(record)) {
        changes[1][first] = record.value;
      } else if (!isStamped) {
        changes[1][first] = undefined;
      }
      continue;
    }
    const cells = await findRow(rowStore, first, rowId);
    if (isStamped && cells === undefined) {
      continue;
    }
    changes[0][first] ??= emptyObject<TableChanges>();
    (changes[0][first] as TableChanges)[rowId] =
      isStamped || cells === undefined ? cells : markReplacement(cells as RowChanges);
  }
  return changes;
};
