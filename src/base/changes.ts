// Arithmetic on contents and changes: apply, merge, subtract, compare. Pure; knows nothing of stores and storages.

import {stringifyJson} from './cell-text.ts';
import type {
  Cell,
  Changes,
  Content,
  Id,
  Row,
  RowChanges,
  Table,
  Tables,
  TablesChanges,
  Values,
} from './content.ts';

/** An object without a prototype, so that `__proto__` is a key like any other. */
export const emptyObject = <Shape extends object>(): Shape => Object.create(null) as Shape;

/** Marks the changes of a row that went and came back: what was stored of it before is not part of it any more. */
const REPLACES = Symbol('replaces');

/** Whether a row's changes are the whole new row, to be stored in place of the old one. */
export const isReplacement = (row: RowChanges): boolean => REPLACES in row;

/** Marks a row's changes, in place, as the whole new row. */
export const markReplacement = (row: RowChanges): RowChanges =>
  Object.defineProperty(row, REPLACES, {value: true, enumerable: true, configurable: true});

const asReplacement = (row: RowChanges): RowChanges =>
  markReplacement(Object.assign(emptyObject<RowChanges>(), row));

const has = (object: object, key: string): boolean => Object.hasOwn(object, key);

export const noChanges = (): Changes => [emptyObject(), emptyObject(), 1];

export const isEmptyObject = (object: object): boolean => {
  for (const key in object) {
    if (has(object, key)) {
      return false;
    }
  }
  return true;
};

export const isEmptyChanges = ([tables, values]: Changes): boolean =>
  isEmptyObject(tables) && isEmptyObject(values);

/** How many rows and values a change touches. */
export const countChanges = ([tables, values]: Changes): number => {
  let count = Object.keys(values).length;
  for (const tableId of Object.keys(tables)) {
    const table = tables[tableId];
    count += table === undefined ? 1 : Object.keys(table).length;
  }
  return count;
};

/** Adds `later` to `earlier`, in place, so that applying the result equals applying one after the other. */
export const mergeChanges = (earlier: Changes, later: Changes): Changes => {
  for (const tableId of Object.keys(later[0])) {
    const laterTable = later[0][tableId];
    const earlierTable = has(earlier[0], tableId) ? earlier[0][tableId] : undefined;
    if (laterTable === undefined || earlierTable === undefined) {
      // A deleted table that was filled again keeps no trace of the rows that went: callers name deleted rows.
      earlier[0][tableId] = laterTable;
      continue;
    }
    for (const rowId of Object.keys(laterTable)) {
      const laterRow = laterTable[rowId];
      if (laterRow === undefined || !has(earlierTable, rowId)) {
        earlierTable[rowId] = laterRow;
        continue;
      }
      const earlierRow = earlierTable[rowId];
      earlierTable[rowId] =
        earlierRow === undefined || isReplacement(laterRow)
          ? asReplacement(laterRow)
          : Object.assign(earlierRow, laterRow);
    }
  }
  for (const valueId of Object.keys(later[1])) {
    earlier[1][valueId] = later[1][valueId];
  }
  return earlier;
};

/** A copy of changes down to the rows, which `mergeChanges` may then write into. */
export const copyChanges = (changes: Changes): Changes => mergeChangesDeep(noChanges(), changes);

const mergeChangesDeep = (target: Changes, source: Changes): Changes => {
  for (const tableId of Object.keys(source[0])) {
    const table = source[0][tableId];
    if (table === undefined) {
      target[0][tableId] = undefined;
      continue;
    }
    const copy: {[rowId: Id]: RowChanges | undefined} = emptyObject();
    for (const rowId of Object.keys(table)) {
      const row = table[rowId];
      copy[rowId] = row === undefined ? undefined : Object.assign(emptyObject<RowChanges>(), row);
    }
    target[0][tableId] = copy;
  }
  Object.assign(target[1], source[1]);
  return target;
};

/** Takes out of `changes`, in place, every cell and value that `settled` speaks of; a replaced row is all spoken of. */
export const subtractChanges = (changes: Changes, settled: Changes): Changes => {
  for (const tableId of Object.keys(changes[0])) {
    if (!has(settled[0], tableId)) {
      continue;
    }
    const table = changes[0][tableId];
    const settledTable = settled[0][tableId];
    if (table === undefined || settledTable === undefined) {
      delete changes[0][tableId];
      continue;
    }
    for (const rowId of Object.keys(settledTable)) {
      subtractRow(table, rowId, settledTable[rowId]);
    }
    if (isEmptyObject(table)) {
      delete changes[0][tableId];
    }
  }
  for (const valueId of Object.keys(settled[1])) {
    delete changes[1][valueId];
  }
  return changes;
};

const subtractRow = (
  table: {[rowId: Id]: RowChanges | undefined},
  rowId: Id,
  settledRow: RowChanges | undefined,
): void => {
  if (!has(table, rowId)) {
    return;
  }
  const row = table[rowId];
  if (row === undefined || settledRow === undefined || isReplacement(settledRow)) {
    delete table[rowId];
    return;
  }
  for (const cellId of Object.keys(settledRow)) {
    delete row[cellId];
  }
  if (isEmptyObject(row)) {
    delete table[rowId];
  }
};

