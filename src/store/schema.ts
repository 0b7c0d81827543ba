// Schemas: reads what a caller gives, says whether something kept obeys, and brings what is there already into line.
// Knows nothing of listeners; what it refuses goes through `admit.ts`.

import type {Id} from '../base/content.ts';
import {admitRow, admitValues, refuseCell, rememberKinds} from './admit.ts';
import {copyTables, copyValues} from './copies.ts';
import {putRow, putValue, removeTable, removeValue, tableFor} from './log.ts';
import type {Cells, State, Stored, StoredOrNothing} from './state.ts';
import {fromStored, isPlainObject, toStored, typeOfStored} from './stored.ts';

export type CellRules = {
  /** The words for types that are allowed, or the very values. */
  readonly types: readonly unknown[] | undefined;
  readonly members: readonly unknown[] | undefined;
  readonly isNullAllowed: boolean;
  readonly isRequired: boolean;
  readonly default: StoredOrNothing;
  /** What the caller gave, without what is not understood: what the JSON forms print. */
  readonly given: {[property: string]: unknown};
};
export type TableRules = Map<Id, CellRules>;

const TYPES: readonly unknown[] = ['string', 'number', 'boolean', 'object', 'array'];
const PROPERTIES = ['type', 'enum', 'allowNull', 'required', 'default'];

export const admits = (
  {types, members, isNullAllowed}: Pick<CellRules, 'types' | 'members' | 'isNullAllowed'>,
  stored: Stored,
) =>
  stored === null
    ? isNullAllowed
    : members
      ? members.includes(stored)
      : !!types?.includes(typeOfStored(stored));

/** Reads a schema; `undefined` if nothing in it is valid. Parts that are not valid are left out. */
export const readTablesSchema = (schema: unknown) => readAll(schema, (cells) => readAll(cells, readRules));
export const readValuesSchema = (schema: unknown) => readAll(schema, readRules);

export const writeTablesSchema = (schema: State['tablesSchema']) =>
  Object.fromEntries([...(schema ?? [])].map(([tableId, rules]) => [tableId, writeValuesSchema(rules)]));
export const writeValuesSchema = (schema: State['valuesSchema']) =>
  Object.fromEntries([...(schema ?? [])].map(([id, rules]) => [id, rules.given]));

/**
 * Removes what a new schema does not allow, and adds its defaults: takes everything out and puts back what is admitted,
 * in the order of `getTables`, as TinyBase does. Listeners are told of differences only, since they see the whole.
 */
export const obeyTablesSchema = (state: State): void => {
  for (const rules of state.tablesSchema?.values() ?? []) rememberDefaults(state, rules);
  const admitted: [tableId: Id, rowId: Id, cells: Cells][] = [];
  const tables = copyTables(state);
  for (const tableId in tables) {
    if (!state.tablesSchema?.has(tableId)) refuseCell(state, tableId);
    else {
      const {newCells} = tableFor(state, tableId);
      for (const rowId in tables[tableId]) {
        const cells = admitRow(state, tableId, rowId, tables[tableId][rowId], newCells());
        if (cells) admitted.push([tableId, rowId, cells]);
      }
    }
  }
  for (const tableId of [...state.tables.keys()]) removeTable(state, tableId);
  for (const [tableId, rowId, cells] of admitted)
    putRow(state, tableId, rowId, cells, tableFor(state, tableId));
};

export const obeyValuesSchema = (state: State): void => {
  rememberDefaults(state, state.valuesSchema ?? new Map());
  const admitted = admitValues(state, copyValues(state));
  for (const valueId of [...state.values.keys()]) removeValue(state, valueId);
  for (const valueId in admitted) putValue(state, valueId, admitted[valueId] as Stored);
};

const rememberDefaults = (state: State, rules: TableRules): void => {
  for (const rule of rules.values()) rememberKinds(state, fromStored(rule.default));
};

const readAll = <Rules>(
  given: unknown,
  read: (part: unknown) => Rules | undefined,
): Map<Id, Rules> | undefined => {
  const all = new Map<Id, Rules>();
  if (isPlainObject(given)) {
    for (const id of Object.keys(given)) {
      const rules = read(given[id]);
      if (rules !== undefined) all.set(id, rules);
    }
  }
  return all.size ? all : undefined;
};

const readRules = (schema: unknown): CellRules | undefined => {
  if (!isPlainObject(schema)) return undefined;
  const {type, enum: members, allowNull, required} = schema;
  const types = type === undefined ? undefined : Array.isArray(type) ? type : [type];
  if (!types === !members) return undefined;
  if (types ? !areAll(types, (type) => TYPES.includes(type)) : !areAll(members, isPrimitive))
    return undefined;
  const rules = {
    types,
    members: members as unknown[] | undefined,
    isNullAllowed: !!allowNull,
    isRequired: !!required,
  };
  const byDefault = toStored(schema.default);
  // TinyBase leaves out the whole cell where its default is null and null is not allowed.
  if (byDefault === null && !allowNull) return undefined;
  const hasDefault = byDefault !== undefined && admits(rules, byDefault);
  const understood: CellRules['given'] = {};
  for (const property of Object.keys(schema)) {
    const isKept = PROPERTIES.includes(property) && schema[property] !== undefined;
    if (isKept && (property !== 'default' || hasDefault)) {
      understood[property] = property === 'default' ? fromStored(byDefault) : schema[property];
    }
  }
  return {...rules, default: hasDefault ? byDefault : undefined, given: understood};
};

const areAll = (things: unknown, is: (thing: unknown) => boolean): boolean =>
  Array.isArray(things) && things.length > 0 && things.every(is);

const isPrimitive = (thing: unknown): boolean => typeof thing !== 'object' && toStored(thing) !== undefined;
