// Sets stamped cells that were read into a mergeable store, and finds what the store has that is not stored. Knows nothing of storages and
// timing.

import {emptyObject, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges} from '../base/content.ts';
import type {HoldfastError} from '../base/errors.ts';
import {own} from '../base/safe-objects.ts';
import type {GetNow, Hlc} from '../merge/hlc.ts';
import {CLOCK_ID, isStampedBefore, isTombstone} from '../merge/stamped-cells.ts';
import type {StoredContent} from '../storage/storage.ts';
import type {ChangeTracker} from './change-tracker.ts';
import {type ContentLoader, loadedChanges} from './content-loader.ts';
import {findAhead} from './stamped-ahead.ts';
import type {StampedPersistable} from './stamped-as-persistable.ts';

export interface StampedLoaderOptions {
  readonly now: GetNow;
  /** Told of what was loaded and is left out. */
  readonly onFault: (fault: HoldfastError) => void;
}

export const createStampedLoader = (
  store: StampedPersistable,
  tracker: ChangeTracker,
  {now, onFault}: StampedLoaderOptions,
): ContentLoader => {
  const tellAhead = (loaded: Content | Changes): void => {
    const fault = findAhead(loaded, now());
    fault === undefined || onFault(fault);
  };

  return {
    // What is pending is in the store, and stays on top where it is later.
    setContent: (stored) => {
      const {content} = stored;
      const before = store.getStamped();
      tracker.forget();
      try {
        tracker.runLoad(loadedChanges([...content, 1] as Changes), () => store.applyStamped(content));
      } catch (error) {
        tracker.expectWhole();
        throw error;
      }
      tracker.add(beyond(before, stored));
      tellAhead(content);
      return undefined;
    },

    applyOutside: (changes) => {
      tracker.runLoad(loadedChanges(changes), () => store.applyStamped(changes));
      tellAhead(changes);
    },

    setInitial: (content) => store.setInitial(content),
  };
};

/** What is later than what is stored, or not stored, but for deletions that are forgotten there. */
const beyond = (ours: Content, {content: stored, floor = '', tableIds, valueIds}: StoredContent): Changes => {
  const changes = noChanges();
  for (const tableId of Object.keys(ours[0])) {
    if (tableIds?.has(tableId) === false) {
      continue;
    }
    const table = ours[0][tableId] ?? {};
    const rows: {[rowId: Id]: RowChanges} = emptyObject();
    for (const rowId of Object.keys(table)) {
      const cells = beyondRow(table[rowId] as Row, own(own(stored[0], tableId), rowId), floor);
      if (cells !== undefined) {
        rows[rowId] = cells;
      }
    }
    if (Object.keys(rows).length > 0) {
      changes[0][tableId] = rows;
    }
  }
  const values = valueIds === undefined ? ours[1] : pick(ours[1], valueIds);
  changes[1] = beyondRow(values, stored[1], floor) ?? emptyObject();
  return changes;
};

const pick = (cells: Row, ids: ReadonlySet<Id>): Row => {
  const some: Row = emptyObject();
  for (const id of Object.keys(cells)) {
    if (ids.has(id)) {
      some[id] = cells[id] as Row[Id];
    }
  }
  return some;
};

const beyondRow = (ours: Row, stored: Row | undefined, floor: Hlc): RowChanges | undefined => {
  let cells: RowChanges | undefined;
  for (const id of Object.keys(ours)) {
    const text = ours[id] as string;
    const theirs = own(stored, id) as string | undefined;
    const isNews =
      theirs === undefined
        ? id === CLOCK_ID || !isTombstone(text) || !isStampedBefore(text, floor)
        : theirs < text;
    if (isNews) {
      cells ??= emptyObject<RowChanges>();
      cells[id] = text;
    }
  }
  return cells;
};
