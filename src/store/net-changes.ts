// Sums the log of a transaction up: what changed on the whole, which ids came and went, in the order in which it first happened.
// Done when somebody asks, and then only for the part of the log that is new.

import type {Changes, Id} from '../base/content.ts';
import {itself, NOTHING, toObject} from './copies.ts';
import {innerMap} from './inner-map.ts';
import {putCell, putValue, removeCell, removeValue} from './log.ts';
import type {Cells, State, StoredOrNothing} from './state.ts';
import type {IdAddedOrRemoved, TransactionLog} from './store.ts';
import {fromStored} from './stored.ts';

export type IdChanges = Map<Id, IdAddedOrRemoved>;
type Change = [before: StoredOrNothing, after: StoredOrNothing];

export type NetChanges = {
  /** How many items of the log are summed up here. */
  length: number;
  readonly cells: Map<Id, Map<Id, Map<Id, Change>>>;
  readonly values: Map<Id, Change>;
  readonly tableIds: IdChanges;
  readonly tableCellIds: Map<Id, IdChanges>;
  readonly rowIds: Map<Id, IdChanges>;
  readonly cellIds: Map<Id, Map<Id, IdChanges>>;
  readonly valueIds: IdChanges;
  /** The cells of rows that were added in this transaction, at some time: what is not in them was not there before. */
  readonly added: Set<Map<Id, Change>>;
};

/** The changes up to now: one object a transaction, which grows. */
export const netChanges = (state: State): NetChanges => {
  state.net ??= newNetChanges();
  return sumUp(state.log, state.net);
};

/** The changes up to now, as they will stay whatever happens next. */
export const netChangesSoFar = (state: State): NetChanges => sumUp(state.log, newNetChanges());

export const isChanged = ([before, after]: Change): boolean => !Object.is(before, after);

/** Takes everything back that this transaction did; the ids that come back come at the end. */
export const rollBack = (state: State): void => {
  state.merging?.undo();
  const {cells, values} = netChanges(state);
  state.tablesSchema = state.tablesBefore;
  state.valuesSchema = state.valuesBefore;
  for (const [tableId, rows] of cells) {
    for (const [rowId, changes] of rows) {
      for (const [cellId, [before]] of changes) {
        if (before === undefined) removeCell(state, tableId, rowId, cellId);
        else putCell(state, tableId, rowId, cellId, before);
      }
    }
  }
  for (const [valueId, [before]] of values) {
    if (before === undefined) removeValue(state, valueId);
    else putValue(state, valueId, before);
  }
  state.log = [];
  state.net = undefined;
};

export const getTransactionChanges = (state: State): Changes => {
  const net = netChanges(state);
  const tables = toObject(net.cells, (rows, tableId) => {
    if (net.tableIds.get(tableId) === -1) return undefined;
    const rowIds = net.rowIds.get(tableId);
    return unlessEmpty(
      toObject(rows, (changes, rowId) =>
        rowIds?.get(rowId) === -1 ? undefined : unlessEmpty(toObject(changes, after)),
      ),
    );
  });
  return [tables, toObject(net.values, after), 1] as Changes;
};

export const getTransactionLog = (state: State): TransactionLog => {
  const net = netChanges(state);
  return [
    net.cells.size > 0,
    net.values.size > 0,
    toObject(net.cells, (rows) => unlessEmpty(toObject(rows, (row) => unlessEmpty(toObject(row, both))))),
    toObject(state.invalidCells, (rows) => toObject(rows, (row) => toObject(row, (tried) => [...tried]))),
    toObject(net.values, both),
    toObject(state.invalidValues, (tried) => [...tried]),
    toObject(net.tableIds, itself),
    toObject(net.rowIds, (rowIds) => unlessEmpty(toObject(rowIds, itself))),
    toObject(net.cellIds, (rows) => unlessEmpty(toObject(rows, (row) => unlessEmpty(toObject(row, itself))))),
    toObject(net.valueIds, itself),
  ] as unknown as TransactionLog;
};

const unlessEmpty = (object: {[id: Id]: unknown}): unknown => {
  for (const _ in object) return object;
  return NOTHING;
};

const after = (change: Change): unknown => (isChanged(change) ? fromStored(change[1]) : NOTHING);

const both = (change: Change): unknown =>
  isChanged(change) ? change.map((stored) => fromStored(stored)) : NOTHING;

const newNetChanges = (): NetChanges => ({
  length: 0,
  cells: new Map(),
  values: new Map(),
  tableIds: new Map(),
  tableCellIds: new Map(),
  rowIds: new Map(),
  cellIds: new Map(),
  valueIds: new Map(),
  added: new Set(),
});

const newMap = <Key, Thing>(): Map<Key, Thing> => new Map();
const newIds = newMap<Id, IdAddedOrRemoved>;

/** Adds what the log has beyond `net.length`; see `log.ts` for its entries. */
const sumUp = (log: readonly unknown[], net: NetChanges): NetChanges => {
  for (; net.length < log.length; net.length += 5) {
    const at = net.length;
    const tableId = log[at] as Id | undefined;
    const rowId = log[at + 1] as Id | undefined;
    const cellId = log[at + 2] as Id | undefined;
    const before = log[at + 3] as StoredOrNothing;
    const now = log[at + 4] as StoredOrNothing;
    if (tableId === undefined) noteChange(net.values, () => net.valueIds, cellId as Id, before, now);
    else if (rowId === undefined) {
      const getIds = () =>
        cellId === undefined ? net.tableIds : innerMap(net.tableCellIds, tableId, newIds);
      noteId(getIds, cellId ?? tableId, before, now);
    } else {
      const changes = innerMap(
        innerMap(net.cells, tableId, newMap<Id, Map<Id, Change>>),
        rowId,
        newMap<Id, Change>,
      );
      const getIds = () => innerMap(innerMap(net.cellIds, tableId, newMap<Id, IdChanges>), rowId, newIds);
      if (cellId !== undefined) {
        // A long row can have lost the cell since the entry that added the row was written.
        const isLost = before !== undefined && !changes.has(cellId) && net.added.has(changes);
        noteChange(changes, getIds, cellId, isLost ? undefined : before, now);
      } else {
        if (now !== undefined) net.added.add(changes);
        noteId(() => innerMap(net.rowIds, tableId, newIds), rowId, before, now);
        const cells = (before ?? now) as unknown as Cells;
        for (const id in cells) noteChange(changes, getIds, id, before && cells[id], now && cells[id]);
      }
    }
  }
  return net;
};

const noteChange = (
  changes: Map<Id, Change>,
  getIds: () => IdChanges,
  id: Id,
  before: StoredOrNothing,
  now: StoredOrNothing,
): void => {
  const change = changes.get(id);
  // A cell that was added to a new row is among the cells of the row's own entry, too, and is then counted already.
  const isCounted = before === undefined && change !== undefined && change[1] !== undefined;
  if (change) change[1] = now;
  else changes.set(id, [before, now]);
  if (!isCounted) noteId(getIds, id, before, now);
};

/** An id that came and went again is as if nothing had happened. `getIds` is called only where an id comes or goes. */
const noteId = (getIds: () => IdChanges, id: Id, before: unknown, now: unknown): void => {
  if ((before === undefined) === (now === undefined)) return;
  const ids = getIds();
  const change = now === undefined ? -1 : 1;
  if (ids.get(id) === -change) ids.delete(id);
  else ids.set(id, change);
};
