import {describe, expect, test} from 'vitest';
import {exactText} from '../testing/exact-text.ts';
import {
  applyChanges,
  areCellsEqual,
  copyChanges,
  countChanges,
  diffContent,
  diffRow,
  isEmptyChanges,
  isReplacement,
  markReplacement,
  mergeChanges,
  missingContent,
  noChanges,
  subtractChanges,
} from './changes.ts';
import type {Changes, Content, RowChanges} from './content.ts';

const PETS: Content = [{pets: {fido: {species: 'dog', age: 3}, felix: {species: 'cat'}}}, {open: true}];

const own = (key: string, thing: unknown): object =>
  Object.defineProperty({}, key, {value: thing, enumerable: true});

describe('applyChanges', () => {
  test('sets and deletes cells, rows, tables and values, and leaves its arguments alone', () => {
    const before = structuredClone(PETS);
    const changes: Changes = [
      {pets: {fido: {age: undefined, sold: true}, felix: undefined}, shops: {north: {city: 'Oslo'}}},
      {open: undefined, size: 1},
      1,
    ];
    expect(applyChanges(PETS, changes)).toEqual([
      {pets: {fido: {species: 'dog', sold: true}}, shops: {north: {city: 'Oslo'}}},
      {size: 1},
    ]);
    expect(PETS).toEqual(before);
    expect(applyChanges(PETS, [{pets: undefined}, {}, 1])).toEqual([{}, {open: true}]);
  });

  test('a row without cells, and a table without rows, are gone', () => {
    expect(applyChanges(PETS, [{pets: {felix: {species: undefined}}}, {}, 1])[0].pets).toEqual({
      fido: {species: 'dog', age: 3},
    });
    expect(applyChanges(PETS, [{pets: {fido: undefined, felix: undefined}}, {}, 1])[0]).toEqual({});
    expect(applyChanges([{}, {}], [{pets: {fido: undefined}}, {}, 1])).toEqual([{}, {}]);
  });

  test('a replaced row keeps nothing of the old one', () => {
    const fido = markReplacement({sold: true});
    expect(applyChanges(PETS, [{pets: {fido}}, {}, 1])[0].pets?.fido).toEqual({sold: true});
  });

  test('`__proto__` is an id like any other', () => {
    const changes = [
      own('__proto__', own('__proto__', own('__proto__', 1))),
      own('__proto__', 2),
      1,
    ] as unknown as Changes;
    const [tables, values] = applyChanges([{}, {}], changes);
    expect(exactText([tables, values])).toBe('[{"__proto__":{"__proto__":{"__proto__":1}}},{"__proto__":2}]');
  });
});

describe('mergeChanges', () => {
  const cases: readonly (readonly [string, Changes, Changes])[] = [
    ['other cells', [{pets: {fido: {age: 4}}}, {}, 1], [{pets: {fido: {sold: true}}}, {}, 1]],
    ['the same cell', [{pets: {fido: {age: 4}}}, {open: 1}, 1], [{pets: {fido: {age: 5}}}, {open: 2}, 1]],
    ['a deletion', [{pets: {fido: {age: 4}}}, {}, 1], [{pets: {fido: undefined}}, {open: undefined}, 1]],
    ['a row set anew', [{pets: {fido: undefined}}, {}, 1], [{pets: {fido: {sold: true}}}, {}, 1]],
    ['a table deleted', [{pets: {fido: {age: 4}}}, {}, 1], [{pets: undefined}, {}, 1]],
    ['a table filled again', [{pets: undefined}, {}, 1], [{pets: {rex: {age: 1}}}, {}, 1]],
    ['other tables', [{pets: {fido: {age: 4}}}, {}, 1], [{shops: {north: {city: 'Oslo'}}}, {}, 1]],
    ['nothing', [{pets: {fido: {age: 4}}}, {}, 1], noChanges()],
  ];

  test.each(cases)('with %s leads where one after the other does', (title, earlier, later) => {
    const one = applyChanges(applyChanges(PETS, earlier), later);
    const merged = applyChanges(PETS, mergeChanges(copyChanges(earlier), copyChanges(later)));
    // A table that was deleted as a whole keeps no trace of the rows that went: callers name them.
    expect(merged).toEqual(title === 'a table filled again' ? applyChanges(PETS, later) : one);
  });

  test('a row set anew stays a replacement, whatever is merged before and after', () => {
    const changes = mergeChanges([{pets: {fido: undefined}}, {}, 1], [{pets: {fido: {sold: true}}}, {}, 1]);
    expect(isReplacement(changes[0].pets?.fido as RowChanges)).toBe(true);
    mergeChanges(changes, [{pets: {fido: {age: 1}}}, {}, 1]);
    expect(isReplacement(changes[0].pets?.fido as RowChanges)).toBe(true);
    expect(applyChanges(PETS, changes)[0].pets?.fido).toEqual({sold: true, age: 1});
    const before = mergeChanges([{pets: {fido: {age: 9, colour: 'red'}}}, {}, 1], copyChanges(changes));
    expect(applyChanges(PETS, before)[0].pets?.fido).toEqual({sold: true, age: 1});
  });

  test('a copy can be merged into without touching what it was made of', () => {
    const changes: Changes = [{pets: {fido: markReplacement({age: 1})}}, {open: 1}, 1];
    const copy = copyChanges(changes);
    mergeChanges(copy, [{pets: {fido: {age: 2}, rex: {age: 3}}}, {open: 2}, 1]);
    expect(changes).toEqual([{pets: {fido: markReplacement({age: 1})}}, {open: 1}, 1]);
    expect(isReplacement(copy[0].pets?.fido as RowChanges)).toBe(true);
  });
});

