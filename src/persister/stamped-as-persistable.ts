// A mergeable store as persisters call it that keep it cell by cell: its contents and changes are of stamped cells
// (merge/stamped-cells.ts), whether the store shows them or not. Knows nothing of storages.

import {emptyObject, isEmptyChanges, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges, TableChanges} from '../base/content.ts';
import {type GetNow, getHlcFunctions} from '../merge/hlc.ts';
import type {
  CellHashes,
  MergeableChanges,
  MergeableContent,
  RowStamp,
  TablesStamp,
  ValuesStamp,
} from '../merge/mergeable.ts';
import {
  fromStampedCells,
  stampCell,
  toStampedChanges,
  toStampedRow,
  unescapeId,
} from '../merge/stamped-cells.ts';
import {readerOf} from '../storage/content-reader.ts';
import type {StoreReader} from '../storage/storage.ts';
import type {PersistableStore} from './persistable-store.ts';

const ROWS_A_SLICE = 500;

/** What is called on a mergeable store beside what is called on every store. */
interface MergeableStore extends PersistableStore {
  applyMergeableChanges(changes: MergeableChanges | MergeableContent): unknown;
  setDefaultContent(content: Content): unknown;
  getMergeableTableDiff(theirs: object): [TablesStamp, ...unknown[]];
  getMergeableCellDiff(theirs: CellHashes): TablesStamp;
  getMergeableValueDiff(theirs: object): ValuesStamp;
  getTransactionMergeableChanges(): MergeableChanges;
  delCell(tableId: Id, rowId: Id, cellId: Id, forceDel?: boolean): unknown;
  delValue(valueId: Id): unknown;
}

export interface StampedPersistable extends PersistableStore {
  /** Everything, deleted cells included. */
  getStamped(): Content;
  /** Takes in content or changes: of each cell, the later stamp stays. */
  applyStamped(stamped: Content | Changes): void;
  /** Sets what gives way to whatever anybody sets. */
  setInitial(content: Content): void;
  /** Deletes those of these cells that are in the store as they are here; returns which, by the ids that users have for them. */
  deleteAnew(stamped: Changes): {tables: {[tableId: Id]: Id[]}; values: Id[]};
}

export const asStampedPersistable = (store: PersistableStore, now: GetNow): StampedPersistable => {
  const mergeable = store as MergeableStore;

  const getStamped = (): Content => {
    // Without hashes of others, everything differs from theirs.
    const [tables, values] = toStampedChanges([
      mergeable.getMergeableTableDiff(emptyObject())[0],
      mergeable.getMergeableValueDiff(emptyObject()),
      1,
    ]);
    return [tables as Content[0], values as Row];
  };

  const getStampedRow = (tableId: Id, rowId: Id): Row => {
    const theirs: CellHashes = emptyObject();
    theirs[tableId] = emptyObject();
    (theirs[tableId] as CellHashes[Id])[rowId] = emptyObject();
    const row = mergeable.getMergeableCellDiff(theirs)[0][tableId]?.[0][rowId];
    return row === undefined ? emptyObject() : toStampedRow(row as RowStamp);
  };

  // A slice at a time: what it stands for need not outlive it.
  const applyStamped: StampedPersistable['applyStamped'] = ([tables, values]) =>
    mergeable.transaction(() => {
      for (const tableId of Object.keys(tables)) {
        const rows = tables[tableId] ?? {};
        const rowIds = Object.keys(rows);
        for (let start = 0; start < rowIds.length; start += ROWS_A_SLICE) {
          const slice: TableChanges = emptyObject();
          for (const rowId of rowIds.slice(start, start + ROWS_A_SLICE)) {
            slice[rowId] = rows[rowId];
          }
          const only: Changes[0] = emptyObject();
          only[tableId] = slice;
          mergeable.applyMergeableChanges(fromStampedCells([only, {}, 1]));
        }
      }
      mergeable.applyMergeableChanges(fromStampedCells([{}, values, 1]));
    });

  return {
    ...mergeable,
    // What a schema refuses is stamped all the same: nothing of a load is lost.
    addInvalidCellListener: () => '',
    addInvalidValueListener: () => '',
    getListenerStats: () => ({...mergeable.getListenerStats(), notAdded: 2}),
    getTransactionChanges: () => toStampedChanges(mergeable.getTransactionMergeableChanges()),
    // What is saved is what was stamped, and stays so whatever happens meanwhile.
    asTaken: () => {
      let taken: StoreReader | undefined;
      const reader = (): StoreReader => {
        taken ??= readerOf(getStamped());
        return taken;
      };
      return {
        getContent: () => reader().getContent(),
        getTableIds: () => reader().getTableIds(),
        getRowIds: (tableId) => reader().getRowIds(tableId),
        getRow: (tableId, rowId) => reader().getRow(tableId, rowId),
        getRowCount: (tableId) => reader().getRowCount(tableId),
        getTableCellIds: (tableId) => reader().getTableCellIds(tableId),
        getValues: () => reader().getValues(),
      };
    },
    hasStamps: () => getStamped().some((part) => Object.keys(part).length > 0),

    getStamped,
    applyStamped,

    setInitial: (content) => {
      Array.isArray(content[0])
        ? mergeable.applyMergeableChanges(content as unknown as MergeableContent)
        : mergeable.setDefaultContent(content);
    },

    deleteAnew: (stamped) => {
      const deleted: ReturnType<StampedPersistable['deleteAnew']> = {tables: emptyObject(), values: []};
      const hidden = noChanges();
      const [getNextHlc, seenHlc] = getHlcFunctions(undefined, now);
      const delAll = (
        cells: RowChanges,
        current: () => Row,
        del: (id: Id) => void,
      ): [deletedIds: Id[], hidden: RowChanges] => {
        const hiddenCells: RowChanges = emptyObject();
        const before = current();
        const ids = Object.keys(cells).filter((id) => before[id] === cells[id]);
        ids.forEach(del);
        const after = current();
        for (const id of ids) {
          // What a schema keeps from sight cannot be deleted by its name.
          if (after[id] === cells[id]) {
            seenHlc(String(cells[id]).slice(0, 16));
            hiddenCells[id] = stampCell(undefined, getNextHlc());
          }
        }
        return [ids, hiddenCells];
      };
      mergeable.transaction(() => {
        for (const tableText of Object.keys(stamped[0])) {
          const tableId = unescapeId(tableText);
          const rowIds: Id[] = [];
          const hiddenRows: TableChanges = emptyObject();
          for (const rowText of Object.keys(stamped[0][tableText] ?? {})) {
            const rowId = unescapeId(rowText);
            const [ids, hiddenCells] = delAll(
              stamped[0][tableText]?.[rowText] ?? {},
              () => getStampedRow(tableId, rowId),
              (id) => mergeable.delCell(tableId, rowId, unescapeId(id), true),
            );
            if (ids.length > 0) {
              rowIds.push(rowId);
              hiddenRows[rowText] = hiddenCells;
            }
          }
          if (rowIds.length > 0) {
            deleted.tables[tableId] = rowIds;
            hidden[0][tableText] = hiddenRows;
          }
        }
        const [ids, hiddenValues] = delAll(
          stamped[1],
          () => toStampedRow(mergeable.getMergeableValueDiff(emptyObject())),
          (id) => mergeable.delValue(unescapeId(id)),
        );
        deleted.values.push(...ids.map(unescapeId));
        hidden[1] = hiddenValues;
        if (!isEmptyChanges(hidden)) {
          applyStamped(hidden);
        }
      });
      return deleted;
    },
  };
};
