// Makes the object stores of an IndexedDB database, and takes over what TinyBase has stored in it.

import {unspellCell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, Id, Row, Tables} from '../base/content.ts';
import type {Database, Transaction} from './indexed-db.ts';
import {type PackedRow, putNewRows} from './indexed-db-packs.ts';

/** Above every version that TinyBase uses. */
export const VERSION = 1_001;
export const STORES = ['rows', 'values', 'log', 'quarantine', 'kind'] as const;
/** From this one on, what TinyBase left is taken over. */
const FIRST_VERSION = 1_000;

/** A database that TinyBase wrote has its tables (`t`) and values (`v`) copied into the new object stores. */
export const upgrade = (db: Database, transaction: Transaction, oldVersion: number): void => {
  for (const name of STORES) {
    if (!db.objectStoreNames.contains(name)) {
      const hasKeysOfItsOwn = name === 'log' || name === 'quarantine';
      db.createObjectStore(name, ...(hasKeysOfItsOwn ? [{autoIncrement: true} as const] : []));
    }
  }
  if (
    oldVersion > 0 &&
    oldVersion < FIRST_VERSION &&
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
