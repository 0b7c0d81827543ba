// Remembers what changed in a store since it was last stored or loaded. Knows nothing of storages and timing.
//
//   untracked ──start──▶ whole ──take──▶ tracking ──take──▶ tracking
//                          ▲                 │
//                          └──── expectWhole ┘
//
// Invariants:
// 1. What was taken is either settled (it is stored) or restored (it was not), and counts as pending until then.
// 2. What the persister itself sets while it loads is not a change, but what listeners and schemas make of it is.
// 3. Deleted rows are named one by one, so that rows which only others know of are never deleted with them.

import {
  areCellsEqual,
  copyChanges,
  countChanges,
  emptyObject,
  isEmptyChanges,
  mergeChanges,
  noChanges,
} from '../base/changes.ts';
import type {Changes, Id, RowChanges, TableChanges} from '../base/content.ts';
import type {StoreReader} from '../storage/storage.ts';
import type {PersistableStore} from './persistable-store.ts';
import {createStoreAsTaken, type StoreAsTaken} from './store-as-taken.ts';

/** What is to be stored: changes, or everything. */
type Taken =
  | {
      readonly kind: 'whole';
      /** What changed since a write of everything failed, which may have been stored all the same. */
      readonly since: Changes;
    }
  | {readonly kind: 'changes'; readonly changes: Changes};

/** What a load sets, by cell and value; undefined for what it deletes or does not speak of. */
export interface Loaded {
  cell(tableId: Id, rowId: Id, cellId: Id): unknown;
  value(valueId: Id): unknown;
}

export interface ChangeTracker {
  /** Begins to listen; everything in the store counts as pending until it is taken or found stored. */
  start(): void;
  stop(): void;
  /** Takes what is pending, to store it. */
  take(): Taken;
  /** The store as it was when it was taken. */
  asTaken(): StoreReader;
  /** What was taken is stored. */
  settle(): void;
  /** What was taken could not be stored: it is pending again, under what changed since. */
  restore(): void;
  /** Everything is to be stored again. */
  expectWhole(): void;
  /** As `expectWhole`, and as soon as changes would be. */
  expectMore(): void;
  /** These changes are not stored, as was found by a load. */
  add(changes: Changes): void;
  /** Runs a load: what it sets, as `loaded` tells, counts as stored. Returns whether the store refused some of it. */
  runLoad(loaded: Loaded, load: () => void): boolean;
  /** Nothing that was pending before is to be stored. */
  forget(): void;
  /** All that is not stored, taken or not. */
  pending(): Changes;
  pendingCount(): number;
}

export const createChangeTracker = (store: PersistableStore, onChange: () => void): ChangeTracker => {
  let listenerId: Id | undefined;
  let isWhole = true;
  // Whether a write of everything was tried: what goes from then on must be named.
  let isTried = false;
  let fresh: Changes = noChanges();
  let taken: Taken | undefined;
  let loading: {readonly loaded: Loaded; readonly refused: RefusedThings} | undefined;

  let asTaken: StoreAsTaken | undefined;

  const onTransaction = (): void => {
    asTaken?.noteTransaction();
    if (loading !== undefined) {
      if (mayHaveBeenAltered(store)) {
        note(findLocalChanges(nameDeletedRows(store), loading.loaded, loading.refused));
      }
    } else if (isWhole && !isTried) {
      onChange();
    } else {
      note(nameDeletedRows(store));
    }
  };

  const note = (changes: Changes): void => {
    if (!isEmptyChanges(changes)) {
      fresh = isEmptyChanges(fresh) ? changes : mergeChanges(fresh, changes);
      onChange();
    }
  };

  const everything = (): Changes => {
    const [tables, values] = store.getContent();
    return [tables, values, 1];
  };

  const expectWhole = (): void => {
    isWhole = true;
    isTried = false;
    fresh = noChanges();
  };

  // What changed since everything was taken, or begun to be.
  const sinceWhole = (): Changes =>
    taken?.kind === 'whole' ? mergeChanges(copyChanges(taken.since), copyChanges(fresh)) : copyChanges(fresh);

  return {
    start: () => {
      if (listenerId === undefined) {
        listenerId = store.addDidFinishTransactionListener(onTransaction);
        expectWhole();
      }
    },
    stop: () => {
      if (listenerId !== undefined) {
        store.delListener(listenerId);
        listenerId = undefined;
      }
    },

    take: () => {
      taken = isWhole ? {kind: 'whole', since: fresh} : {kind: 'changes', changes: fresh};
      isWhole = false;
      fresh = noChanges();
      asTaken = store.asTaken === undefined ? createStoreAsTaken(store) : asTakenOf(store.asTaken());
      return taken;
    },
    asTaken: () => asTaken?.reader ?? store,
    settle: () => {
      taken = undefined;
      asTaken = undefined;
    },
    restore: () => {
      if (taken?.kind === 'whole') {
        fresh = mergeChanges(taken.since, fresh);
        isWhole = true;
        isTried = true;
      } else if (taken !== undefined && !isWhole) {
        fresh = mergeChanges(taken.changes, fresh);
      }
      taken = undefined;
      asTaken = undefined;
    },
    expectWhole,
    expectMore: () => {
      expectWhole();
      onChange();
    },
    add: note,
    forget: () => {
      isWhole = false;
      fresh = noChanges();
    },

    runLoad: (loaded, load) => {
      const refused = new Set<string>();
      const cellListenerId = store.addInvalidCellListener(
        null,
        null,
        null,
        (_store, tableId, rowId, cellId) => refused.add(nameCell(tableId, rowId, cellId)),
      );
      const valueListenerId = store.addInvalidValueListener(null, (_store, valueId) =>
        refused.add(nameCell(valueId)),
      );
      loading = {loaded, refused};
      try {
        load();
      } finally {
        loading = undefined;
        store.delListener(cellListenerId);
        store.delListener(valueListenerId);
      }
      return refused.size > 0;
    },

    pending: () => {
      if (isWhole || taken?.kind === 'whole') {
        return mergeChanges(sinceWhole(), everything());
      }
      return taken === undefined ? fresh : mergeChanges(copyChanges(taken.changes), copyChanges(fresh));
    },
    pendingCount: () =>
      isWhole || taken?.kind === 'whole'
        ? countStore(store) + countDeleted(sinceWhole())
        : countChanges(fresh) + (taken === undefined ? 0 : countChanges(taken.changes)),
  };
};

