// The same calls at the same times on a mergeable store of ours and one of tinybase’s, with all that may set or delete: after each, both
// say the same of themselves. Left out: what plain stores do differently on purpose (SPEC.md), and transactions that are taken back, of which
// TinyBase puts objects back as they were not (`test/properties/merging.test.ts` has them).

import fc from 'fast-check';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {expect, test} from 'vitest';
import {createMergeableStore, type MergeableContent, type MergeableStore} from '../../src/entry/index.ts';
import {takeSeed} from '../places/random.ts';

const seed = takeSeed('mergeable stores beside tinybase');
const RUNS = Number(process.env.HOLDFAST_RUNS ?? 500);

const id = fc.constantFrom('a', 'b', '__proto__', '', 'n');
const plainCell = fc.constantFrom(0, 1, -0.5, '', 'x', true, false, null);
const anyCell = fc.oneof(plainCell, fc.constantFrom({x: [1, null]}, ['a'], {}));
const named = <Rest extends unknown[]>(
  method: string,
  ...rest: {[key in keyof Rest]: fc.Arbitrary<Rest[key]>}
) => fc.tuple(fc.constant(method), ...rest) as fc.Arbitrary<readonly [method: string, ...unknown[]]>;
const json = (thing: fc.Arbitrary<unknown>) => thing.map((one) => JSON.stringify(one));

/** What is called before. */
const SETUPS: {readonly [name: string]: (store: MergeableStore) => void} = {
  'nobody listening': () => undefined,
  'listeners that write': (store) => {
    store.addCellListener(
      null,
      null,
      'a',
      (_, tableId, rowId) => void store.setCell(tableId, rowId, 'b', 'heard'),
      true,
    );
    store.addValueListener('a', () => void store.setValue('b', 'heard'), true);
  },
};

/** What is called, with such cells. */
const callsWith = (cell: fc.Arbitrary<unknown>) => {
  const row = fc.dictionary(id, cell, {minKeys: 1, maxKeys: 3});
  const table = fc.dictionary(id, row, {minKeys: 1, maxKeys: 2});
  const tables = fc.dictionary(id, table, {minKeys: 1, maxKeys: 2});
  const defaultContent = named('setDefaultContent', fc.tuple(tables, row));
  const call = fc.oneof(
    {weight: 6, arbitrary: named('setCell', id, id, id, cell)},
    {weight: 3, arbitrary: named('delCell', id, id, id, fc.boolean())},
    {weight: 2, arbitrary: named('setRow', id, id, row)},
    {weight: 2, arbitrary: named('setPartialRow', id, id, row)},
    {weight: 2, arbitrary: named('delRow', id, id)},
    named('addRow', id, row),
    named('setTable', id, table),
    named('delTable', id),
    named('setTables', tables),
    named('delTables'),
    {weight: 3, arbitrary: named('setValue', id, cell)},
    {weight: 2, arbitrary: named('delValue', id)},
    named('setValues', row),
    named('setPartialValues', row),
    named('delValues'),
    named('setContent', fc.tuple(tables, row)),
    named('setTablesJson', json(tables)),
    named('setValuesJson', json(row)),
    named('setJson', json(fc.tuple(tables, row))),
    named('applyChanges', fc.tuple(tables, row, fc.constant(1))),
  );
  return {call, defaultContent};
};

type Step = readonly ['call' | 'transaction' | 'clock' | 'receive' | 'replace', unknown];
/** What one store does by itself, with cells of any kind. */
const alone = (cell: fc.Arbitrary<unknown>, ...ticksMs: number[]) => {
  const {call} = callsWith(cell);
  return [
    {weight: 8, arbitrary: fc.tuple(fc.constant('call'), call)},
    {weight: 2, arbitrary: fc.tuple(fc.constant('transaction'), fc.array(call, {maxLength: 4}))},
    {weight: 2, arbitrary: fc.tuple(fc.constant('clock'), fc.constantFrom(...ticksMs))},
  ];
};
// What comes from elsewhere, without objects: of those that applyMergeableChanges or setDefaultContent is given TinyBase makes other hashes
// than of those that come over a wire, which `test/sync/mixed-rooms.test.ts` sends. Where something is set already, default content
// goes over what TinyBase shows of it, and not over the stamps: it comes first here. It also sets TinyBase's clock, as does what comes
// without a stamp: clocks do not go back here.
const {call: plainCall, defaultContent} = callsWith(plainCell);
const STEPS = {
  'whatever is set': fc.oneof(...alone(anyCell, 1, 5, -3, -60_000, 100_000)),
  'what comes from elsewhere': fc.oneof(
    ...alone(plainCell, 1, 5, 100_000),
    {weight: 2, arbitrary: fc.tuple(fc.constant('receive'), fc.array(plainCall, {maxLength: 4}))},
    fc.tuple(fc.constant('replace'), fc.array(plainCall, {maxLength: 2})),
  ),
} as {readonly [name: string]: fc.Arbitrary<Step>};

