// Merging against a plain model: a map of the latest that was ever written. Random replicas with random histories, clocks that stand
// still and go back, ids that two of them have, and ids and cells that are easily lost. HOLDFAST_RUNS says how many.

import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Cell, Content, Id} from '../../src/base/content.ts';
import {mergeContents} from '../../src/merge/merge-content.ts';
import type {MergeableContent} from '../../src/merge/mergeable.ts';
import {createMergeableStore} from '../../src/store/create-mergeable-store.ts';
import {createStore} from '../../src/store/create-store.ts';
import type {MergeableStore} from '../../src/store/mergeable-store.ts';
import {takeSeed} from '../places/random.ts';
import {forEachWritten, isLater, type Model} from '../simulation/model.ts';

const seed = takeSeed('merging');
const RUNS = Number(process.env.HOLDFAST_RUNS ?? 10_000);
const check = <Inputs extends [unknown, ...unknown[]]>(property: fc.IPropertyWithHooks<Inputs>): void =>
  fc.assert(property, {seed, numRuns: RUNS});

const NOW = 1_700_000_000_000;
const IDS: readonly Id[] = ['a', 'b', '__proto__', '0', '', 'toString', '\uD83D'];
const CELLS: readonly Cell[] = [0, 1, -0.5, '', 'x', '\uFFEE', true, false, null, {x: [1, null]}, ['a'], {}];
const id = fc.constantFrom(...IDS.slice(0, 3), ...IDS);
const cell = fc.constantFrom(...CELLS);
const row = fc.dictionary(id, cell, {minKeys: 1, maxKeys: 3});
const table = fc.dictionary(id, row, {minKeys: 1, maxKeys: 2});

/** The name of a method of a store, and what it is called with. */
type Call = readonly [method: string, ...rest: unknown[]];

const call: fc.Arbitrary<Call> = fc.oneof(
  {weight: 8, arbitrary: fc.tuple(fc.constant('setCell'), id, id, id, cell)},
  {weight: 4, arbitrary: fc.tuple(fc.constant('delCell'), id, id, id)},
  {weight: 3, arbitrary: fc.tuple(fc.constant('setRow'), id, id, row)},
  {weight: 2, arbitrary: fc.tuple(fc.constant('setPartialRow'), id, id, row)},
  {weight: 2, arbitrary: fc.tuple(fc.constant('delRow'), id, id)},
  {weight: 2, arbitrary: fc.tuple(fc.constant('setTable'), id, table)},
  {weight: 2, arbitrary: fc.tuple(fc.constant('delTable'), id)},
  {weight: 3, arbitrary: fc.tuple(fc.constant('setValue'), id, cell)},
  {weight: 2, arbitrary: fc.tuple(fc.constant('delValue'), id)},
  {weight: 1, arbitrary: fc.tuple(fc.constant('setPartialValues'), row)},
  {weight: 1, arbitrary: fc.tuple(fc.constant('setValues'), row)},
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant('setTables'), fc.dictionary(id, table, {minKeys: 1, maxKeys: 2})),
  },
  {weight: 1, arbitrary: fc.constantFrom<Call>(['delTables'], ['delValues'])},
);

type Step =
  | {
      readonly kind: 'calls';
      readonly who: number;
      readonly calls: readonly Call[];
      readonly isTakenBack: boolean;
    }
  | {readonly kind: 'default'; readonly who: number; readonly row: {readonly [id: Id]: Cell}}
  | {readonly kind: 'clock'; readonly who: number; readonly byMs: number}
  | {
      readonly kind: 'send';
      readonly who: number;
      readonly to: number;
      readonly how: 'content' | 'changes' | 'differences';
    };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('calls' as const),
      who,
      calls: fc.array(call, {minLength: 1, maxLength: 3}),
      isTakenBack: fc.integer({min: 0, max: 9}).map((lot) => lot === 0),
    }),
  },
  {weight: 1, arbitrary: fc.record({kind: fc.constant('default' as const), who, row})},
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      who,
      byMs: fc.constantFrom(-5_000, -1, 1, 2, 60_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      who,
      to: who,
      how: fc.constantFrom('content' as const, 'changes' as const, 'differences' as const),
    }),
  },
);
const steps = fc.array(step, {maxLength: 8});
const ids = fc.constantFrom(['s0', 's1', 's2'], ['s0', 's1', 's2'], ['s0', 's0', 's2']);

