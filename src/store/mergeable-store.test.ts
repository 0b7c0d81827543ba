import fc from 'fast-check';
import {createMergeableStore as createTinyBase} from 'tinybase';
import {describe, expect, test} from 'vitest';
import {createMergeableStore} from './create-mergeable-store.ts';
import type {MergeableStore} from './mergeable-store.ts';

const TABLES = ['t1', 't2', '__proto__'];
const ROWS = ['r1', 'r2', 'r3'];
const CELLS = ['c1', 'c2'];
const cell = fc.oneof(
  fc.integer({min: 0, max: 3}),
  fc.boolean(),
  fc.constant(null),
  fc.string({maxLength: 3}),
);
const object = fc.oneof(cell, fc.constant({x: [1, null]}), fc.constant(['a']));
const id = (ids: readonly string[]) => fc.constantFrom(...ids);
const row = fc.dictionary(id(CELLS), cell, {minKeys: 1, maxKeys: 2});

const op: fc.Arbitrary<readonly [string, ...unknown[]]> = fc.oneof(
  {weight: 6, arbitrary: fc.tuple(fc.constant('setCell'), id(TABLES), id(ROWS), id(CELLS), cell)},
  fc.tuple(fc.constant('setRow'), id(TABLES), id(ROWS), row),
  fc.tuple(fc.constant('setPartialRow'), id(TABLES), id(ROWS), row),
  {weight: 2, arbitrary: fc.tuple(fc.constant('delCell'), id(TABLES), id(ROWS), id(CELLS))},
  fc.tuple(fc.constant('delRow'), id(TABLES), id(ROWS)),
  fc.tuple(fc.constant('delTable'), id(TABLES)),
  {weight: 2, arbitrary: fc.tuple(fc.constant('setValue'), id(CELLS), cell)},
  fc.tuple(fc.constant('delValue'), id(CELLS)),
);
const objectOp = fc.tuple(fc.constant('setCell'), id(TABLES), id(ROWS), id(CELLS), object);
const run = (store: MergeableStore, [name, ...args]: readonly [string, ...unknown[]]): void => {
  (store as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
};

// Deleted things are undefined here, and null once TinyBase's content went through JSON.
const plain = (thing: unknown): unknown => JSON.parse(JSON.stringify(thing));
const sorted = (thing: unknown): unknown =>
  Array.isArray(thing)
    ? thing.map(sorted)
    : typeof thing === 'object' && thing !== null
      ? Object.keys(thing)
          .sort()
          .map((key) => [key, sorted((thing as Record<string, unknown>)[key])])
      : thing;
const exact = (thing: unknown) => JSON.stringify(sorted(plain(thing)));

const createdFrom = createMergeableStore('s', () => 1_700_000_000_000).setCell('t', 'r', 'c', 1);

describe('a mergeable store', () => {
  test('[MS1] stamps and hashes as TinyBase does, call by call', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(op, objectOp), fc.nat(3), fc.boolean()), {maxLength: 30}),
        (calls) => {
          let now = 1_700_000_000_000;
          const ours = createMergeableStore('s1', () => now);
          const theirs = createTinyBase('s1', () => now);
          const changes: string[][] = [[], []];
          [ours, theirs].forEach((store, index) => {
            store.addDidFinishTransactionListener(() => {
              changes[index]?.push(
                exact(store.getTransactionMergeableChanges()),
                exact(store.getTransactionMergeableChanges(true)),
              );
            });
          });
          let isOpen = false;
          for (const [call, ms, toggles] of calls) {
            now += ms;
            for (const store of [ours, theirs as unknown as MergeableStore]) {
              if (toggles) isOpen ? store.finishTransaction() : store.startTransaction();
              run(store, call);
            }
            if (toggles) isOpen = !isOpen;
            expect(exact(ours.getMergeableContent())).toBe(exact(theirs.getMergeableContent()));
          }
          for (const store of [ours, theirs]) isOpen && store.finishTransaction();
          expect(changes[0]).toEqual(changes[1]);
          expect(exact(ours.getMergeableContentHashes())).toBe(exact(theirs.getMergeableContentHashes()));
        },
      ),
      {numRuns: 300},
    );
  });

  const ops = fc.array(fc.tuple(op, fc.nat(3), fc.nat(2)), {maxLength: 25});
  // Three replicas that each did some of the calls, and hear of one another on the way.
  const play = (
    create: (index: number, getNow: () => number) => MergeableStore,
    calls: readonly (readonly [readonly [string, ...unknown[]], number, number])[],
  ): MergeableStore[] => {
    let now = 1_700_000_000_000;
    const stores = [0, 1, 2].map((index) => create(index, () => now + index));
    for (const [call, ms, index] of calls) {
      now += ms;
      run(stores[index] as MergeableStore, call);
      if (ms === 3)
        stores[(index + 1) % 3]?.applyMergeableChanges(
          (stores[index] as MergeableStore).getMergeableContent(),
        );
    }
    return stores;
  };

  test('[MS2] merging is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(ops, (calls) => {
        const [a, b, c] = play((index, getNow) => createMergeableStore(`s${index}`, getNow), calls) as [
          MergeableStore,
          MergeableStore,
          MergeableStore,
        ];
        const contents = [a, b, c].map((store) => store.getMergeableContent());
        const merged = [
          [0, 1, 2],
          [2, 1, 0],
          [1, 0, 2, 1, 1, 0],
        ].map((order) => {
          const store = createMergeableStore('other', () => 1_700_000_100_000);
          for (const index of order) store.applyMergeableChanges(contents[index] as never);
          return store;
        });
        // Two together first, and the third then.
        merged.push(a.merge(b).merge(c));
        for (const store of merged) {
          expect(exact(store.getMergeableContent())).toBe(exact(merged[0]?.getMergeableContent()));
          expect(exact(store.getContent())).toBe(exact(merged[0]?.getContent()));
          // What hashes say is what is there.
          const fresh = createMergeableStore('fresh', () => 1_700_000_100_000);
          fresh.setMergeableContent(store.getMergeableContent());
          expect(fresh.getMergeableContentHashes()).toEqual(store.getMergeableContentHashes());
        }
      }),
      {numRuns: Number(process.env.HOLDFAST_RUNS ?? 1_000)},
    );
  });

  test('[MS3] replicas of both kinds converge, by content and by differences', () => {
    fc.assert(
      fc.property(ops, (calls) => {
        const create = (index: number, getNow: () => number) =>
          index === 1
            ? (createTinyBase(`s${index}`, getNow) as unknown as MergeableStore)
            : createMergeableStore(`s${index}`, getNow);
        const [a, b, c] = play(create, calls) as [MergeableStore, MergeableStore, MergeableStore];
        // As synchronizers do: where hashes differ, what is new and what differs, down to the cells.
        const pull = (to: MergeableStore, from: MergeableStore) => {
          const [newTables, differingTables] = from.getMergeableTableDiff(to.getMergeableTableHashes());
          const [newRows, differingRows] = from.getMergeableRowDiff(
            to.getMergeableRowHashes(differingTables),
          );
          const cells = from.getMergeableCellDiff(to.getMergeableCellHashes(differingRows));
          const values = from.getMergeableValueDiff(to.getMergeableValueHashes());
          for (const tables of [newTables, newRows, cells]) to.applyMergeableChanges([tables, values, 1]);
        };
        pull(a, b);
        pull(b, a);
        expect(exact(a.getMergeableContent())).toBe(exact(b.getMergeableContent()));
        pull(c, b);
        pull(a, c);
        pull(b, c);
        for (const store of [a, b]) {
          expect(exact(store.getMergeableContent())).toBe(exact(c.getMergeableContent()));
          expect(exact(store.getContent())).toBe(exact(c.getContent()));
        }
      }),
      {numRuns: 500},
    );
  });

  test('[MS3] differences between two are what TinyBase says they are', () => {
    fc.assert(
      fc.property(ops, (calls) => {
        const [ours, theirs] = [createMergeableStore, createTinyBase].map(
          (create) =>
            play((index, getNow) => create(`s${index}`, getNow) as unknown as MergeableStore, calls) as [
              MergeableStore,
              MergeableStore,
              MergeableStore,
            ],
        ) as unknown as [MergeableStore[], MergeableStore[]];
        const differences = ([a, b]: MergeableStore[]) => {
          const [one, other] = [a as MergeableStore, b as MergeableStore];
          const [newTables, tableHashes] = one.getMergeableTableDiff(other.getMergeableTableHashes());
          const rowHashes = other.getMergeableRowHashes(tableHashes);
          const [newRows, differing] = one.getMergeableRowDiff(rowHashes);
          const cellHashes = other.getMergeableCellHashes(differing);
          return [
            ...[newTables, tableHashes, rowHashes, newRows, differing, cellHashes],
            one.getMergeableCellDiff(cellHashes),
            one.getMergeableValueHashes(),
            one.getMergeableValueDiff(other.getMergeableValueHashes()),
          ].map(exact);
        };
        expect(differences(ours)).toEqual(differences(theirs));
      }),
      {numRuns: 500},
    );
  });

  test('[MS4] what a schema refuses is passed on, and what it has by default is not taken for it', () => {
    const sender = createMergeableStore('sender', () => 1_000);
    sender.setRow('pets', 'fido', {name: 'Fido', age: 'three', colour: 'brown'});
    const strict = createMergeableStore('strict', () => 2_000);
    strict.setTablesSchema({pets: {name: {type: 'string'}, age: {type: 'number', default: 1}}});
    strict.merge(sender);
    expect(strict.getTables()).toEqual({pets: {fido: {name: 'Fido', age: 1}}});
    expect(strict.getMergeableContentHashes()).toEqual(sender.getMergeableContentHashes());
    const third = createMergeableStore('third', () => 3_000).merge(strict);
    expect(third.getTables()).toEqual(sender.getTables());
    strict.setCell('pets', 'fido', 'age', 4);
    expect(third.merge(strict).getRow('pets', 'fido')).toEqual({name: 'Fido', age: 4, colour: 'brown'});
  });

  test('[MS5] what is malformed, or of a clock far ahead, is left out; what is rolled back leaves no stamp', () => {
    const store = createMergeableStore('s', () => 1_700_000_000_000);
    store.setCell('t', 'r', 'c', 1);
    const before = exact(store.getMergeableContent());
    const late = 'zzzzzzz----00000';
    for (const changes of [
      [[{t: [{r: [{c: [2, late]}]}]}], [{v: [1, late]}], 1],
      [[{t: [{r: [{c: [2, 'short']}]}]}], [{}], 1],
      [[{t: [{r: [{c: [{}, 5]}]}]}], [{}], 1],
      [[{t: [{r: {c: 2}}]}], [{}], 1],
      [[{t: 5}], 7, 1],
      [null, [{v: ['\ufffdno JSON', 'Nn1JUF-----7JQY8']}]],
      [],
      'text',
      null,
      undefined,
    ]) {
      store.applyMergeableChanges(changes as never);
      store.setMergeableContent(changes as never);
      if (exact(store.getMergeableContent()) !== before) {
        // Content, though of nothing that may be followed, replaces what there was.
        expect(store.getContent()).toEqual([{}, {}]);
        store.setMergeableContent((createdFrom as MergeableStore).getMergeableContent());
      }
      expect(exact(store.getMergeableContent())).toBe(before);
    }
    store.transaction(
      () => store.setCell('t', 'r', 'c', 5).setRow('t2', 'r', {c: 1}).setValue('v', 1).delRow('t', 'r'),
      () => true,
    );
    expect(exact(store.getMergeableContent())).toBe(before);
    expect(() =>
      store.transaction(() => {
        store.applyMergeableChanges([[{t: [{r: [{d: [2, 'Nn1JUF-----7JQY8']}]}]}], [{}], 1]);
        throw new RangeError();
      }),
    ).toThrow(RangeError);
    expect(exact(store.getMergeableContent())).toBe(before);
    expect(store.getContent()).toEqual([{t: {r: {c: 1}}}, {}]);
  });

  test('[MS6] default content gives way to whatever anybody sets, and leaves what was set', () => {
    const [one, other] = [createMergeableStore('one'), createMergeableStore('other')];
    one.setCell('t', 'r', 'set', 1).setDefaultContent(() => [{t: {r: {set: 2, byDefault: 2}}}, {v: 2}]);
    expect(one.getContent()).toEqual([{t: {r: {set: 1, byDefault: 2}}}, {v: 2}]);
    other.setValue('v', 3);
    expect(one.merge(other).getContent()).toEqual([{t: {r: {set: 1, byDefault: 2}}}, {v: 3}]);
    // Two defaults that differ: both stores come to hold the same one.
    const [left, right] = [1, 2].map((value) => createMergeableStore().setDefaultContent([{}, {v: value}]));
    expect(left?.merge(right as MergeableStore).getValues()).toEqual({v: 2});
    expect(right?.getValues()).toEqual({v: 2});
  });
});
