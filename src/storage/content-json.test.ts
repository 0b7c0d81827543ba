import {describe, expect, test} from 'vitest';
import type {Changes, Content} from '../base/content.ts';
import {awkwardContent} from '../testing/awkward.ts';
import {exactText} from '../testing/exact-text.ts';
import {parseContent, spellChanges, spellContent, stringifyContent, unspellChanges} from './content-json.ts';

describe('the text of a content', () => {
  test('[JS1] is what TinyBase writes', () => {
    const content: Content = [
      {pets: {fido: {species: 'dog', tags: ['a', {b: 1}], none: null, sold: false}}},
      {open: true, list: []},
    ];
    expect(stringifyContent(content)).toBe(
      '[{"pets":{"fido":{"species":"dog","tags":"\uFFFD[\\"a\\",{\\"b\\":1}]","none":null,"sold":false}}},' +
        '{"open":true,"list":"\uFFFD[]"}]',
    );
    expect(stringifyContent([{}, {}])).toBe('[{},{}]');
    expect(stringifyContent([{a: {b: {c: -0}}}, {}])).toBe('[{"a":{"b":{"c":-0}}},{}]');
  });

  test('[PR6] comes back equal', () => {
    const content = awkwardContent();
    expect(exactText(parseContent(stringifyContent(content)))).toBe(exactText(content));
  });

  test('may have its mark escaped, and no values', () => {
    expect(parseContent('[{"a":{"b":{"c":"\\ufffd[1]"}}}]')).toEqual([{a: {b: {c: [1]}}}, {}]);
    expect(parseContent('[{},{"a":"\\uFFFD{}"}]')).toEqual([{}, {a: {}}]);
  });

  test.each([
    '',
    'null',
    '{}',
    '[]',
    '[1]',
    '[{},{},1]',
    '[[],{}]',
    '[{},[]]',
    '[{"a":1},{}]',
    '[{"a":{"b":1}},{}]',
    '[{"a":{"b":[]}},{}]',
    '[{"a":{"b":{"c":1}}},{}',
    '[{"a":{"b":{"c":"\uFFFD{"}}},{}]',
  ])('%j is refused as unreadable', (text) => {
    expect(() => parseContent(text)).toThrow(SyntaxError);
  });
});

test('content without objects is spelt without being copied', () => {
  const tables = {pets: {fido: {species: 'dog'}}};
  expect(spellContent([tables, {}])[0]).toBe(tables);
});

test('changes are spelt and come back, deletions included', () => {
  const changes: Changes = [
    {pets: {fido: {tags: ['a'], age: undefined}, felix: undefined}, shops: undefined},
    {list: {a: 1}, gone: undefined},
    1,
  ];
  const spelt = spellChanges(changes);
  expect(spelt).toEqual([
    {pets: {fido: {tags: '\uFFFD["a"]', age: undefined}, felix: undefined}, shops: undefined},
    {list: '\uFFFD{"a":1}', gone: undefined},
    1,
  ]);
  expect(unspellChanges(spelt)).toEqual(changes);
  expect(Object.keys(spelt[0].pets?.fido ?? {})).toEqual(['tags', 'age']);
});
