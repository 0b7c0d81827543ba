// Who is told what at the end of a transaction, and in which order: what was refused, then tables from ids down to cells, then values.
// Knows nothing of when: `transaction.ts` calls this once for the listeners that may write and once for the others.

import type {Id} from '../base/content.ts';
import {itself, toObject} from './copies.ts';
import {callListeners, eachListener, type Kind, type ListenerTrees} from './listeners.ts';
import {type IdChanges, isChanged, type NetChanges, netChanges} from './net-changes.ts';
import type {State, StoredOrNothing} from './state.ts';
import type {GetCellChange, GetIdChanges, GetValueChange} from './store.ts';
import {fromStored} from './stored.ts';

/**
 * Calls listeners. `getNet` gives the changes to announce, and is not called unless somebody listens to changes: to sum
 * them up costs more than to make them. What listeners ask about single cells is answered from the changes up to that moment.
 *
 * Each of the four parts is fixed when it begins: listeners that write are not called for what others of their part wrote.
 */
export const announce = (state: State, trees: ListenerTrees, getNet: (state: State) => NetChanges): void => {
  if (!trees.size) return;
  if (state.invalidCells.size) {
    for (const [ids, tried] of listInvalidCells(state))
      callListeners(state, trees, 'invalidCell', ids, [...tried]);
  }
  if (state.log.length && hasAnyOf(trees, TABULAR_KINDS)) {
    if (!announceSingleCell(state, trees)) announceTables(state, trees, getNet(state));
  }
  if (state.invalidValues.size) {
    for (const [valueId, tried] of [...state.invalidValues]) {
      callListeners(state, trees, 'invalidValue', [valueId], [...tried]);
    }
  }
  if (state.log.length && hasAnyOf(trees, VALUE_KINDS)) announceValues(state, trees, getNet(state));
};

const hasAnyOf = (trees: ListenerTrees, kinds: ReadonlySet<Kind>): boolean => {
  for (const kind of trees.keys()) if (kinds.has(kind)) return true;
  return false;
};

const TABULAR_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  ...([
    'hasTables',
    'tables',
    'tableIds',
    'hasTable',
    'table',
    'tableCellIds',
    'hasTableCell',
    'rowCount',
  ] as const),
  ...(['rowIds', 'sortedRowIds', 'hasRow', 'row', 'cellIds', 'hasCell', 'cell'] as const),
]);
const VALUE_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  'hasValues',
  'values',
  'valueIds',
  'hasValue',
  'value',
]);

/**
 * Most transactions change one cell that was there and still is: that needs no sum, and costs a fraction of one.
 * Whether this was such a transaction.
 */
const announceSingleCell = (state: State, trees: ListenerTrees): boolean => {
  const {log} = state;
  const rowId = log[1] as Id | undefined;
  const cellId = log[2] as Id | undefined;
  const before = log[3] as StoredOrNothing;
  const now = log[4] as StoredOrNothing;
  const isSingle = log.length === 5 && before !== undefined && now !== undefined;
  if (!isSingle || rowId === undefined || cellId === undefined) return false;
  const tableId = log[0] as Id;
  const getCellChange = createGetCellChange(state);
  if (trees.has('sortedRowIds')) callListeners(state, trees, 'sortedRowIds', [tableId, cellId]);
  if (trees.has('cell')) {
    callListeners(
      state,
      trees,
      'cell',
      [tableId, rowId, cellId],
      fromStored(now),
      fromStored(before),
      getCellChange,
    );
  }
  if (trees.has('row')) callListeners(state, trees, 'row', [tableId, rowId], getCellChange);
  if (trees.has('table')) callListeners(state, trees, 'table', [tableId], getCellChange);
  if (trees.has('tables')) callListeners(state, trees, 'tables', [], getCellChange);
  return true;
};

const createGetCellChange =
  (state: State): GetCellChange =>
  (tableId, rowId, cellId) => {
    const now = fromStored(state.tables.get(tableId)?.rows.get(rowId)?.[cellId]);
    const change = netChanges(state).cells.get(tableId)?.get(rowId)?.get(cellId);
    return change && isChanged(change) ? [true, fromStored(change[0]), now] : [false, now, now];
  };

const listInvalidCells = ({invalidCells}: State): [ids: unknown[], tried: unknown[]][] => {
  const list: [ids: unknown[], tried: unknown[]][] = [];
  for (const [tableId, rows] of invalidCells) {
    for (const [rowId, cells] of rows) {
      for (const [cellId, tried] of cells) list.push([[tableId, rowId, cellId], tried]);
    }
  }
  return list;
};