/** The content after the changes; neither argument is written to, and untouched tables and rows are shared. */
export const applyChanges = ([tables, values]: Content, changes: Changes): Content => {
  const nextTables: Tables = Object.assign(emptyObject(), tables);
  for (const tableId of Object.keys(changes[0])) {
    const table = applyTable(has(tables, tableId) ? tables[tableId] : undefined, changes[0][tableId]);
    if (table === undefined) {
      delete nextTables[tableId];
    } else {
      nextTables[tableId] = table;
    }
  }
  const nextValues: Values = Object.assign(emptyObject(), isReplacement(changes[1]) ? undefined : values);
  for (const valueId of Object.keys(changes[1])) {
    const value = changes[1][valueId];
    if (value === undefined) {
      delete nextValues[valueId];
    } else {
      nextValues[valueId] = value;
    }
  }
  return [nextTables, nextValues];
};

const applyTable = (table: Table | undefined, changes: TablesChanges[Id]): Table | undefined => {
  if (changes === undefined) {
    return undefined;
  }
  const next: Table = Object.assign(emptyObject(), table);
  for (const rowId of Object.keys(changes)) {
    const row = applyRow(has(next, rowId) ? next[rowId] : undefined, changes[rowId]);
    if (row === undefined) {
      delete next[rowId];
    } else {
      next[rowId] = row;
    }
  }
  return isEmptyObject(next) ? undefined : next;
};

const applyRow = (row: Row | undefined, changes: RowChanges | undefined): Row | undefined => {
  if (changes === undefined) {
    return undefined;
  }
  const next: Row = Object.assign(emptyObject(), isReplacement(changes) ? undefined : row);
  for (const cellId of Object.keys(changes)) {
    const cell = changes[cellId];
    if (cell === undefined) {
      delete next[cellId];
    } else {
      next[cellId] = cell;
    }
  }
  return isEmptyObject(next) ? undefined : next;
};

/** The changes that lead from one content to another; every deleted row is named. */
export const diffContent = (from: Content, to: Content): Changes => {
  const changes = noChanges();
  for (const tableId of unionOfKeys(from[0], to[0])) {
    const rows: {[rowId: Id]: RowChanges | undefined} = emptyObject();
    const before = has(from[0], tableId) ? (from[0][tableId] as Table) : emptyObject<Table>();
    const after = has(to[0], tableId) ? (to[0][tableId] as Table) : emptyObject<Table>();
    for (const rowId of unionOfKeys(before, after)) {
      if (!has(after, rowId)) {
        rows[rowId] = undefined;
        continue;
      }
      const cells = diffRow(has(before, rowId) ? before[rowId] : undefined, after[rowId] as Row);
      if (!isEmptyObject(cells)) {
        rows[rowId] = cells;
      }
    }
    if (!isEmptyObject(rows)) {
      changes[0][tableId] = rows;
    }
  }
  changes[1] = diffRow(from[1], to[1]);
  return changes;
};

/** What of `there` is not `here`, as changes that would add it; a cell that both have is left as it is. */
export const missingContent = (here: Content, there: Content): Changes => {
  const missing = noChanges();
  for (const tableId of Object.keys(there[0])) {
    const hereTable = has(here[0], tableId) ? (here[0][tableId] as Table) : emptyObject<Table>();
    const thereTable = there[0][tableId] as Table;
    const rows: {[rowId: Id]: RowChanges | undefined} = emptyObject();
    for (const rowId of Object.keys(thereTable)) {
      const cells = missingCells(
        has(hereTable, rowId) ? hereTable[rowId] : undefined,
        thereTable[rowId] as Row,
      );
      if (!isEmptyObject(cells)) {
        rows[rowId] = cells;
      }
    }
    if (!isEmptyObject(rows)) {
      missing[0][tableId] = rows;
    }
  }
  missing[1] = missingCells(here[1], there[1]);
  return missing;
};

const missingCells = (here: Row | undefined, there: Row): RowChanges => {
  const cells: RowChanges = emptyObject();
  for (const cellId of Object.keys(there)) {
    if (here === undefined || !has(here, cellId)) {
      cells[cellId] = there[cellId];
    }
  }
  return cells;
};

/** The cells that differ, `undefined` for those that went. Serves values too. */
export const diffRow = (from: Row | undefined, to: Row): RowChanges => {
  const cells: RowChanges = emptyObject();
  for (const cellId of Object.keys(to)) {
    const cell = to[cellId] as Cell;
    if (from === undefined || !has(from, cellId) || !areCellsEqual(from[cellId], cell)) {
      cells[cellId] = cell;
    }
  }
  for (const cellId of from === undefined ? [] : Object.keys(from)) {
    if (!has(to, cellId)) {
      cells[cellId] = undefined;
    }
  }
  return cells;
};

/** Whether two cells are the same to a reader: -0 is not 0, objects and arrays by their content. */
export const areCellsEqual = (one: unknown, other: unknown): boolean =>
  Object.is(one, other) ||
  (typeof one === 'object' &&
    typeof other === 'object' &&
    one !== null &&
    other !== null &&
    stringifyJson(one) === stringifyJson(other));

const unionOfKeys = (one: object, other: object): string[] => {
  const keys = Object.keys(one);
  for (const key of Object.keys(other)) {
    if (!has(one, key)) {
      keys.push(key);
    }
  }
  return keys;
};
