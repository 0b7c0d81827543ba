// A store as it was at one moment, to be written while it goes on changing: what changed since is undone in what is read.
// Costs nothing until something changes. Knows nothing of saving.

import {unspellCell} from '../base/cell-text.ts';
import {emptyObject, isEmptyObject} from '../base/changes.ts';
import type {CellOrUndefined, Id, Row, Values} from '../base/content.ts';
import type {StoreReader} from '../storage/storage.ts';
import type {PersistableStore} from './persistable-store.ts';

export interface StoreAsTaken {
  /** Reads the store as it was; `getContent` alone reads it as it is, at one moment of its own. */
  readonly reader: StoreReader;
  /** Told at the end of each transaction of the store. */
  noteTransaction(): void;
}

type Undone = Map<Id, CellOrUndefined>;

export const createStoreAsTaken = (store: PersistableStore): StoreAsTaken => {
  const undoneTables = new Map<Id, Map<Id, Undone>>();
  const undoneValues: Undone = new Map();

  const getRow = (tableId: Id, rowId: Id): Row =>
    undo(store.getRow(tableId, rowId), undoneTables.get(tableId)?.get(rowId));

  const getRowIds = (tableId: Id): Id[] => {
    const undone = undoneTables.get(tableId);
    return undone === undefined
      ? store.getRowIds(tableId)
      : union(store.getRowIds(tableId), undone.keys()).filter(
          (rowId) => !isEmptyObject(getRow(tableId, rowId)),
        );
  };

  return {
    reader: {
      getContent: () => store.getContent(),
      getTableIds: () => union(store.getTableIds(), undoneTables.keys()),
      getRowIds,
      getRow,
      getRowCount: (tableId) =>
        undoneTables.has(tableId) ? getRowIds(tableId).length : store.getRowCount(tableId),
      getTableCellIds: (tableId) => {
        const rows = [...(undoneTables.get(tableId)?.values() ?? [])];
        return union(store.getTableCellIds(tableId), new Set(rows.flatMap((row) => [...row.keys()])));
      },
      getValues: (): Values => undo(store.getValues(), undoneValues),
      ...(store.getMergeableContent && {getMergeableContent: store.getMergeableContent}),
    },

    noteTransaction: () => {
      const [, , changedCells, , changedValues] = store.getTransactionLog();
      for (const tableId of Object.keys(changedCells)) {
        const rows = inner(undoneTables, tableId, () => new Map<Id, Undone>());
        const changedRows = changedCells[tableId] ?? {};
        for (const rowId of Object.keys(changedRows)) {
          const cells = inner(rows, rowId, (): Undone => new Map());
          noteFirst(cells, changedRows[rowId] ?? {});
        }
      }
      noteFirst(undoneValues, changedValues);
    },
  };
};

const noteFirst = (
  undone: Undone,
  changed: {readonly [id: Id]: readonly [CellOrUndefined, unknown]},
): void => {
  for (const id of Object.keys(changed)) {
    if (!undone.has(id)) {
      // TinyBase tells objects and arrays as it keeps them: spelt.
      undone.set(id, unspellCell(changed[id]?.[0]));
    }
  }
};

const undo = (cells: Row, undone: Undone | undefined): Row => {
  if (undone === undefined || undone.size === 0) {
    return cells;
  }
  const before: Row = Object.assign(emptyObject<Row>(), cells);
  for (const [id, cell] of undone) {
    if (cell === undefined) {
      delete before[id];
    } else {
      before[id] = cell;
    }
  }
  return before;
};

const union = (ids: readonly Id[], others: Iterable<Id>): Id[] => [...new Set([...ids, ...others])];

const inner = <Thing>(map: Map<Id, Thing>, id: Id, make: () => Thing): Thing => {
  const found = map.get(id) ?? make();
  map.set(id, found);
  return found;
};
