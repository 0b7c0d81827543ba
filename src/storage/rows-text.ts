// How the `rows` layout spells cells: JSON in which every cell is one scalar, so that merging by name never looks
// inside a cell, and no cell is a JSON null, which in a merge deletes. Objects, arrays and nulls are spelt as strings.
// Ids with NULs are spelt too: to SQLite a name in JSON ends at a NUL, so that a merge takes one for another.

import {
  isFragileText,
  isSpelling,
  SPELLING_MARK,
  spell,
  spellId,
  stringifyJson,
  unspell,
  unspellId,
} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, Row, RowChanges} from '../base/content.ts';

/** Where values lie: as rows of a table that no id of a user is spelt like, with this one cell. */
export const VALUES_TABLE = `${SPELLING_MARK}values`;
export const VALUE_CELL = '';
/** Where it lies up to when deletions were forgotten: as the one row of a table that no id of a user is spelt like, too. */
export const FLOOR_TABLE = `${SPELLING_MARK}compacted`;
export const FLOOR_ROW = '';

/** `isStrict`: for a database whose JSON takes neither NULs nor lone surrogates, and no -0; such cells are spelt, then. */
export const spellRowCells = (row: Row, isStrict = false): string => {
  for (const cellId in row) {
    if (typeof row[cellId] === 'object') {
      return stringifyJson(spellCells(row, isStrict));
    }
  }
  const text = stringifyJson(row);
  return MAY_NEED_SPELLING.test(text) || (isStrict && MAY_HAVE_NEGATIVE_ZERO.test(text))
    ? stringifyJson(spellCells(row, isStrict))
    : text;
};

/** The JSON that merges changed cells into stored ones. Its null deletes; a cell that is null is spelt. */
export const spellPatch = (changes: RowChanges, isStrict = false): string =>
  stringifyJson(spellCells(changes, isStrict));

/** The row that parsed JSON stands for; the same object where nothing in it is spelt. */
export const unspellRowCells = (row: Row): Row => {
  for (const cellId in row) {
    const cell = row[cellId];
    if (isSpelling(cellId) || (typeof cell === 'string' && isSpelling(cell))) {
      return unspellCells(row);
    }
  }
  return row;
};

// How JSON text shows what `spellId` spells. Cells with the like in them are looked at once more for nothing.
const MAY_NEED_SPELLING = /\uFFFD|\\u(?:0000|d)/;

const MAY_HAVE_NEGATIVE_ZERO = /:-0[,}]/;

const spellCells = (cells: RowChanges, isStrict: boolean): Row => {
  const spelt: Row = emptyObject();
  for (const cellId of Object.keys(cells)) {
    const cell = cells[cellId];
    spelt[spellId(cellId)] =
      cell === undefined
        ? null
        : typeof cell === 'object' || (isStrict && isChangedByStrictJson(cell))
          ? spell(cell)
          : cell;
  }
  return spelt;
};

const isChangedByStrictJson = (cell: Cell): boolean =>
  typeof cell === 'string' ? isFragileText(cell) : Object.is(cell, -0);

const unspellCells = (cells: Row): Row => {
  const row: Row = emptyObject();
  for (const cellId of Object.keys(cells)) {
    const cell = cells[cellId] as Cell;
    row[unspellId(cellId)] = typeof cell === 'string' && isSpelling(cell) ? (unspell(cell) as Cell) : cell;
  }
  return row;
};