const announceTables = (state: State, trees: ListenerTrees, net: NetChanges): void => {
  const {tables} = state;
  announceHas(state, trees, 'hasTables', tables.size, net.tableIds);
  announceIds(state, trees, ['tableIds', 'hasTable'], [], net.tableIds);
  for (const [tableId, ids] of net.tableCellIds)
    announceIds(state, trees, ['tableCellIds', 'hasTableCell'], [tableId], ids);
  for (const [tableId, ids] of net.rowIds) {
    if (sum(ids)) callListeners(state, trees, 'rowCount', [tableId], tables.get(tableId)?.rows.size ?? 0);
  }
  announceRowIds(state, trees, net);
  for (const [tableId, rows] of net.cellIds) {
    for (const [rowId, ids] of rows) announceIds(state, trees, ['cellIds', 'hasCell'], [tableId, rowId], ids);
  }
  announceCells(state, trees, net);
};

const announceRowIds = (state: State, trees: ListenerTrees, net: NetChanges): void => {
  for (const [tableId, ids] of net.rowIds) {
    announceIds(state, trees, ['rowIds', 'hasRow'], [tableId], ids);
    if (ids.size) eachListener(trees, 'sortedRowIds', tableId, (listener) => listener(state.store));
  }
  if (trees.has('sortedRowIds')) {
    // Sorted row ids can change with cells, too.
    for (const [tableId, rows] of net.cells) {
      if (net.rowIds.get(tableId)?.size) continue;
      const cellIds = new Set<Id>();
      for (const changes of rows.values()) {
        for (const [cellId, change] of changes) if (isChanged(change)) cellIds.add(cellId);
      }
      for (const cellId of cellIds) callListeners(state, trees, 'sortedRowIds', [tableId, cellId]);
    }
  }
};

const announceCells = (state: State, trees: ListenerTrees, net: NetChanges): void => {
  const getCellChange = createGetCellChange(state);
  let isAnyTableChanged = false;
  for (const [tableId, rows] of net.cells) {
    let isTableChanged = false;
    for (const [rowId, changes] of rows) {
      let isRowChanged = false;
      for (const [cellId, change] of changes) {
        if (!isChanged(change)) continue;
        isRowChanged = true;
        if (trees.has('cell')) {
          const [before, now] = change;
          const ids = [tableId, rowId, cellId];
          callListeners(state, trees, 'cell', ids, fromStored(now), fromStored(before), getCellChange);
        }
      }
      if (isRowChanged) {
        isTableChanged = true;
        callListeners(state, trees, 'row', [tableId, rowId], getCellChange);
      }
    }
    if (isTableChanged) {
      isAnyTableChanged = true;
      callListeners(state, trees, 'table', [tableId], getCellChange);
    }
  }
  if (isAnyTableChanged) callListeners(state, trees, 'tables', [], getCellChange);
};

const announceValues = (state: State, trees: ListenerTrees, net: NetChanges): void => {
  const getValueChange: GetValueChange = (valueId) => {
    const now = fromStored(state.values.get(valueId));
    const change = netChanges(state).values.get(valueId);
    return change && isChanged(change) ? [true, fromStored(change[0]), now] : [false, now, now];
  };
  announceHas(state, trees, 'hasValues', state.values.size, net.valueIds);
  announceIds(state, trees, ['valueIds', 'hasValue'], [], net.valueIds);
  let isAnyChanged = false;
  for (const [valueId, change] of net.values) {
    if (!isChanged(change)) continue;
    isAnyChanged = true;
    callListeners(
      state,
      trees,
      'value',
      [valueId],
      fromStored(change[1]),
      fromStored(change[0]),
      getValueChange,
    );
  }
  if (isAnyChanged) callListeners(state, trees, 'values', [], getValueChange);
};

/** Tells of ids that came and went, first together, then one by one. */
const announceIds = (
  state: State,
  trees: ListenerTrees,
  [all, one]: [Kind, Kind],
  path: Id[],
  ids: IdChanges,
): void => {
  if (ids.size) {
    const getIdChanges = (() => toObject(ids, itself)) as GetIdChanges;
    callListeners(state, trees, all, path, getIdChanges);
    if (trees.has(one)) {
      for (const [id, change] of ids) callListeners(state, trees, one, [...path, id], change === 1);
    }
  }
};

/** Tells whether there is anything at all, if that is not as it was. */
const announceHas = (state: State, trees: ListenerTrees, kind: Kind, size: number, ids: IdChanges): void => {
  if (ids.size && !size !== !(size - sum(ids))) callListeners(state, trees, kind, [], size > 0);
};

const sum = (ids: IdChanges): number => {
  let total = 0;
  for (const change of ids.values()) total += change;
  return total;
};