const run = (store: object, [method, ...rest]: Call): unknown =>
  (store as {[method: string]: (...rest: unknown[]) => unknown})[method]?.(...rest);

/** All that a store shows of itself to others, and to its user, as text. */
const textOf = (thing: unknown): string =>
  JSON.stringify(thing, (_key, part: unknown) =>
    part === undefined
      ? '\uFFFC'
      : typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1))
        : part,
  );

const modelOf = (content: MergeableContent): Model => {
  const model: Model = new Map();
  forEachWritten(content, (path, written) => model.set(path, written));
  return model;
};

/** What a model shows: whatever is not deleted. */
const shownBy = (model: Model): string => {
  const things = [...model].flatMap(([path, {text}]) => (text === '' ? [] : [`${path} ${text}`]));
  return things.sort().join('\n');
};
const shownIn = ([tables, values]: Content): string => {
  const things = Object.entries(values).map(([valueId, value]) => [[valueId], value] as const);
  for (const [tableId, rows] of Object.entries(tables)) {
    for (const [rowId, cells] of Object.entries(rows)) {
      for (const [cellId, one] of Object.entries(cells)) {
        things.push([[tableId, rowId, cellId] as unknown as [string], one]);
      }
    }
  }
  return things
    .map(([path, thing]) => `${JSON.stringify(path)} ${JSON.stringify(thing)}`)
    .sort()
    .join('\n');
};

/** What one has that another lacks, found as synchronizers find it: by hashes, level by level. */
const sendDifferences = (from: MergeableStore, to: MergeableStore): void => {
  const [newTables, tableHashes] = from.getMergeableTableDiff(to.getMergeableTableHashes());
  const [newRows, rowHashes] = from.getMergeableRowDiff(to.getMergeableRowHashes(tableHashes));
  const cells = from.getMergeableCellDiff(to.getMergeableCellHashes(rowHashes));
  const values = from.getMergeableValueDiff(to.getMergeableValueHashes());
  to.transaction(() => {
    for (const tables of [newTables, newRows, cells]) {
      to.applyMergeableChanges([tables, values, 1]);
    }
  });
};

/** Three replicas that live through the steps, each beside its model; what is not as the model says is found at once. */
const live = (storeIds: readonly Id[], history: readonly Step[]) => {
  const nows = [NOW, NOW + 1, NOW - 30_000];
  const stores = storeIds.map((storeId, index) => createMergeableStore(storeId, () => nows[index] as number));
  const models: Model[] = stores.map(() => new Map());
  const news: (readonly [MergeableContent | undefined, ...unknown[]])[] = stores.map(() => [undefined]);
  stores.forEach((store, index) => {
    store.addDidFinishTransactionListener(() => {
      news[index] = [store.getTransactionMergeableChanges() as never];
    });
  });

  // What was written is later than all that was known, and what was not written is as it was.
  const learn = (index: number): void => {
    const store = stores[index] as MergeableStore;
    const [before, after] = [models[index] as Model, modelOf(store.getMergeableContent())];
    for (const [path, written] of after) {
      const known = before.get(path);
      if (known === undefined || written.hlc !== known.hlc || written.text !== known.text) {
        for (const {hlc} of before.values()) {
          expect(written.hlc === '' || written.hlc > hlc).toBe(true);
        }
      }
    }
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
    models[index] = after;
  };

  for (const each of history) {
    const store = stores[each.who] as MergeableStore;
    if (each.kind === 'clock') {
      nows[each.who] = (nows[each.who] as number) + each.byMs;
    } else if (each.kind === 'calls') {
      const plain = createStore().setContent(store.getContent());
      const before = textOf(store.getMergeableContent());
      const all = () => each.calls.forEach((one) => void run(store, one));
      store.transaction(all, () => each.isTakenBack);
      if (each.isTakenBack) {
        expect(textOf(store.getMergeableContent())).toBe(before);
      } else {
        plain.transaction(() => each.calls.forEach((one) => void run(plain, one)));
        expect(shownIn(store.getContent())).toBe(shownIn(plain.getContent()));
        learn(each.who);
      }
    } else if (each.kind === 'default') {
      store.setDefaultContent([{a: {a: each.row}}, each.row]);
      learn(each.who);
    } else {
      const to = stores[each.to] as MergeableStore;
      const [changes] = news[each.who] as [MergeableContent | undefined];
      if (each.how === 'differences') {
        sendDifferences(store, to);
      } else {
        to.applyMergeableChanges(
          each.how === 'content' ? store.getMergeableContent() : (changes ?? [[{}], [{}], 1]),
        );
      }
      const model = models[each.to] as Model;
      const sent = each.how === 'changes' ? changes : store.getMergeableContent();
      sent &&
        forEachWritten(sent, (path, written) => {
          isLater(written, model.get(path)) && model.set(path, written);
        });
      expect(new Map([...modelOf(to.getMergeableContent())].sort())).toEqual(new Map([...model].sort()));
    }
    expect(shownIn(store.getContent())).toBe(shownBy(models[each.who] as Model));
  }
  return {stores: stores as [MergeableStore, MergeableStore, MergeableStore], models};
};

