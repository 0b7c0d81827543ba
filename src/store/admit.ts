// The gate: everything that a caller wants to put into cells and values passes here, is held against the schema, and comes
// out as what will be kept; what is refused is remembered for the listeners.
// This is where middleware will stand (`createMiddleware` is not built yet): `admitCell` and `admitValue` see every single cell and
// value, wherever it came from, before it is written.

import type {Id} from '../base/content.ts';
import {innerMap} from './inner-map.ts';
import {admits, type CellRules} from './rules.ts';
import {type Cells, type Filled, newCells, type State, type Stored, type StoredOrNothing} from './state.ts';
import {fromJsonCell, isPlainObject, toStored} from './stored.ts';

/** What is kept for a cell, or `undefined`. A refused cell becomes its default, where the schema has one. */
export const admitCell = (state: State, tableId: Id, rowId: Id | undefined, cellId: Id, cell: unknown) => {
  const schema = state.tablesSchema;
  const rules = schema && (schema.get(tableId)?.get(cellId) ?? null);
  const stored = judge(state, rules, cell);
  if (stored !== undefined) return stored;
  refuseCell(state, tableId, rowId, cellId, cell);
  return rules?.default;
};

export const admitValue = (state: State, valueId: Id, value: unknown) => {
  const schema = state.valuesSchema;
  const rules = schema && (schema.get(valueId) ?? null);
  const stored = judge(state, rules, value);
  if (stored !== undefined) return stored;
  refuseValue(state, valueId, value);
  return rules?.default;
};

/**
 * What is kept for a row, with defaults, or `undefined` if the row is refused; put into `cells`, which come from the row's table.
 * `isPartial` leaves out what is not named.
 */
export const admitRow = (
  state: State,
  tableId: Id,
  rowId: Id | undefined,
  row: unknown,
  cells: Cells,
  isPartial = false,
) =>
  admitMembers(
    cells,
    state.tablesSchema?.get(tableId),
    row,
    isPartial,
    (cellId, cell) => admitCell(state, tableId, rowId, cellId, cell),
    (cellId) => refuseCell(state, tableId, rowId, cellId),
    state.merging?.filled,
  );

export const admitValues = (state: State, values: unknown, isPartial = false) =>
  admitMembers(
    newCells(),
    state.valuesSchema,
    values,
    isPartial,
    (valueId, value) => admitValue(state, valueId, value),
    (valueId) => refuseValue(state, valueId),
  );

/** The cells that a row begins with, defaults after the first one given, as TinyBase orders them; tells of those that are missing. */
export const withDefaults = (state: State, tableId: Id, rowId: Id, given: Cells, cells: Cells): Cells => {
  const rules = state.tablesSchema?.get(tableId);
  if (!rules) return given;
  refuseMissing(rules, given, (cellId) => refuseCell(state, tableId, rowId, cellId));
  for (const cellId in given) {
    cells[cellId] = given[cellId] as Stored;
    fillIn(rules, cells, state.merging?.filled);
  }
  return cells;
};

export const refuseCell = (state: State, tableId?: Id, rowId?: Id, cellId?: Id, cell?: unknown): void => {
  const rows = innerMap(state.invalidCells, tableId, () => new Map());
  const cells = innerMap(rows, rowId, () => new Map());
  innerMap(cells, cellId, () => [] as unknown[]).push(cell);
};

const refuseValue = (state: State, valueId?: Id, value?: unknown): void => {
  innerMap(state.invalidValues, valueId, () => []).push(value);
};

/** What would be kept, if it may be. `rules` is `undefined` without a schema, and `null` where the schema does not know the id. */
const judge = (state: State, rules: CellRules | null | undefined, thing: unknown): StoredOrNothing => {
  const given = state.isJson ? fromJsonCell(thing) : thing;
  const stored = toStored(given);
  if (stored === undefined || rules === null || (rules && !admits(rules, stored))) return undefined;
  rememberKinds(state, given);
  return stored;
};

/** Notes what is kept that costs more to copy and to write: a store without any of it takes short cuts. */
export const rememberKinds = (state: State, kept: unknown): void => {
  if (typeof kept === 'object' && kept !== null) state.hasObjects = true;
  else if (kept === 0 && Object.is(kept, -0)) state.hasMinusZero = true;
};

const admitMembers = (
  cells: Cells,
  rules: Map<Id, CellRules> | undefined,
  members: unknown,
  isPartial: boolean,
  admit: (id: Id, thing: unknown) => StoredOrNothing,
  refuse: (id?: Id) => void,
  filled?: Filled,
): Cells | undefined => {
  if (!isPlainObject(members)) {
    refuse();
    return undefined;
  }
  if (rules && !isPartial) refuseMissing(rules, members, refuse);
  let isEmpty = true;
  let isAdmitted = false;
  for (const id of Object.keys(members)) {
    isEmpty = false;
    const stored = admit(id, members[id]);
    if (stored !== undefined) {
      cells[id] = stored;
      isAdmitted = true;
    }
  }
  if (rules && !isPartial) isAdmitted = fillIn(rules, cells, filled) || isAdmitted;
  if (isEmpty && !isAdmitted) refuse();
  if (rules && !isPartial) {
    for (const [id, {required}] of rules) if (required && !(id in cells)) isAdmitted = false;
  }
  return isAdmitted ? cells : undefined;
};

const refuseMissing = (rules: Map<Id, CellRules>, members: object, refuse: (id: Id) => void): void => {
  for (const [id, rule] of rules) if (rule.default === undefined && !Object.hasOwn(members, id)) refuse(id);
};

/** Adds the defaults of what is missing; whether there were any. */
const fillIn = (rules: Map<Id, CellRules>, cells: Cells, filled: Filled | undefined): boolean => {
  let isFilled = false;
  for (const [id, rule] of rules) {
    if (rule.default !== undefined && !(id in cells)) {
      cells[id] = rule.default;
      if (filled) innerMap(filled, cells, () => new Set()).add(id);
      isFilled = true;
    }
  }
  return isFilled;
};
