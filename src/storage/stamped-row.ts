// How the cells of a row of somebody's table come together with their stamps, which lie beside it. For each cell that was ever
// stamped there is a note: 16 characters of stamp, and what stood in the column when it was stamped.
//
//   P6tkLDo----Z21Zg1f2a9     a hash of the cell's JSON
//   P6tkLDo----Z21Zg-         nothing: the cell was deleted
//   P6tkLDo----Z21Zg-1f2a9    the cell was deleted, and this was left in the column, for the row is not one to delete
//
// A column that holds something else was edited by somebody who knows of no stamps: that is an edit of now. Where a row was, whatever
// was left in it comes back with it. Pure.

import {emptyObject} from '../base/changes.ts';
import type {CellOrUndefined, Id, Row} from '../base/content.ts';
import {getHash} from '../merge/hash.ts';
import type {Hlc} from '../merge/hlc.ts';
import {CLOCK_ID, escapeId, STAMP_LENGTH, stampCell, unescapeId} from '../merge/stamped-cells.ts';

/** Notes by the ids of their cells, as stamped texts have them. */
export type Notes = {[cellId: Id]: string};
/** Stamped texts by the ids of their cells. */
export type Texts = {[cellId: Id]: string};

/** The stamp for a cell that was edited, later than the one that it had before; undefined: it had none. */
export type GiveStamp = (cell: CellOrUndefined, before: Hlc | undefined) => Hlc;

/** A row with its stamps, every one of which agrees with what stands in the table. */
export interface StampedRow {
  readonly texts: Texts;
  readonly notes: Notes;
  /** Whether any stamp was given here. */
  readonly isEdited: boolean;
}

const DELETED = '-';

/** The note of a cell that is stored with this stamped text. */
export const noteOf = (text: string): string =>
  text.slice(0, STAMP_LENGTH) + (text.length === STAMP_LENGTH ? DELETED : hashOf(text));

/** The note of a deleted cell whose column still holds something. */
export const noteOfRemains = (note: string, cell: CellOrUndefined): string =>
  cell === undefined ? note : note.slice(0, STAMP_LENGTH) + DELETED + hashOf(stampCell(cell));

/** Whether the cell was deleted. */
export const isDeletedNote = (note: string): boolean => note[STAMP_LENGTH] === DELETED;

/** The stamped text of a deleted cell with this note. */
export const deletedText = (note: string): string => note.slice(0, STAMP_LENGTH);

/** Notes of a row as they were read; what is damaged of them is as if it were not there. */
export const parseNotes = (text: unknown): Notes => {
  const notes: Notes = emptyObject();
  const parsed = parseObject(text);
  for (const cellId of Object.keys(parsed)) {
    const note = parsed[cellId];
    if (typeof note === 'string' && note.length > STAMP_LENGTH) {
      notes[cellId] = note;
    }
  }
  return notes;
};

export const spellNotes = (notes: Notes): string => JSON.stringify(notes);

/** The id of a cell in its table; undefined for a clock, which lies in no column. */
export const columnIdOf = (cellId: Id): Id | undefined =>
  cellId === CLOCK_ID ? undefined : unescapeId(cellId);

/**
 * Brings the cells of a row together with their notes. What disagrees is given a stamp, or is as if it were not there.
 *
 * @param row What stands in the table; undefined where there is no such row.
 * @param damaged The cells that could not be read; their notes stay, and nothing is said of them.
 */
export const stampRow = (
  row: Row | undefined,
  notes: Notes,
  giveStamp: GiveStamp | undefined,
  damaged?: ReadonlySet<Id>,
): StampedRow => {
  const texts: Texts = emptyObject();
  const nextNotes: Notes = emptyObject();
  const remains: Id[] = [];
  let isEdited = false;
  const give = (cellId: Id, cell: CellOrUndefined, before: Hlc | undefined): void => {
    if (giveStamp === undefined) {
      if (before !== undefined) {
        nextNotes[cellId] = notes[cellId] as string;
      }
      return;
    }
    const text = stampCell(cell, giveStamp(cell, before));
    texts[cellId] = text;
    nextNotes[cellId] = noteOf(text);
    isEdited = true;
  };
  for (const cellId of Object.keys(notes)) {
    const note = notes[cellId] as string;
    const columnId = columnIdOf(cellId);
    const cell = columnId === undefined ? undefined : cellOf(row, columnId);
    const stamp = note.slice(0, STAMP_LENGTH).trimEnd();
    if (columnId !== undefined && damaged?.has(columnId)) {
      nextNotes[cellId] = note;
    } else if (agrees(note.slice(STAMP_LENGTH), cell) && isRemains(note)) {
      remains.push(cellId);
    } else if (agrees(note.slice(STAMP_LENGTH), cell)) {
      texts[cellId] = stampCell(isDeletedNote(note) ? undefined : cell, stamp);
      nextNotes[cellId] = note;
    } else {
      give(cellId, cell, stamp);
    }
  }
  for (const columnId of Object.keys(row ?? {})) {
    const cellId = escapeId(columnId);
    if (!Object.hasOwn(notes, cellId)) {
      give(cellId, cellOf(row, columnId), undefined);
    }
  }
  for (const cellId of remains) {
    const note = notes[cellId] as string;
    const stamp = note.slice(0, STAMP_LENGTH).trimEnd();
    const cell = cellOf(row, columnIdOf(cellId) as Id);
    if (isEdited && cell !== undefined) {
      give(cellId, cell, stamp);
    } else {
      texts[cellId] = stampCell(undefined, stamp);
      nextNotes[cellId] = note;
    }
  }
  return {texts, notes: nextNotes, isEdited};
};

const isRemains = (note: string): boolean => isDeletedNote(note) && note.length > STAMP_LENGTH + 1;

const cellOf = (row: Row | undefined, id: Id): CellOrUndefined =>
  row !== undefined && Object.hasOwn(row, id) ? row[id] : undefined;

// In others' tables a cell that was deleted is NULL, which reads as a null cell.
const agrees = (noted: string, cell: CellOrUndefined): boolean =>
  cell === undefined
    ? noted.startsWith(DELETED)
    : noted === DELETED
      ? cell === null
      : noted.replace(DELETED, '') === hashOf(stampCell(cell));

const hashOf = (text: string): string => getHash(text.slice(STAMP_LENGTH)).toString(36);

const parseObject = (text: unknown): {readonly [id: Id]: unknown} => {
  try {
    return Object(JSON.parse(String(text)));
  } catch {
    // The cells are stamped anew.
    return {};
  }
};