const receive = (contents: readonly MergeableContent[]): MergeableStore => {
  const store = createMergeableStore('other', () => NOW + 200_000);
  for (const content of contents) {
    store.applyMergeableChanges(content);
  }
  return store;
};

describe('merging', () => {
  test('[MS2] is commutative, associative and idempotent, and gives the latest of what was ever written', () => {
    check(
      fc.property(ids, steps, (storeIds, history) => {
        const {stores, models} = live(storeIds, history);
        const [a, b, c] = stores.map((store) => store.getMergeableContent()) as [
          MergeableContent,
          MergeableContent,
          MergeableContent,
        ];
        const model: Model = new Map();
        for (const each of models) {
          for (const [path, written] of each) {
            isLater(written, model.get(path)) && model.set(path, written);
          }
        }
        const inOrder = receive([a, b, c]);
        const merged = inOrder.getMergeableContent();
        const expected = textOf(merged);
        expect(new Map([...modelOf(merged)].sort())).toEqual(new Map([...model].sort()));
        expect(shownIn(inOrder.getContent())).toBe(shownBy(model));

        // Stores, and contents without a store.
        for (const one of [
          receive([c, a, b]).getMergeableContent(),
          receive([b, c, b, a, a, merged]).getMergeableContent(),
          mergeContents(mergeContents(a, b), c),
          mergeContents(c, mergeContents(b, a)),
          mergeContents(merged, a),
          mergeContents(merged, merged),
        ]) {
          expect(textOf(one)).toBe(expected);
        }
        for (const content of [a, b, c]) {
          expect(textOf(mergeContents(content, content))).toBe(textOf(content));
        }
        // Hashes that followed each step are those that are made from scratch.
        for (const store of [...stores, inOrder]) {
          const fresh = createMergeableStore('fresh', () => NOW + 200_000);
          fresh.setMergeableContent(store.getMergeableContent());
          expect(textOf(fresh.getMergeableContent())).toBe(textOf(store.getMergeableContent()));
          expect(textOf(fresh.getContent())).toBe(textOf(store.getContent()));
        }
      }),
    );
  });

  test('[MS2] of two stores makes both equal, by whole contents and by differences', () => {
    check(
      fc.property(ids, steps, (storeIds, history) => {
        const {stores} = live(storeIds, history);
        const [a, b, c] = stores;
        const copy = createMergeableStore('copy', () => NOW + 200_000).merge(a);
        const other = createMergeableStore('other', () => NOW + 200_000).merge(b);
        copy.merge(other);
        for (let round = 0; round < 2; round++) {
          sendDifferences(a, b);
          sendDifferences(b, a);
        }
        const texts = [a, b, copy, other].map((store) =>
          textOf([store.getMergeableContent(), store.getContent()]),
        );
        expect(new Set(texts).size).toBe(1);
        expect(a.getMergeableContentHashes()).toEqual(b.getMergeableContentHashes());
        // Between equal stores there is no difference at any level.
        expect(a.getMergeableTableDiff(b.getMergeableTableHashes())).toEqual([[{}], {}]);
        expect(a.getMergeableRowHashes(b.getMergeableTableHashes())).toEqual({});
        expect(a.getMergeableValueDiff(b.getMergeableValueHashes())).toEqual([{}]);
        sendDifferences(c, a);
        expect(textOf(a.getMergeableContent())).toBe(textOf(copy.merge(c).getMergeableContent()));
      }),
    );
  });
});
