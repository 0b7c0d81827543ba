// Content as JSON text, byte for byte as TinyBase writes and reads it: `[tables, values]`, objects and arrays in cells
// spelt as strings. (A -0 is written as the JSON number `-0`, which every parser reads.)

import {SPELLING_MARK, spellCell, stringifyJson, unspellCell} from '../base/cell-text.ts';
import {emptyObject, noChanges} from '../base/changes.ts';
import type {Cell, Changes, Content, Row, RowChanges, TableChanges, Tables, Values} from '../base/content.ts';

export const stringifyContent = (content: Content): string => stringifyJson(spellContent(content));

/** The content with its objects and arrays spelt; the same content where it has none. */
export const spellContent = ([tables, values]: Content): Content => [
  hasObjects(tables) ? mapTables(tables, spellAny) : tables,
  mapRow(values, spellAny),
];

/** Content as a storage may hand it over, its objects and arrays spelt or not. */
export const unspellContent = ([tables, values]: Partial<Content>): Content => [
  mapTables(tables ?? {}, unspellCell),
  mapRow(values ?? {}, unspellCell),
];

/** Changes with their objects and arrays spelt. */
export const spellChanges = (changes: Changes): Changes => mapChanges(changes, spellAny);

export const unspellChanges = (changes: Changes): Changes => mapChanges(changes, unspellCell);

/** The content that a text holds. Throws a SyntaxError for one that is not JSON, or not the content of a store. */
export const parseContent = (text: string): Content => {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed) || parsed.length < 1 || parsed.length > 2) {
    throw new SyntaxError('Content is an array of tables and values');
  }
  const tables = (parsed[0] ?? {}) as Tables;
  const values = (parsed[1] ?? {}) as Values;
  if (!isTables(tables) || !isPlainObject(values)) {
    throw new SyntaxError('Content is an array of tables and values, each an object');
  }
  return text.includes(SPELLING_MARK) || text.includes('\\ufffd') || text.includes('\\uFFFD')
    ? [mapTables(tables, unspellCell), mapRow(values, unspellCell)]
    : [tables, values];
};

const isPlainObject = (thing: unknown): thing is {[key: string]: unknown} =>
  typeof thing === 'object' && thing !== null && !Array.isArray(thing);

const isTables = (tables: unknown): boolean => {
  if (!isPlainObject(tables)) {
    return false;
  }
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId];
    if (!isPlainObject(table)) {
      return false;
    }
    for (const rowId of Object.keys(table)) {
      if (!isPlainObject(table[rowId])) {
        return false;
      }
    }
  }
  return true;
};

const spellAny = spellCell as (cell: unknown) => Cell;

const mapChanges = ([tables, values]: Changes, map: (cell: unknown) => Cell): Changes => {
  const mapped = noChanges();
  const mapCells = (cells: RowChanges): RowChanges => {
    const copy: RowChanges = emptyObject();
    for (const cellId of Object.keys(cells)) {
      copy[cellId] = cells[cellId] === undefined ? undefined : map(cells[cellId]);
    }
    return copy;
  };
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId];
    mapped[0][tableId] = table && emptyObject<TableChanges>();
    for (const rowId of Object.keys(table ?? {})) {
      const row = table?.[rowId];
      (mapped[0][tableId] as TableChanges)[rowId] = row && mapCells(row);
    }
  }
  mapped[1] = mapCells(values);
  return mapped;
};

const hasObjects = (tables: Tables): boolean => {
  for (const tableId in tables) {
    const table = tables[tableId];
    for (const rowId in table) {
      const row = table[rowId];
      for (const cellId in row) {
        const cell = row[cellId];
        if (typeof cell === 'object' && cell !== null) {
          return true;
        }
      }
    }
  }
  return false;
};

const mapTables = (tables: Tables, map: (cell: unknown) => Cell): Tables => {
  const mapped: Tables = emptyObject();
  for (const tableId of Object.keys(tables)) {
    const rows = emptyObject<Tables[string]>();
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      rows[rowId] = mapRow(tables[tableId]?.[rowId] ?? {}, map);
    }
    mapped[tableId] = rows;
  }
  return mapped;
};

const mapRow = (row: Row, map: (cell: unknown) => Cell): Row => {
  const mapped: Row = emptyObject();
  for (const cellId of Object.keys(row)) {
    mapped[cellId] = map(row[cellId]);
  }
  return mapped;
};
