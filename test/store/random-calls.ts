// Random calls on a store as plain data, so that the same sequence can be played on two stores, printed, and shrunk.

import fc from 'fast-check';
import type {AnyStore} from './attach-listeners.ts';
import {show} from './attach-listeners.ts';

export type Call = {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly inside?: readonly Call[];
};

/** Awkward as ids go, but none that is a whole number as a cell id: see `CELL_IDS`. */
const TABLE_IDS = ['t1', 't2', '', '__proto__', '7'];
const ROW_IDS = ['r1', 'r2', '0', '1', '__proto__', 'constructor'];
/**
 * Whole numbers are left out on purpose: rows are plain objects, which always give them first and in ascending order, where
 * tinybase gives them in the order in which they came from `getCellIds` (not from `getRow` or in JSON, which are alike).
 * `toString` and its like are left out because tinybase finds them missing in a new row, where a schema has them.
 */
const CELL_IDS = ['a', 'b', 'c', '', '__proto__'];
const VALUE_IDS = ['v1', 'v2', '3', '__proto__', ''];

const tableId = fc.constantFrom(...TABLE_IDS);
const rowId = fc.constantFrom(...ROW_IDS);
const cellId = fc.constantFrom(...CELL_IDS);
const valueId = fc.constantFrom(...VALUE_IDS);

/**
 * On purpose without -0 (which tinybase takes for 0 where there is 0, and prints as 0) and without objects that JSON
 * changes (which tinybase changes and this store refuses); both have tests of their own.
 */
const primitiveCell = fc.oneof(
  {weight: 6, arbitrary: fc.constantFrom<unknown>(0, 1, 2, 'x', 'y', '', true, false)},
  {weight: 1, arbitrary: fc.constantFrom<unknown>(null, 1.5, -3, '\ufffcx', '\ud800', 'é')},
);
const objectCell = fc.constantFrom<unknown>({x: 1}, {x: 1, y: [null]}, [], [1, 'x'], {});
const invalidCell = fc.constantFrom<unknown>(
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '\ufffd[1]',
  '\ufffc',
  new Date(0),
  1n,
);

const record = (id: fc.Arbitrary<string>, thing: fc.Arbitrary<unknown>, maxLength: number) =>
  fc.array(fc.tuple(id, thing), {maxLength}).map((entries) => fromEntries(entries));
/** Unlike `Object.fromEntries`, after a JSON round trip in counterexamples still an object without a prototype. */
const fromEntries = (entries: readonly (readonly [string, unknown])[]) => {
  const object = Object.create(null);
  for (const [id, thing] of entries) object[id] = thing;
  return object;
};

const cellRules = fc.constantFrom<unknown>(
  {type: 'string'},
  {type: 'number'},
  {type: 'boolean', allowNull: true},
  {type: 'number', default: 7},
  {type: 'string', default: 'd', required: true},
  {type: ['string', 'number']},
  {enum: ['x', 1, true]},
  {enum: ['x', 1, true], default: 'x', allowNull: true},
  {type: 'string', default: null, allowNull: true},
  {type: 'number', required: true},
  {type: 'object'},
  {type: ['array', 'string'], default: 'arr'},
  {type: 'nonsense'},
  {type: 'number', default: 'wrong'},
);
const tablesSchema = record(tableId, record(cellId, cellRules, 4), 3);
const valuesSchema = record(valueId, cellRules, 3);