describe('subtractChanges', () => {
  test('takes out the cells and values that are settled, and rows that are settled as a whole', () => {
    const changes: Changes = [
      {
        pets: {fido: {age: 4, sold: true}, felix: undefined, rex: {age: 1}, polly: {age: 2}},
        shops: {north: {city: 'Oslo'}},
        owners: {ann: {name: 'Ann'}},
      },
      {open: true, size: 1},
      1,
    ];
    const settled: Changes = [
      {
        pets: {fido: {age: 5}, felix: {species: 'cat'}, rex: undefined, polly: markReplacement({other: 1})},
        shops: undefined,
      },
      {open: undefined},
      1,
    ];
    expect(subtractChanges(changes, settled)).toEqual([
      {pets: {fido: {sold: true}}, owners: {ann: {name: 'Ann'}}},
      {size: 1},
      1,
    ]);
  });

  test('leaves nothing of what is settled entirely', () => {
    const changes: Changes = [{pets: {fido: {age: 4}}}, {open: true}, 1];
    expect(isEmptyChanges(subtractChanges(copyChanges(changes), changes))).toBe(true);
    expect(subtractChanges(copyChanges(changes), noChanges())).toEqual(changes);
  });
});

describe('differences', () => {
  test('diffContent names every row that went, and leads from one to the other', () => {
    const to: Content = [
      {pets: {fido: {species: 'dog', sold: true}}, shops: {north: {city: 'Oslo'}}},
      {size: -0},
    ];
    const changes = diffContent(PETS, to);
    expect(changes).toEqual([
      {pets: {fido: {sold: true, age: undefined}, felix: undefined}, shops: {north: {city: 'Oslo'}}},
      {open: undefined, size: -0},
      1,
    ]);
    expect(applyChanges(PETS, changes)).toEqual(to);
    expect(isEmptyChanges(diffContent(PETS, structuredClone(PETS)))).toBe(true);
    expect(countChanges(changes)).toBe(5);
  });

  test('diffRow tells -0 from 0, and compares objects by content', () => {
    expect(diffRow({a: 0, b: {c: 1}, d: [1]}, {a: -0, b: {c: 1}, d: [2]})).toEqual({a: -0, d: [2]});
    expect(diffRow(undefined, {a: 1})).toEqual({a: 1});
  });

  test('areCellsEqual', () => {
    for (const cell of ['', 0, -0, true, null, {a: [1]}, [], undefined]) {
      expect(areCellsEqual(cell, structuredClone(cell))).toBe(true);
    }
    const differing: readonly (readonly [unknown, unknown])[] = [
      [0, -0],
      [1, '1'],
      [true, 1],
      [null, undefined],
      [null, {}],
      [{}, []],
      [{a: 1}, {a: 2}],
      [{a: 0}, {a: -0}],
      [[0], [-0]],
    ];
    for (const [one, other] of differing) {
      expect(areCellsEqual(one, other), `${exactText(one)} and ${exactText(other)}`).toBe(false);
    }
  });

  test('missingContent is what the other has alone', () => {
    const there: Content = [
      {pets: {fido: {species: 'fox', sold: true}, rex: {age: 1}}, shops: {north: {city: 'Oslo'}}},
      {open: false, size: 1},
    ];
    expect(missingContent(PETS, there)).toEqual([
      {pets: {fido: {sold: true}, rex: {age: 1}}, shops: {north: {city: 'Oslo'}}},
      {size: 1},
      1,
    ]);
    expect(isEmptyChanges(missingContent(PETS, PETS))).toBe(true);
  });
});
