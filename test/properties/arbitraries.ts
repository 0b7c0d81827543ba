// Random contents and edits for properties, with the ids and cells that storages like to lose; and their seed.

import fc from 'fast-check';
import type {Cell, Content, Id, Row, Values} from '../../src/base/content.ts';
import type {Store} from '../../src/store/store.ts';
import {awkwardCells, awkwardIds} from '../../src/testing/awkward.ts';

const seed = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const runCount = Number(process.env.HOLDFAST_RUNS ?? 40);

/** Runs a property with the seed of HOLDFAST_SEED, or one that is printed, a share of HOLDFAST_RUNS times. */
export const check = async <Inputs extends [unknown, ...unknown[]]>(
  property: fc.IAsyncPropertyWithHooks<Inputs>,
  share = 1,
): Promise<void> => {
  console.log(`HOLDFAST_SEED=${seed} HOLDFAST_RUNS=${runCount}`);
  await fc.assert(property, {seed, numRuns: Math.ceil(runCount * share)});
};

/** Any UTF-16 at all: NULs and lone surrogates included. */
const anyText = fc
  .array(fc.oneof(fc.integer({min: 0, max: 0x7f}), fc.integer({min: 0, max: 0xffff})), {maxLength: 4})
  .map((codes) => String.fromCharCode(...codes));

export const anyId: fc.Arbitrary<Id> = fc.oneof(fc.constantFrom('a', 'b', 'c', ...awkwardIds), anyText);

export const anyCell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constantFrom(...awkwardCells),
  // A store refuses what starts with the mark of its own spelling, and the one for undefined.
  anyText.filter((text) => !text.startsWith('\uFFFD') && text !== '\uFFFC'),
  fc.string({unit: 'grapheme', minLength: 1_000, maxLength: 3_000}),
  fc.double({noNaN: true, noDefaultInfinity: true}),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.jsonValue({maxDepth: 2})).map((cell) => cell as Cell),
  fc.dictionary(fc.string(), fc.jsonValue({maxDepth: 2})).map((cell) => cell as Cell),
);

const someOf = <Thing>(ids: fc.Arbitrary<Id>, things: fc.Arbitrary<Thing>, minKeys: number) =>
  fc.dictionary(ids, things, {minKeys, maxKeys: 4, noNullPrototype: false});

const anyRow = someOf(anyId, anyCell, 1) as fc.Arbitrary<Row>;

/** A content with tables of these ids alone. */
export const anyContent = (tableIds: fc.Arbitrary<Id>): fc.Arbitrary<Content> =>
  fc.tuple(
    someOf(tableIds, someOf(anyId, anyRow, 1), 0) as fc.Arbitrary<Content[0]>,
    someOf(anyId, anyCell, 0) as fc.Arbitrary<Values>,
  );

/** What a user of a store may do; `wait` lets everything be stored. */
export type Edit =
  | {readonly kind: 'cell'; readonly ids: readonly [Id, Id, Id]; readonly cell: Cell | undefined}
  | {readonly kind: 'row'; readonly ids: readonly [Id, Id]; readonly row: Row | undefined}
  | {readonly kind: 'table'; readonly id: Id}
  | {readonly kind: 'value'; readonly id: Id; readonly value: Cell | undefined}
  | {readonly kind: 'everything'; readonly content: Content}
  | {readonly kind: 'wait'};

export const anyEdit = (tableIds: fc.Arbitrary<Id>): fc.Arbitrary<Edit> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('cell' as const),
        ids: fc.tuple(tableIds, anyId, anyId),
        cell: fc.option(anyCell, {nil: undefined, freq: 4}),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('row' as const),
        ids: fc.tuple(tableIds, anyId),
        row: fc.option(anyRow, {nil: undefined, freq: 2}),
      }),
    },
    {weight: 1, arbitrary: fc.record({kind: fc.constant('table' as const), id: tableIds})},
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('value' as const),
        id: anyId,
        value: fc.option(anyCell, {nil: undefined, freq: 4}),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({kind: fc.constant('everything' as const), content: anyContent(tableIds)}),
    },
    {weight: 4, arbitrary: fc.constant({kind: 'wait' as const})},
  );

export const edit = (store: Store, what: Edit): void => {
  switch (what.kind) {
    case 'cell': {
      const {ids, cell} = what;
      cell === undefined ? store.delCell(...ids) : store.setCell(...ids, cell);
      break;
    }
    case 'row':
      what.row === undefined ? store.delRow(...what.ids) : store.setRow(...what.ids, what.row);
      break;
    case 'table':
      store.delTable(what.id);
      break;
    case 'value':
      what.value === undefined ? store.delValue(what.id) : store.setValue(what.id, what.value);
      break;
    case 'everything':
      store.setContent(what.content);
      break;
    case 'wait':
      break;
  }
};
