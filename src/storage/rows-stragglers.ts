// What a write did not take, for it is older than the floor: whether its deletion was forgotten, or its row put aside, which the storage
// has lost and whoever still has it is to store anew. Pure.

import {spellId} from '../base/cell-text.ts';
import {emptyObject, noChanges} from '../base/changes.ts';
import type {Changes, Id, RowChanges} from '../base/content.ts';
import {own} from '../base/safe-objects.ts';
import {VALUES_TABLE} from './rows-text.ts';

/** Whether a row lies in quarantine, by its texts in the database; it may be whole again in the table itself. */
export type IsRowAside = (tableText: string, rowText: string) => boolean;

/**
 * Of cells that are older than the floor, those that are not stored.
 *
 * @param stored The rows of these cells, as they lie there now.
 */
export const tellStragglers = (
  old: Changes,
  stored: Changes,
  isAside: IsRowAside,
): {readonly stragglers: Changes; readonly aside: Changes} => {
  const [stragglers, aside] = [noChanges(), noChanges()];
  for (const tableId of Object.keys(old[0])) {
    const rows = old[0][tableId] ?? {};
    for (const rowId of Object.keys(rows)) {
      const cells = withoutStored(rows[rowId] ?? {}, own(own(stored[0], tableId), rowId));
      if (Object.keys(cells).length > 0) {
        const [tables] = isAside(spellId(tableId), spellId(rowId)) ? aside : stragglers;
        const some = tables[tableId] ?? emptyObject<{[rowId: Id]: RowChanges}>();
        some[rowId] = cells;
        tables[tableId] = some;
      }
    }
  }
  for (const valueId of Object.keys(old[1])) {
    if (own(stored[1], valueId) === undefined) {
      (isAside(VALUES_TABLE, spellId(valueId)) ? aside : stragglers)[1][valueId] = old[1][valueId];
    }
  }
  return {stragglers, aside};
};

const withoutStored = (cells: RowChanges, stored: RowChanges | undefined): RowChanges => {
  const missing: RowChanges = emptyObject();
  for (const cellId of Object.keys(cells)) {
    if (own(stored, cellId) === undefined) {
      missing[cellId] = cells[cellId];
    }
  }
  return missing;
};
