// Sets what was read into the store, as a difference, so that listeners hear of what really changed; changes that are
// not stored yet stay on top. Knows nothing of storages and timing.

import {
  diffContent,
  diffRow,
  emptyObject,
  isEmptyChanges,
  isReplacement,
  noChanges,
  subtractChanges,
} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges, Table, TableChanges} from '../base/content.ts';
import {own} from '../base/safe-objects.ts';
import type {StoredContent} from '../storage/storage.ts';
import type {ChangeTracker, Loaded} from './change-tracker.ts';
import type {PersistableStore} from './persistable-store.ts';

export interface ContentLoader {
  /**
   * Makes this the content of the store, as far as the persister keeps it, with `pending` on top. Returns what the store
   * did not take, as the changes that lead back to what is stored; undefined where it took everything.
   */
  setContent(stored: StoredContent, pending: Changes): Changes | undefined;
  /** Makes these changes, whole rows among them, but for what is pending. */
  applyOutside(changes: Changes, pending: Changes): void;
  /** Sets what a caller gave to begin with, with `pending` on top. */
  setInitial(content: Content, pending: Changes): void;
}

export const createContentLoader = (store: PersistableStore, tracker: ChangeTracker): ContentLoader => {
  const setTables = (tables: Content[0], tableIds: ReadonlySet<Id>): void => {
    for (const tableId of tableIds) {
      const table = Object.hasOwn(tables, tableId) ? (tables[tableId] as Table) : {};
      if (Object.keys(table).length > 0) {
        store.setTable(tableId, table);
      } else {
        store.delTable(tableId);
      }
    }
  };

  const setValues = (values: Content[1], valueIds: ReadonlySet<Id>): void => {
    const changes = noChanges();
    for (const valueId of valueIds) {
      changes[1][valueId] = Object.hasOwn(values, valueId) ? values[valueId] : undefined;
    }
    store.applyChanges(changes);
  };

  const setWithin = ({content: [tables, values], tableIds, valueIds}: StoredContent): void => {
    if (tableIds === undefined && valueIds === undefined) {
      store.setContent([tables, values]);
      return;
    }
    setTables(tables, tableIds ?? new Set([...Object.keys(tables), ...store.getTableIds()]));
    setValues(values, valueIds ?? new Set([...Object.keys(values), ...Object.keys(store.getValues())]));
  };

  const setContent: ContentLoader['setContent'] = (stored, pending) => {
    const {content} = stored;
    const wasRefused = tracker.runLoad(loadedContent(content), () =>
      store.transaction(() => {
        setWithin(stored);
        if (!isEmptyChanges(pending)) {
          store.applyChanges(replacedRows(pending));
          store.applyChanges(pending);
        }
      }),
    );
    if (store.isBeyond?.(content)) {
      tracker.expectMore();
      // Some of what was loaded may be of a clock that is ahead of this one.
      return content as unknown as Changes;
    }
    return wasRefused
      ? subtractChanges(diffContent(store.getContent(), content), tracker.pending())
      : undefined;
  };

  return {
    setContent,
    setInitial: (content, pending) => {
      setContent({content}, pending);
    },

    applyOutside: (outside, pending) => {
      const changes = subtractChanges(diffOutside(store, outside), pending);
      if (!isEmptyChanges(changes)) {
        tracker.runLoad(loadedChanges(changes), () => store.transaction(() => store.applyChanges(changes)));
      }
    },
  };
};

const loadedContent = ([tables, values]: Content): Loaded => ({
  cell: (tableId, rowId, cellId) => own(own(own(tables, tableId), rowId), cellId),
  value: (valueId) => own(values, valueId),
});

/** What changes say of cells and values. */
export const loadedChanges = ([tables, values]: Changes): Loaded => ({
  cell: (tableId, rowId, cellId) => own(own(own(tables, tableId), rowId), cellId),
  value: (valueId) => own(values, valueId),
});

// The rows that were set anew, to be deleted first: they keep nothing of what is stored.
const replacedRows = ([tables]: Changes): Changes => {
  const deletions = noChanges();
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId] ?? {};
    const rowIds = Object.keys(table).filter((rowId) => isReplacement(table[rowId] ?? {}));
    if (rowIds.length > 0) {
      const rows: TableChanges = emptyObject();
      for (const rowId of rowIds) {
        rows[rowId] = undefined;
      }
      deletions[0][tableId] = rows;
    }
  }
  return deletions;
};

// Whole rows become the cells of them that differ.
const diffOutside = (store: PersistableStore, [tables, values]: Changes): Changes => {
  const changes = noChanges();
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId];
    if (table === undefined) {
      changes[0][tableId] = undefined;
      continue;
    }
    const rows: TableChanges = emptyObject();
    for (const rowId of Object.keys(table)) {
      const row = table[rowId];
      if (row === undefined || !isReplacement(row)) {
        rows[rowId] = row;
        continue;
      }
      const cells: RowChanges = diffRow(store.getRow(tableId, rowId), row as Row);
      if (Object.keys(cells).length > 0) {
        rows[rowId] = cells;
      }
    }
    if (Object.keys(rows).length > 0) {
      changes[0][tableId] = rows;
    }
  }
  changes[1] = isReplacement(values) ? diffRow(store.getValues(), values as Row) : values;
  return changes;
};
