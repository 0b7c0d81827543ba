import {expect, test} from 'vitest';
import type {Row} from '../base/content.ts';
import {spellPatch, spellRowCells, unspellRowCells} from './rows-text.ts';

const row: Row = {plain: 'text', zero: -0, nul: 'a\0b', lone: '\uD83D', number: 1.5};

test('[PR6] for strict JSON, NULs, lone surrogates and -0 are spelt', () => {
  const spelt = {
    plain: 'text',
    zero: '\uFFFD-0',
    nul: '\uFFFD"a\\u0000b"',
    lone: '\uFFFD"\\ud83d"',
    number: 1.5,
  };
  expect(JSON.parse(spellRowCells(row, true))).toEqual(spelt);
  expect(JSON.parse(spellPatch({...row, gone: undefined}, true))).toEqual({...spelt, gone: null});
  expect(unspellRowCells(spelt)).toEqual(row);
  expect(spellRowCells({zero: -0}, true)).toBe('{"zero":"\uFFFD-0"}');
});

test('[PR6] elsewhere they stand as they are', () => {
  expect(spellRowCells(row)).toBe(
    '{"plain":"text","zero":-0,"nul":"a\\u0000b","lone":"\\ud83d","number":1.5}',
  );
  expect(spellPatch({zero: -0})).toBe('{"zero":-0}');
});
