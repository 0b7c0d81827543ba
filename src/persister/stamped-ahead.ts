// Finds stamped cells of a clock that is ahead: a store leaves them out, and whoever loads them is told. Knows nothing of storages.

import {emptyObject} from '../base/changes.ts';
import type {Changes, Content, Id, RowChanges} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {firstHlcOf, MAX_AHEAD_MS} from '../merge/hlc.ts';
import {unescapeId} from '../merge/stamped-cells.ts';

/** What to tell of cells that are stamped more than five minutes after `now`; undefined where there are none. */
export const findAhead = ([tables, values]: Content | Changes, now: number): HoldfastError | undefined => {
  const tooLate = firstHlcOf(now + MAX_AHEAD_MS + 1);
  let cellCount = 0;
  const countIn = (cells: RowChanges): number => {
    let count = 0;
    for (const id in cells) {
      if ((cells[id] as string) >= tooLate) {
        count++;
      }
    }
    cellCount += count;
    return count;
  };
  const rowIds: {[tableId: Id]: Id[]} = emptyObject();
  for (const tableId of Object.keys(tables)) {
    const rows = tables[tableId] ?? {};
    for (const rowId of Object.keys(rows)) {
      if (countIn(rows[rowId] ?? {}) > 0) {
        const id = unescapeId(tableId);
        rowIds[id] ??= [];
        rowIds[id].push(unescapeId(rowId));
      }
    }
  }
  const valueIds = Object.keys(values).filter((id) => countIn({[id]: values[id]}) > 0);
  return cellCount === 0
    ? undefined
    : new HoldfastError(
        'storage/clock-ahead',
        `${cellCount} stored cells are stamped more than five minutes ahead of this clock: they stay in the storage, and are left out of the ` +
          'store; what is set in their place is not stored over them. Set the clock of this device, or of the one that wrote them.',
        {cellCount, tables: rowIds, values: valueIds.map(unescapeId)},
      );
};
