// The gate: everything that a caller wants to put into cells and values passes here, is held against the schema, and comes
// out as what will be kept; what is refused is remembered for the listeners.
// This is where middleware will stand (`createMiddleware` is not built yet): `admitCell` and `admitValue` see every single cell and
// value, wherever it came from, before it is written.

import type {Id} from '../base/content.ts';
import {admits, type CellRules} from './schema.ts';
import {type Cells, newCells, type State, type Stored, type StoredOrNothing} from './state.ts';
import {fromJsonCell, isPlainObject, toStored} from './stored.ts';

/** What is kept for a cell, or `undefined`. A refused cell becomes its default, where the schema has one. */
export const admitCell = (state: State, tableId: Id, rowId: Id | undefined, cellId: Id, cell: unknown) => {
  const schema = state.tablesSchema;
  return admitOne(state, schema && (schema.get(tableId)?.get(cellId) ?? null), cell, () =>
    refuseCell(state, tableId, rowId, cellId, cell),
  );
};

export const admitValue = (state: State, valueId: Id, value: unknown) => {
  const schema = state.valuesSchema;
  return admitOne(state, schema && (schema.get(valueId) ?? null), value, () =>
    refuseValue(state, valueId, value),
  );
};

/** The cells that are kept for a row, with defaults, or `undefined` if the row is refused; `isPartial` leaves out what is not named. */
export const admitRow = (state: State, tableId: Id, rowId: Id | undefined, row: unknown, isPartial = false) =>
  admitMembers(
    state.tablesSchema?.get(tableId),
    row,
    isPartial,
    (cellId, cell) => admitCell(state, tableId, rowId, cellId, cell),
    (cellId) => refuseCell(state, tableId, rowId, cellId),
  );

export const admitValues = (state: State, values: unknown, isPartial = false) =>
  admitMembers(
    state.valuesSchema,
    values,
    isPartial,
    (valueId, value) => admitValue(state, valueId, value),
    (valueId) => refuseValue(state, valueId),
  );

/** The cells that a row begins with, defaults after the first one given, as TinyBase orders them; tells of those that are missing. */
export const withDefaults = (state: State, tableId: Id, rowId: Id, given: Cells): Cells => {
  const rules = state.tablesSchema?.get(tableId);
  if (!rules) return given;
  refuseMissing(rules, given, (cellId) => refuseCell(state, tableId, rowId, cellId));
  const cells = newCells();
  for (const cellId in given) {
    cells[cellId] = given[cellId] as Stored;
    fillIn(rules, cells);
  }
  return cells;
};

export const refuseCell = (state: State, tableId?: Id, rowId?: Id, cellId?: Id, cell?: unknown): void => {
  const rows = inner(state.invalidCells, tableId, () => new Map());
  const cells = inner(rows, rowId, () => new Map());
  inner(cells, cellId, () => [] as unknown[]).push(cell);
};

export const refuseValue = (state: State, valueId?: Id, value?: unknown): void => {
  inner(state.invalidValues, valueId, () => []).push(value);
};

/** What a map has for a key, made and put there if it had nothing. */
export const inner = <Key, Thing>(map: Map<Key, Thing>, key: Key, make: () => Thing): Thing => {
  let thing = map.get(key);
  if (thing === undefined) {
    thing = make();
    map.set(key, thing);
  }
  return thing;
};

/** `rules` is `undefined` without a schema, and `null` where the schema does not know the cell. */
const admitOne = (state: State, rules: CellRules | null | undefined, thing: unknown, refuse: () => void) => {
  const stored = toStored(state.isReadingJson ? fromJsonCell(thing) : thing);
  if (stored !== undefined && (rules === undefined || (rules && admits(rules, stored)))) {
    if (Object.is(stored, -0)) state.hasNegativeZero = true;
    return stored;
  }
  refuse();
  return rules?.default;
};

const admitMembers = (
  rules: Map<Id, CellRules> | undefined,
  members: unknown,
  isPartial: boolean,
  admit: (id: Id, thing: unknown) => StoredOrNothing,
  refuse: (id?: Id) => void,
): Cells | undefined => {
  if (!isPlainObject(members)) {
    refuse();
    return undefined;
  }
  if (rules && !isPartial) refuseMissing(rules, members, refuse);
  const cells = newCells();
  let isEmpty = true;
  let isAdmitted = false;
  for (const id in members) {
    isEmpty = false;
    const stored = admit(id, members[id]);
    if (stored !== undefined) {
      cells[id] = stored;
      isAdmitted = true;
    }
  }
  if (rules && !isPartial) isAdmitted = fillIn(rules, cells) || isAdmitted;
  if (isEmpty && !isAdmitted) refuse();
  if (rules && !isPartial) {
    for (const [id, {isRequired}] of rules) if (isRequired && !(id in cells)) isAdmitted = false;
  }
  return isAdmitted ? cells : undefined;
};

const refuseMissing = (rules: Map<Id, CellRules>, members: object, refuse: (id: Id) => void): void => {
  for (const [id, rule] of rules) if (rule.default === undefined && !Object.hasOwn(members, id)) refuse(id);
};

/** Adds the defaults of what is missing; whether there were any. */
const fillIn = (rules: Map<Id, CellRules>, cells: Cells): boolean => {
  let isFilled = false;
  for (const [id, rule] of rules) {
    if (rule.default !== undefined && !(id in cells)) {
      cells[id] = rule.default;
      isFilled = true;
    }
  }
  return isFilled;
};
