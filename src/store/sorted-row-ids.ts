// Row ids in the order of a cell's values, or of the ids themselves.

import type {CellOrUndefined, Id, Ids} from '../base/content.ts';
import {copyCell} from './copies.ts';
import type {State} from './state.ts';
import type {SortedRowIdsArgs, Sorter} from './store.ts';

/**
 * The order that is used where no other is given: by `<`, with nothing and `null` as `0`.
 * Never answers that two keys are equal, so that equal keys keep their order when ascending and turn it round when descending.
 */
export const defaultSorter: Sorter = (sortKey1, sortKey2) => ((sortKey1 ?? 0) < (sortKey2 ?? 0) ? -1 : 1);

/** Rows without the cell come along, with `undefined` as their key. */
export const getSortedRowIds = (state: State, args: SortedRowIdsArgs): Ids => {
  const {tableId, cellId, descending, offset = 0, limit, sorter = defaultSorter} = args;
  const keyed: [key: CellOrUndefined, rowId: Id][] = [];
  state.tables.get(`${tableId}`)?.rows.forEach((cells, rowId) => {
    keyed.push([cellId === undefined || cellId === null ? rowId : copyCell(state, cells[cellId]), rowId]);
  });
  const sign = descending ? -1 : 1;
  return keyed
    .sort(([key1], [key2]) => sorter(key1, key2) * sign)
    .slice(offset, limit === undefined ? undefined : offset + limit)
    .map(([, rowId]) => rowId);
};

/** A listener that is called with the sorted row ids where they are not as they were at the last call. */
export const whenSortedDifferently = (
  state: State,
  args: SortedRowIdsArgs,
  call: (sortedRowIds: Ids) => void,
) => {
  let last = getSortedRowIds(state, args);
  return () => {
    const sorted = getSortedRowIds(state, args);
    if (sorted.length !== last.length || sorted.some((rowId, index) => rowId !== last[index])) {
      last = sorted;
      call(sorted);
    }
  };
};
