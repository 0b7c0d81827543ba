// Schemas: reads what a caller gives, says whether something kept obeys, and brings what is there already into line.
// Knows nothing of listeners; what it refuses goes through `admit.ts`.

import type {Id} from '../base/content.ts';
import {admitRow, admitValue, refuseCell, refuseValue} from './admit.ts';
import {putCell, putValue, removeCell, removeRow, removeValue} from './log.ts';
import type {State, Stored, StoredOrNothing} from './state.ts';
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

/** Removes what a new schema does not allow, and adds its defaults. */
export const obeyTablesSchema = (state: State): void => {
  for (const [tableId, {rows}] of [...state.tables]) {
    const isKnown = state.tablesSchema?.has(tableId);
    if (!isKnown) refuseCell(state, tableId);
    for (const [rowId, cells] of [...rows]) {
      const given = Object.fromEntries(Object.entries(cells).map(([id, cell]) => [id, fromStored(cell)]));
      const admitted = isKnown && admitRow(state, tableId, rowId, given);
      if (!admitted) removeRow(state, tableId, rowId);
      else {
        for (const id in cells) {
          const cell = admitted[id];
          if (cell !== undefined) putCell(state, tableId, rowId, id, cell);
        }
        for (const id of Object.keys(cells)) if (!(id in admitted)) removeCell(state, tableId, rowId, id);
        for (const id in admitted) putCell(state, tableId, rowId, id, admitted[id] as Stored);
      }
    }
  }
};

export const obeyValuesSchema = (state: State): void => {
  for (const [valueId, value] of [...state.values]) {
    const admitted = admitValue(state, valueId, fromStored(value));
    if (admitted === undefined) removeValue(state, valueId);
    else putValue(state, valueId, admitted);
  }
  for (const [valueId, rules] of state.valuesSchema ?? []) {
    if (state.values.has(valueId)) continue;
    if (rules.default === undefined) refuseValue(state, valueId);
    else putValue(state, valueId, rules.default);
  }
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
  const given: CellRules['given'] = {};
  for (const property of Object.keys(schema)) {
    const isKept = PROPERTIES.includes(property) && schema[property] !== undefined;
    if (isKept && (property !== 'default' || hasDefault)) {
      given[property] = property === 'default' ? fromStored(byDefault) : schema[property];
    }
  }
  return {...rules, default: hasDefault ? byDefault : undefined, given};
};

const areAll = (things: unknown, is: (thing: unknown) => boolean): boolean =>
  Array.isArray(things) && things.length > 0 && things.every(is);

const isPrimitive = (thing: unknown): boolean => typeof thing !== 'object' && toStored(thing) !== undefined;