const MARKED_TABLES = '{"t1":{"r1":{"a":"\ufffd[1,{\\"x\\":2}]","b":"\ufffdx"}}}';
const MARKED_VALUES = '{"v1":"\ufffd[1]","v2":"\ufffdx"}';
const call = (method: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Call> =>
  fc.tuple(...args).map((args) => ({method, args}));

/**
 * Sequences of calls, of three kinds. On purpose not all at once:
 * - Objects or schemas, and roll-backs: when tinybase rolls back, object and array cells are lost, since it refuses to put back the
 *   strings that it keeps them as; and what it puts back is held against the schema, and reported as invalid.
 * - Schemas and things that are no objects: with a schema, tinybase throws a TypeError where a row or the values are no object;
 *   without one it reports them as invalid, as this store always does.
 * With schemas, `setPartialRow` sets one cell only: where it adds a row, tinybase reports all cells but the first as missing.
 */
export const randomCalls = (
  kind: 'with objects and schemas' | 'with roll-backs' | 'with junk',
): fc.Arbitrary<Call[]> => {
  const validCell =
    kind === 'with objects and schemas'
      ? fc.oneof({weight: 6, arbitrary: primitiveCell}, {weight: 1, arbitrary: objectCell})
      : primitiveCell;
  const cell = fc.oneof({weight: 12, arbitrary: validCell}, {weight: 1, arbitrary: invalidCell});
  const junk =
    kind === 'with junk'
      ? fc.constantFrom<unknown>({}, [], 5, 'junk', null, undefined, new Map([['a', 1]]))
      : fc.constant({});
  const schemaWeight = kind === 'with objects and schemas' ? 1 : 0;
  const endings =
    kind === 'with objects and schemas'
      ? ['transaction', 'startFinish']
      : ['transaction', 'rollBack', 'throw', 'startFinish'];
  const json = (thing: fc.Arbitrary<unknown>, marked: string) => {
    const texts = thing.map(
      (thing) => JSON.stringify(thing, (_, inner) => (typeof inner === 'bigint' ? 'big' : inner)) ?? '{',
    );
    const odd = fc.constantFrom(
      ...(kind === 'with junk' ? ['{', '', '5', 'null', '[]'] : []),
      ...(kind === 'with objects and schemas' ? [marked] : []),
      '{}',
    );
    // Marked strings among random cells are objects, which have no place beside roll-backs.
    return fc.oneof(
      {
        weight: 8,
        arbitrary:
          kind !== 'with objects and schemas' ? texts.filter((text) => !text.includes('\ufffd')) : texts,
      },
      {weight: 1, arbitrary: odd},
    );
  };

  const row = fc.oneof({weight: 9, arbitrary: record(cellId, cell, 4)}, {weight: 1, arbitrary: junk});
  const objectRow = record(cellId, cell, 4);
  const table = fc.oneof({weight: 9, arbitrary: record(rowId, objectRow, 4)}, {weight: 1, arbitrary: junk});
  const tables = fc.oneof({weight: 9, arbitrary: record(tableId, table, 3)}, {weight: 1, arbitrary: junk});
  const values = fc.oneof({weight: 9, arbitrary: record(valueId, cell, 3)}, {weight: 1, arbitrary: junk});

  const changes = fc.tuple(
    record(
      tableId,
      fc.option(
        record(
          rowId,
          fc.option(record(cellId, fc.option(validCell, {nil: undefined}), 3), {nil: undefined}),
          3,
        ),
        {nil: undefined},
      ),
      2,
    ),
    record(valueId, fc.option(validCell, {nil: undefined}), 2),
    fc.constant(1),
  );

  const plainCall: fc.Arbitrary<Call> = fc.oneof(
    {weight: 8, arbitrary: call('setCell', tableId, rowId, cellId, cell)},
    {weight: 2, arbitrary: call('mapCell', tableId, rowId, cellId)},
    {weight: 4, arbitrary: call('setRow', tableId, rowId, objectRow)},
    {
      weight: 3,
      arbitrary: call('setPartialRow', tableId, rowId, schemaWeight ? record(cellId, cell, 1) : row),
    },
    {weight: 4, arbitrary: call('addRow', tableId, objectRow, fc.boolean())},
    {weight: 3, arbitrary: call('setTable', tableId, table)},
    {weight: 2, arbitrary: call('setTables', tables)},
    {weight: 4, arbitrary: call('setValue', valueId, cell)},
    {weight: 2, arbitrary: call('setValues', values)},
    {weight: 2, arbitrary: call('setPartialValues', values)},
    {weight: 2, arbitrary: call('setContent', fc.oneof(fc.tuple(tables, values), junk))},
    {weight: 2, arbitrary: call('applyChanges', changes)},
    {
      weight: 1,
      arbitrary: call('setJson', json(fc.tuple(tables, values), `[${MARKED_TABLES},${MARKED_VALUES}]`)),
    },
    {weight: 1, arbitrary: call('setTablesJson', json(tables, MARKED_TABLES))},
    {weight: 1, arbitrary: call('setValuesJson', json(values, MARKED_VALUES))},
    {weight: 5, arbitrary: call('delCell', tableId, rowId, cellId, fc.boolean())},
    {weight: 4, arbitrary: call('delRow', tableId, rowId)},
    {weight: 1, arbitrary: call('delTable', tableId)},
    {weight: 1, arbitrary: call('delTables')},
    {weight: 2, arbitrary: call('delValue', valueId)},
    {weight: 1, arbitrary: call('delValues')},
    {weight: schemaWeight, arbitrary: call('setTablesSchema', tablesSchema)},
    {weight: schemaWeight, arbitrary: call('setValuesSchema', valuesSchema)},
    {weight: schemaWeight, arbitrary: call('delTablesSchema')},
    {weight: schemaWeight, arbitrary: call('delValuesSchema')},
    {weight: 1, arbitrary: call('getSortedRowIds', tableId, cellId, fc.boolean(), fc.nat(2), fc.nat(3))},
    {weight: 1, arbitrary: call('getSchemaJson')},
    {weight: 1, arbitrary: call('callListener', fc.nat(70).map(String))},
  );

  const {transaction} = fc.letrec<{transaction: Call; step: Call}>((tie) => ({
    step: fc.oneof(
      {maxDepth: 2},
      {weight: 12, arbitrary: plainCall},
      {weight: 1, arbitrary: tie('transaction')},
    ),
    transaction: fc
      .tuple(fc.constantFrom(...endings), fc.array(tie('step'), {maxLength: 6}))
      .map(([method, inside]) => ({method, args: [], inside})),
  }));

  return fc.array(fc.oneof({weight: 4, arbitrary: plainCall}, {weight: 1, arbitrary: transaction}), {
    maxLength: 14,
  });
};

/** Plays one call, and shows what it returned or threw. */
export const perform = (store: AnyStore, {method, args, inside = []}: Call): string => {
  const performAll = () => inside.map((call) => perform(store, call)).join();
  try {
    switch (method) {
      case 'transaction':
        return `transaction ${store.transaction(performAll)}`;
      case 'rollBack':
        return `rollBack ${store.transaction(performAll, () => true)}`;
      case 'throw':
        return store.transaction(() => {
          performAll();
          throw new Error('thrown inside');
        });
      case 'startFinish': {
        store.startTransaction();
        const shown = performAll();
        store.finishTransaction();
        return `startFinish ${shown}`;
      }
      case 'mapCell':
        store.setCell(args[0], args[1], args[2], (cell: unknown) =>
          typeof cell === 'number' ? cell + 1 : 1,
        );
        return 'mapped';
      default: {
        const returned = store[method](...args);
        return returned === store ? 'store' : show(returned);
      }
    }
  } catch (error) {
    // On purpose alike: tinybase swallows what listeners throw at the end of these.
    if (/^set(Tables|Values)Json$/.test(method)) return 'store';
    return `thrown: ${(error as Error).message}`;
  }
};
