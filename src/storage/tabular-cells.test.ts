import {describe, expect, test} from 'vitest';
import type {Cell} from '../base/content.ts';
import type {ColumnKind} from '../sql/dialect.ts';
import {awkwardCells} from '../testing/awkward.ts';
import {exactText} from '../testing/exact-text.ts';
import {
  foreignCodec,
  kindOfCell,
  ownCodec,
  strictCodec,
  strictForeignCodec,
  strictKindOf,
} from './tabular-cells.ts';

const KINDS: readonly ColumnKind[] = ['text', 'number', 'boolean', 'json', 'any'];

test('kindOfCell', () => {
  const kinds = ['a', 1, true, {}, [], null].map(kindOfCell);
  expect(kinds).toEqual(['text', 'number', 'boolean', 'json', 'json', undefined]);
});

describe('columns that Holdfast made', () => {
  test.each(KINDS)('[PR6] of kind %s bring back every cell', (kind) => {
    const {encode, decode} = ownCodec(kind);
    for (const cell of awkwardCells) {
      expect(exactText(decode(encode(cell)))).toBe(exactText(cell));
    }
    expect([encode(undefined), decode(null)]).toEqual([null, undefined]);
  });

  test('[TB1] hold cells of their kind natively, and others spelt', () => {
    expect(ownCodec('text').encode('dog')).toBe('dog');
    expect(ownCodec('text').encode(1)).toBe('\uFFFD1');
    expect(ownCodec('number').encode(1.5)).toBe(1.5);
    expect(ownCodec('number').encode('1.5')).toBe('\uFFFD"1.5"');
    expect(ownCodec('number').encode(-0)).toBe('\uFFFD-0');
    expect(ownCodec('boolean').encode(true)).toBe(1);
    expect(ownCodec('boolean').encode(1)).toBe('\uFFFD1');
    expect(ownCodec('json').encode({a: [1]})).toBe('{"a":[1]}');
    expect(ownCodec('json').encode('{"a":[1]}')).toBe('\uFFFD"{\\"a\\":[1]}"');
    expect(ownCodec('any').encode(1)).toBe(1);
    expect(ownCodec('any').encode(true)).toBe('\uFFFDtrue');
    expect(ownCodec('any').encode(null)).toBe('\uFFFDnull');
  });

  test('a damaged spelling throws', () => {
    expect(() => ownCodec('text').decode('\uFFFD{')).toThrow(SyntaxError);
    expect(() => ownCodec('json').decode('{')).toThrow(SyntaxError);
  });
});

describe('columns of others', () => {
  test('[TB2] SQL NULL is a null cell, and what they hold stands as it is', () => {
    for (const kind of KINDS) {
      const {encode, decode} = foreignCodec(kind);
      expect([encode(null), encode(undefined), decode(null)]).toEqual([null, null, null]);
    }
    const natively: readonly (readonly [ColumnKind, Cell, unknown])[] = [
      ['text', 'dog', 'dog'],
      ['number', 1.5, 1.5],
      ['number', 'many', 'many'],
      ['boolean', true, 1],
      ['json', '{"a":1}', '{"a":1}'],
      ['any', 1, 1],
      ['any', 'text', 'text'],
    ];
    for (const [kind, cell, stored] of natively) {
      expect([foreignCodec(kind).encode(cell), foreignCodec(kind).decode(stored)]).toEqual([stored, cell]);
    }
  });

  test('[TB2] whole numbers beyond doubles are the nearest ones, and bytes are no cells', () => {
    expect(foreignCodec('number').decode(9223372036854775807n)).toBe(2 ** 63);
    expect(foreignCodec('any').decode(new Uint8Array([1]))).toBeUndefined();
    expect(foreignCodec('boolean').decode(1)).toBe(true);
    expect(foreignCodec('boolean').decode(2)).toBe(2);
    expect(foreignCodec('boolean').decode(false)).toBe(false);
  });

  test.each(KINDS)('[PR6] of kind %s bring back every cell', (kind) => {
    const {encode, decode} = foreignCodec(kind);
    for (const cell of awkwardCells) {
      expect(exactText(decode(encode(cell)))).toBe(exactText(cell));
    }
  });
});

test('strict columns hold their own kind alone, and spell the rest only where they are of text', () => {
  const held = (kind: 'text' | 'number' | 'boolean' | 'json', cell: Cell) => strictCodec(kind).holds(cell);
  expect(['text', 'a\0', 1, null, {}].map((cell) => held('text', cell))).toEqual(Array(5).fill(true));
  expect([1, -0, '1', null].map((cell) => held('number', cell))).toEqual([true, false, false, false]);
  expect([true, 1, null].map((cell) => held('boolean', cell))).toEqual([true, false, false]);
  expect([{a: 1}, [-0], ['\0'], ['\uD83D'], 'text', null].map((cell) => held('json', cell))).toEqual([
    true,
    ...Array(5).fill(false),
  ]);
  expect([true, 1.5, [1], 'x', null].map(strictKindOf)).toEqual(['boolean', 'number', 'json', 'text', 'any']);
  expect([strictKindOf(-0), strictKindOf([-0]), strictKindOf('a\0')]).toEqual(['any', 'any', 'any']);
  expect(strictCodec('boolean').encode(true)).toBe('true');
  for (const cell of ['text', 'a\0', 1.5, -0, true, null, {a: [-0]}]) {
    const {encode, decode} = strictCodec('text');
    expect(exactText(decode(encode(cell)))).toBe(exactText(cell));
  }
});

test('strict columns of others are given what they hold, JSON as JSON, and a null for a null', () => {
  const {encode, decode} = strictForeignCodec('json');
  expect([encode({a: 1}), encode('x'), encode(null), decode('[1]'), decode(null)]).toEqual([
    '{"a":1}',
    '"x"',
    null,
    [1],
    null,
  ]);
  expect([strictForeignCodec('number').encode('old'), strictForeignCodec('text').encode(1)]).toEqual([
    'old',
    '\uFFFD1',
  ]);
});
