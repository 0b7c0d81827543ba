// Reads rows of somebody's table together with their stamps. Knows nothing of what is loaded and saved.

import {emptyObject} from '../base/changes.ts';
import type {CellOrUndefined, Id, Row} from '../base/content.ts';
import type {Hlc} from '../merge/hlc.ts';
import {escapeId, unescapeId} from '../merge/stamped-cells.ts';
import type {StampClock} from './stamp-clock.ts';
import type {StampTable} from './stamp-table.ts';
import {type GiveStamp, isDeletedNote, type Notes, type StampedRow, stampRow} from './stamped-row.ts';
import type {Steps} from './steps.ts';
import type {DamageListener, TabularReader} from './tabular-reader.ts';
import type {TableSchema} from './tabular-schema.ts';

/** A row with its stamps, and as it stands in the table; undefined: it is not there. */
export interface OpenedRow extends StampedRow {
  readonly row: Row | undefined;
  /** Whether it is there, and does not meet the condition that was given. */
  readonly isOutside: boolean;
}

interface OpenOptions {
  readonly onDamage: DamageListener;
  /** Nobody else changes the rows until the transaction ends. */
  readonly isHeld?: boolean;
  /** What is in the table is nobody's edit: it is not loaded. */
  readonly isMirror?: boolean;
  readonly condition?: string | undefined;
}

export interface StampedRows {
  /** Rows by their ids as stamped content has them; `table` undefined: it is not there, and nothing in it is. */
  open(
    tableName: string,
    table: TableSchema | undefined,
    ids: readonly Id[],
    options: OpenOptions,
  ): Steps<ReadonlyMap<Id, OpenedRow>>;
  /** What was edited by now, and is not stamped yet, is later than what was set with this. */
  see(hlc: Hlc): void;
  /** How edits are stamped in a table of which everything has a stamp, or not. */
  giveStamp(isKnown: boolean): GiveStamp;
}

export const createStampedRows = (
  stamps: StampTable,
  reader: TabularReader,
  clock: StampClock,
): StampedRows => {
  // What nobody stamped was there before anything was. A NULL of somebody else's is what a column holds that nobody gave anything.
  const giveStamp =
    (isKnown: boolean): GiveStamp =>
    (cell: CellOrUndefined, before: Hlc | undefined) =>
      before === undefined && (!isKnown || cell === null) ? '' : clock.next(before);

  return {
    see: clock.see,
    giveStamp,
    *open(tableName, table, ids, {onDamage, isHeld = false, isMirror = false, condition}) {
      const {isKnown, rows: notesOf} = yield* stamps.readRows(tableName, ids);
      const damage = createDamage(onDamage);
      const rowIds = ids.filter(isRowId).map(unescapeId);
      const rows = table === undefined ? {} : yield* reader.readIds(table, rowIds, damage.note, {isHeld});
      const within =
        table === undefined || condition === undefined
          ? rows
          : yield* reader.readIds(table, rowIds, ignore, {condition});
      const opened = new Map<Id, OpenedRow>();
      for (const id of ids) {
        const rowId = isRowId(id) ? unescapeId(id) : undefined;
        const row = rowId !== undefined && Object.hasOwn(rows, rowId) ? rows[rowId] : undefined;
        const all = notesOf.get(id) ?? {};
        // A table that is gone takes what was in it along, and what was deleted stays so.
        const notes = table === undefined ? onlyDeleted(all) : all;
        const give = isMirror ? undefined : giveStamp(isKnown);
        const isOutside = row !== undefined && !Object.hasOwn(within, rowId as Id);
        opened.set(id, {...stampRow(row, notes, give, damage.of(rowId)), row, isOutside});
      }
      return opened;
    },
  };
};

/** Whether an id is that of a row, and not a clock's. */
export const isRowId = (id: Id): boolean => escapeId(unescapeId(id)) === id;

/** Gathers which cells of a table could not be read, by the ids of their rows, and passes it on. */
export const createDamage = (
  onDamage: DamageListener,
): {readonly note: DamageListener; readonly of: (rowId: Id | undefined) => ReadonlySet<Id> | undefined} => {
  const found = new Map<Id, Set<Id>>();
  return {
    note: (tableName, rowId, cellId) => {
      found.set(rowId, (found.get(rowId) ?? new Set()).add(cellId));
      onDamage(tableName, rowId, cellId);
    },
    of: (rowId) => (rowId === undefined ? undefined : found.get(rowId)),
  };
};

const ignore = (): void => undefined;

/** Of notes, those of deleted cells. */
export const onlyDeleted = (notes: Notes): Notes => {
  const deleted: Notes = emptyObject();
  for (const cellId of Object.keys(notes)) {
    if (isDeletedNote(notes[cellId] as string)) {
      deleted[cellId] = notes[cellId] as string;
    }
  }
  return deleted;
};
