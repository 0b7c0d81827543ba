// The store against the plainest model there is, maps of maps: what was set is there, what was not is not, whatever the order of calls.
// STORE_SEED=<number> repeats a run; STORE_RUNS=<number> makes it longer.

import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type Cell, createStore, type Store} from '../../src/entry/index.ts';

const seed = Number(process.env.STORE_SEED ?? Date.now() % 0x7fffffff);
const numRuns = Number(process.env.STORE_RUNS ?? 300);

type Model = {tables: Map<string, Map<string, Map<string, Cell>>>; values: Map<string, Cell>};

const id = fc.constantFrom(
  'a',
  'b',
  '',
  '0',
  '10',
  '9',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
);
const json = fc.jsonValue({maxDepth: 2}) as fc.Arbitrary<Cell>;
const number = fc.double({noNaN: true, noDefaultInfinity: true});
const cell: fc.Arbitrary<Cell> = fc
  .oneof(json, number, fc.constant(-0), fc.boolean(), fc.string({unit: 'binary'}), fc.constant({zero: -0}))
  .filter((cell) => typeof cell !== 'string' || !/^[\ufffd]|^\ufffc$/.test(cell));
const row = fc.array(fc.tuple(id, cell), {minLength: 1, maxLength: 5});

type Step = {
  readonly name: string;
  readonly ids: readonly [string, string, string];
  readonly cell: Cell;
  readonly row: [string, Cell][];
};
const step = (name: string): fc.Arbitrary<Step> =>
  fc.record({
    name: fc.constant(name),
    ids: fc.tuple(id, id, id),
    cell,
    row: row as fc.Arbitrary<[string, Cell][]>,
  });
const steps = fc.array(
  fc.oneof(
    ...[
      'setCell',
      'setRow',
      'setPartialRow',
      'delCell',
      'delRow',
      'delTable',
      'setValue',
      'delValue',
      'reload',
      'rollBack',
    ].map(step),
  ),
  {maxLength: 30},
);

const objectOf = (entries: Iterable<readonly [string, unknown]>) => {
  const object = Object.create(null);
  for (const [key, thing] of entries) object[key] = thing;
  return object;
};

const play = (store: Store, {tables, values}: Model, {name, ids, cell, row}: Step): void => {
  const [tableId, rowId, cellId] = ids;
  const table = tables.get(tableId) ?? new Map();
  const cells = table.get(rowId) ?? new Map();
  switch (name) {
    case 'setCell':
      store.setCell(tableId, rowId, cellId, cell);
      tables.set(tableId, table.set(rowId, cells.set(cellId, cell)));
      break;
    case 'setRow':
      store.setRow(tableId, rowId, objectOf(row));
      tables.set(tableId, table.set(rowId, new Map(row)));
      break;
    case 'setPartialRow':
      store.setPartialRow(tableId, rowId, objectOf(row));
      tables.set(tableId, table.set(rowId, new Map([...cells, ...row])));
      break;
    case 'delCell':
      store.delCell(tableId, rowId, cellId);
      cells.delete(cellId);
      if (!cells.size) table.delete(rowId);
      if (!table.size) tables.delete(tableId);
      break;
    case 'delRow':
      store.delRow(tableId, rowId);
      table.delete(rowId);
      if (!table.size) tables.delete(tableId);
      break;
    case 'delTable':
      store.delTable(tableId);
      tables.delete(tableId);
      break;
    case 'setValue':
      store.setValue(cellId, cell);
      values.set(cellId, cell);
      break;
    case 'delValue':
      store.delValue(cellId);
      values.delete(cellId);
      break;
    case 'reload':
      store.setJson(store.getJson());
      store.setContent(store.getContent());
      break;
    case 'rollBack':
      store.transaction(
        () =>
          store
            .setRow(tableId, rowId, objectOf(row))
            .delCell('a', 'b', '')
            .delTable('b')
            .setValue(cellId, cell)
            .delValue('a'),
        () => true,
      );
  }
};

/** As nested sorted arrays of entries, so that neither prototypes nor the order of keys play a part, and -0 is not 0. */
const sorted = (thing: unknown): unknown =>
  typeof thing === 'object' && thing && !Array.isArray(thing)
    ? [...(thing instanceof Map ? thing : Object.entries(thing))]
        .map(([key, inner]) => [key, sorted(inner)])
        .sort(([a], [b]) => (a < b ? -1 : 1))
    : Array.isArray(thing)
      ? thing.map(sorted)
      : thing;

test('[ST15] the store holds what a plain map of maps holds', () => {
  console.log(`STORE_SEED=${seed} STORE_RUNS=${numRuns}`);
  fc.assert(
    fc.property(steps, (sequence) => {
      const store = createStore();
      const model: Model = {tables: new Map(), values: new Map()};
      for (const step of sequence) {
        play(store, model, step);
        expect(sorted(store.getContent())).toStrictEqual(sorted([model.tables, model.values]));
        const [tableId, rowId, cellId] = step.ids;
        const cells = model.tables.get(tableId)?.get(rowId);
        expect(store.getCell(tableId, rowId, cellId)).toStrictEqual(cells?.get(cellId));
        expect(store.hasCell(tableId, rowId, cellId)).toBe(cells?.has(cellId) ?? false);
        expect(sorted(store.getRow(tableId, rowId))).toStrictEqual(sorted(cells ?? new Map()));
        const cellIds = new Set(
          [...(model.tables.get(tableId)?.values() ?? [])].flatMap((cells) => [...cells.keys()]),
        );
        expect(new Set(store.getTableCellIds(tableId))).toEqual(cellIds);
      }
    }),
    {seed, numRuns},
  );
});

test('[ST16] the changes of a transaction, applied to a copy from before, make it equal to the store', () => {
  fc.assert(
    fc.property(steps, steps, (before, during) => {
      const store = createStore();
      const model: Model = {tables: new Map(), values: new Map()};
      for (const step of before) play(store, model, step);
      const copy = createStore().setContent(store.getContent());
      store.addDidFinishTransactionListener(() => {
        copy.applyChanges(store.getTransactionChanges());
      });
      store.transaction(() => {
        // A roll-back inside would not roll back: nested transactions are one.
        for (const step of during) if (step.name !== 'rollBack') play(store, model, step);
      });
      expect(sorted(copy.getContent())).toStrictEqual(sorted(store.getContent()));
    }),
    {seed, numRuns},
  );
});
