import {describe, expect, test} from 'vitest';
import {awkwardCells, awkwardIds} from '../testing/awkward.ts';
import {exactText} from '../testing/exact-text.ts';
import {
  isFragileText,
  isSpelling,
  spell,
  spellCell,
  spellId,
  stringifyJson,
  unspell,
  unspellCell,
  unspellId,
} from './cell-text.ts';

describe('stringifyJson', () => {
  test('is JSON.stringify, but for -0', () => {
    for (const cell of awkwardCells) {
      expect(exactText(JSON.parse(stringifyJson(cell)))).toBe(exactText(cell));
      if (!stringifyJson(cell).includes('-0')) {
        expect(stringifyJson(cell)).toBe(JSON.stringify(cell));
      }
    }
    expect(stringifyJson({a: [-0, {b: -0}], c: undefined, d: [undefined], e: 0})).toBe(
      '{"a":[-0,{"b":-0}],"d":[null],"e":0}',
    );
  });
});

describe('spellings', () => {
  test('say what was spelt', () => {
    for (const cell of awkwardCells) {
      expect(isSpelling(spell(cell))).toBe(true);
      expect(exactText(unspell(spell(cell)))).toBe(exactText(cell));
      expect(exactText(unspellCell(spellCell(cell)))).toBe(exactText(cell));
    }
  });

  test('of cells stand for objects and arrays alone', () => {
    expect(spellCell({a: 1})).toBe('\uFFFD{"a":1}');
    expect(spellCell([])).toBe('\uFFFD[]');
    for (const cell of ['text', '', 1, true, null]) {
      expect(spellCell(cell)).toBe(cell);
    }
  });

  test('of ids are all different, and text that UTF-8 and C strings keep', () => {
    const spelt = awkwardIds.map(spellId);
    expect(new Set(spelt).size).toBe(awkwardIds.length);
    expect(spelt.map(unspellId)).toEqual(awkwardIds);
    for (const text of spelt) {
      expect(isFragileText(text)).toBe(false);
      expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
    }
    for (const id of ['', 'plain', '__proto__', '😀', 'in \uFFFD between']) {
      expect(spellId(id)).toBe(id);
    }
  });
});

test('isFragileText', () => {
  expect(['\0', 'a\0', '\uD83D', '\uDE00', '\uDE00\uD83D'].map(isFragileText)).toEqual(Array(5).fill(true));
  expect(['', 'a', '😀', '\uFFFD', '\u0001'].map(isFragileText)).toEqual(Array(5).fill(false));
});