// Deleted things are undefined here, and may be null there; objects in changes are spelt there; the order of ids is not told.
const exact = (thing: unknown): string =>
  JSON.stringify(thing, (_key, part: unknown) => {
    const one = typeof part === 'string' && part.startsWith('\uFFFD') ? JSON.parse(part.slice(1)) : part;
    return typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.entries(one).sort(([first], [second]) => (first < second ? -1 : 1))
      : one;
  });

const run = (store: object, [method, ...rest]: readonly [string, ...unknown[]]): unknown =>
  (store as {[method: string]: (...rest: unknown[]) => unknown})[method]?.(...structuredClone(rest));

test.each(Object.keys(STEPS).flatMap((name) => Object.keys(SETUPS).map((setup) => [name, setup] as const)))(
  '[MS1] %s is stamped as TinyBase does it, with %s',
  (name, setup) => {
    const step = STEPS[name] as fc.Arbitrary<Step>;
    fc.assert(
      fc.property(
        name === 'what comes from elsewhere' ? fc.option(defaultContent) : fc.constant(null),
        fc.array(step, {maxLength: 12}),
        (byDefault, steps) => {
          let now = 1_700_000_000_000;
          let otherCount = 0;
          const ours = createMergeableStore('s', () => now);
          const theirs = createTinyStore('s', () => now) as unknown as MergeableStore;
          const stores = [ours, theirs];
          const told: string[][] = [[], []];
          stores.forEach((store, index) => {
            SETUPS[setup]?.(store);
            store.addDidFinishTransactionListener(() => {
              told[index]?.push(
                exact(store.getTransactionMergeableChanges()),
                exact(store.getTransactionMergeableChanges(true)),
              );
            });
          });
          for (const [kind, what] of byDefault ? [['call', byDefault], ...steps] : steps) {
            const calls = what as readonly (readonly [string, ...unknown[]])[];
            if (kind === 'clock') {
              now += what as number;
            } else if (kind === 'receive' || kind === 'replace') {
              // Somebody else, whose clock is ahead. Of what is received, TinyBase does not tell deletions of what was never there.
              const toldCount = told[0]?.length as number;
              const other = createTinyStore(`other ${otherCount++}`, () => now + 1_000);
              for (const one of calls) run(other, one);
              const content = structuredClone(other.getMergeableContent()) as MergeableContent;
              for (const store of stores) {
                kind === 'receive'
                  ? store.applyMergeableChanges(content)
                  : store.setMergeableContent(content);
              }
              for (const one of told) one.length = toldCount;
            } else {
              for (const store of stores) {
                if (kind === 'call') run(store, what as readonly [string, ...unknown[]]);
                else store.transaction(() => calls.forEach((one) => void run(store, one)));
              }
            }
            expect(exact(ours.getMergeableContent())).toBe(exact(theirs.getMergeableContent()));
            expect(exact(ours.getContent())).toBe(exact(theirs.getContent()));
          }
          expect(told[0]).toEqual(told[1]);
          for (const get of [
            'getMergeableContentHashes',
            'getMergeableTableHashes',
            'getMergeableValueHashes',
          ] as const) {
            expect(exact(ours[get]())).toBe(exact(theirs[get]()));
          }
          const nothing = {} as never;
          expect(exact(ours.getMergeableTableDiff(nothing))).toBe(
            exact(theirs.getMergeableTableDiff(nothing)),
          );
          expect(exact(ours.getMergeableValueDiff(nothing))).toBe(
            exact(theirs.getMergeableValueDiff(nothing)),
          );
        },
      ),
      {seed, numRuns: RUNS},
    );
  },
);
