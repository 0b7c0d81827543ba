// What a persister calls on a store: public methods alone, so that it serves Holdfast's stores and TinyBase's alike.

import type {CellOrUndefined, Changes, Content, Id, IdOrNull, Row, Table, Values} from '../base/content.ts';
import type {MergeableContent} from '../merge/mergeable.ts';
import type {StoreReader} from '../storage/storage.ts';

type NestedIds = {readonly [id: string]: {readonly [id: string]: 1 | -1}};
type NestedInvalidCells = {
  readonly [id: string]: {readonly [id: string]: {readonly [id: string]: readonly unknown[]}};
};

type ChangedCells = {readonly [id: string]: readonly [oldCell: CellOrUndefined, newCell: unknown]};
type ChangedTables = {readonly [tableId: string]: {readonly [rowId: string]: ChangedCells}};

/** The first eight entries of a store's transaction log. */
type TransactionLogEntries = readonly [
  cellsTouched: boolean,
  valuesTouched: boolean,
  changedCells: ChangedTables,
  invalidCells: NestedInvalidCells,
  changedValues: ChangedCells,
  invalidValues: {readonly [id: string]: readonly unknown[]},
  changedTableIds: object,
  changedRowIds: NestedIds,
  ...rest: unknown[],
];

export interface PersistableStore {
  isMergeable(): boolean;
  hasTables(): boolean;
  hasValues(): boolean;
  hasTablesSchema(): boolean;
  hasValuesSchema(): boolean;
  getContent(): Content;
  getTableIds(): Id[];
  getTableCellIds(tableId: Id): Id[];
  getRowIds(tableId: Id): Id[];
  getRowCount(tableId: Id): number;
  getRow(tableId: Id, rowId: Id): Row;
  getValues(): Values;
  setContent(content: Content): unknown;
  setTable(tableId: Id, table: Table): unknown;
  delTable(tableId: Id): unknown;
  delTables(): unknown;
  delValues(): unknown;
  applyChanges(changes: Changes): unknown;
  transaction<Result>(actions: () => Result): Result;
  getTransactionChanges(): Changes;
  getTransactionLog(): TransactionLogEntries;
  addDidFinishTransactionListener(listener: () => void): Id;
  addInvalidCellListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    cellId: IdOrNull,
    // biome-ignore lint/suspicious/noExplicitAny: each store calls its listeners with itself.
    listener: (store: any, tableId: Id, rowId: Id, cellId: Id, invalidCells: any[]) => void,
  ): Id;
  addInvalidValueListener(
    valueId: IdOrNull,
    // biome-ignore lint/suspicious/noExplicitAny: each store calls its listeners with itself.
    listener: (store: any, valueId: Id, invalidValues: any[]) => void,
  ): Id;
  delListener(listenerId: Id): unknown;
  getListenerStats(): {readonly [kind: string]: number | undefined};
  /** A mergeable store has it. */
  getMergeableContent?(): MergeableContent;
  /** What is to be stored of it, as it is when that is first read. */
  asTaken?(): StoreReader;
  /** Of one that is merged with what is loaded: whether it now has anything that this content has not. */
  isBeyond?(content: Content): boolean;
  /** Of one that remembers what was deleted: whether there is anything at all, deleted or not. */
  hasStamps?(): boolean;
}
