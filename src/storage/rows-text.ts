// How the `rows` layout spells cells: JSON in which every cell is one scalar, so that merging by name never looks
// inside a cell, and no cell is a JSON null, which in a merge deletes. Objects, arrays and nulls are spelt as strings.

import {isSpelling, SPELLING_MARK, spell, stringifyJson, unspell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, Row} from '../base/content.ts';

/** Where values lie: as rows of a table that no id of a user is spelt like, with this one cell. */
export const VALUES_TABLE = `${SPELLING_MARK}values`;
export const VALUE_CELL = '';

export const spellRowCells = (row: Row): string => {
  for (const cellId in row) {
    const cell = row[cellId];
    if (typeof cell === 'object') {
      return stringifyJson(mapCells(row, (each) => (typeof each === 'object' ? spell(each) : each)));
    }
  }
  return stringifyJson(row);
};

/** The row that parsed JSON stands for; the same object where nothing in it is spelt. */
export const unspellRowCells = (row: Row): Row => {
  for (const cellId in row) {
    const cell = row[cellId];
    if (typeof cell === 'string' && isSpelling(cell)) {
      return mapCells(row, (each) =>
        typeof each === 'string' && isSpelling(each) ? (unspell(each) as Cell) : each,
      );
    }
  }
  return row;
};

const mapCells = (row: Row, map: (cell: Cell) => Cell): Row => {
  const mapped: Row = emptyObject();
  for (const cellId of Object.keys(row)) {
    mapped[cellId] = map(row[cellId] as Cell);
  }
  return mapped;
};
