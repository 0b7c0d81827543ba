// The rules of a schema: read from what a caller gives, asked whether something kept obeys them, and written out again.
// Knows nothing of a store.

import type {Id} from '../base/content.ts';
import type {Stored, StoredOrNothing} from './state.ts';
import {fromStored, isPlainObject, toStored, typeOfStored} from './stored.ts';

export type CellRules = {
  /** The words for types that are allowed, or the very values. */
  readonly type: readonly unknown[] | undefined;
  readonly enum: readonly unknown[] | undefined;
  /** Whatever is true counts as `true`. */
  readonly allowNull: unknown;
  readonly required: unknown;
  readonly default: StoredOrNothing;
  /** What the caller gave, without what is not understood: what the JSON forms print. */
  readonly given: {[property: string]: unknown};
};
export type TableRules = Map<Id, CellRules>;

const TYPES: readonly unknown[] = ['string', 'number', 'boolean', 'object', 'array'];
const PROPERTIES = ['type', 'enum', 'allowNull', 'required', 'default'];

export const admits = (
  {type, enum: members, allowNull}: Pick<CellRules, 'type' | 'enum' | 'allowNull'>,
  stored: Stored,
) =>
  stored === null ? allowNull : members ? members.includes(stored) : type?.includes(typeOfStored(stored));

/** Reads a schema; `undefined` if nothing in it is valid. Parts that are not valid are left out. */
export const readTablesSchema = (schema: unknown) => readAll(schema, (cells) => readAll(cells, readRules));
export const readValuesSchema = (schema: unknown) => readAll(schema, readRules);

export const writeTablesSchema = (schema: Map<Id, TableRules> | undefined) =>
  Object.fromEntries([...(schema ?? [])].map(([tableId, rules]) => [tableId, writeValuesSchema(rules)]));
export const writeValuesSchema = (schema: TableRules | undefined) =>
  Object.fromEntries([...(schema ?? [])].map(([id, rules]) => [id, rules.given]));

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
  const {allowNull, required} = schema;
  const given = copyOf(schema.type);
  const members = copyOf(schema.enum);
  const type = given === undefined ? undefined : Array.isArray(given) ? given : [given];
  if (!type === !members) return undefined;
  if (type ? !areAll(type, (each) => TYPES.includes(each)) : !areAll(members, isPrimitive)) return undefined;
  const rules = {type, enum: members as unknown[] | undefined, allowNull, required};
  const byDefault = toStored(schema.default);
  // TinyBase leaves out the whole cell where its default is null and null is not allowed.
  if (byDefault === null && !allowNull) return undefined;
  const hasDefault = byDefault !== undefined && admits(rules, byDefault);
  const understood: CellRules['given'] = {};
  for (const property of Object.keys(schema)) {
    const isKept = PROPERTIES.includes(property) && schema[property] !== undefined;
    if (isKept && (property !== 'default' || hasDefault)) {
      understood[property] = property === 'default' ? fromStored(byDefault) : copyOf(schema[property]);
    }
  }
  return {...rules, default: hasDefault ? byDefault : undefined, given: understood};
};

/** The schema is the caller's own, who may go on changing it. */
const copyOf = (thing: unknown): unknown => (Array.isArray(thing) ? [...thing] : thing);

const areAll = (things: unknown, is: (thing: unknown) => boolean): boolean =>
  Array.isArray(things) && things.length > 0 && things.every(is);

const isPrimitive = (thing: unknown): boolean => typeof thing !== 'object' && toStored(thing) !== undefined;