/** What a store refused of a load, by name. */
type RefusedThings = ReadonlySet<string>;

const nameCell = (...ids: readonly (Id | undefined)[]): string => JSON.stringify(ids);

// What a mergeable store has deleted is to be stored, too, though it shows nothing of it.
const countStore = (store: PersistableStore): number => {
  const count = store
    .getTableIds()
    .reduce((sum, tableId) => sum + store.getRowCount(tableId), Object.keys(store.getValues()).length);
  return count === 0 && store.hasStamps?.() ? 1 : count;
};

const asTakenOf = (reader: StoreReader): StoreAsTaken => ({reader, noteTransaction: () => undefined});

const countDeleted = ([tables, values]: Changes): number =>
  Object.values(tables).reduce(
    (count, rows) => count + Object.values(rows ?? {}).filter((row) => row === undefined).length,
    Object.values(values).filter((value) => value === undefined).length,
  );

// Without a schema, and with no listener but this tracker's three, what was set is what is there.
const mayHaveBeenAltered = (store: PersistableStore): boolean => {
  if (store.hasTablesSchema() || store.hasValuesSchema()) {
    return true;
  }
  const stats = store.getListenerStats();
  return Object.keys(stats).reduce((count, kind) => count + (stats[kind] ?? 0), 0) > 3;
};

/** The changes of the transaction that just ended; where a whole table went, with the rows that it had. */
const nameDeletedRows = (store: PersistableStore): Changes => {
  const [tables, values] = store.getTransactionChanges();
  let named: Changes[0] | undefined;
  for (const tableId of Object.keys(tables)) {
    if (tables[tableId] === undefined) {
      named ??= Object.assign(emptyObject<Changes[0]>(), tables);
      const rows: TableChanges = emptyObject();
      const [, , , , , , , changedRowIds] = store.getTransactionLog();
      const rowIds = Object.hasOwn(changedRowIds, tableId) ? changedRowIds[tableId] : {};
      for (const rowId of Object.keys(rowIds ?? {})) {
        rows[rowId] = undefined;
      }
      named[tableId] = rows;
    }
  }
  return [named ?? tables, values, 1];
};

// What listeners and defaults made of a load: not what was loaded, and not put in place of something refused.
const findLocalChanges = ([tables, values]: Changes, loaded: Loaded, refused: RefusedThings): Changes => {
  const local = noChanges();
  for (const tableId of Object.keys(tables)) {
    if (refused.has(nameCell(tableId, undefined, undefined))) {
      continue;
    }
    const rows = tables[tableId] ?? {};
    for (const rowId of Object.keys(rows)) {
      const row = rows[rowId];
      if (row === undefined) {
        continue;
      }
      const cells: RowChanges = emptyObject();
      for (const cellId of Object.keys(row)) {
        if (
          !areCellsEqual(row[cellId], loaded.cell(tableId, rowId, cellId)) &&
          !refused.has(nameCell(tableId, rowId, cellId))
        ) {
          cells[cellId] = row[cellId];
        }
      }
      if (Object.keys(cells).length > 0) {
        local[0][tableId] ??= emptyObject<TableChanges>();
        (local[0][tableId] as TableChanges)[rowId] = cells;
      }
    }
  }
  for (const valueId of Object.keys(values)) {
    if (!areCellsEqual(values[valueId], loaded.value(valueId)) && !refused.has(nameCell(valueId))) {
      local[1][valueId] = values[valueId];
    }
  }
  return local;
};
