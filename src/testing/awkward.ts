// Ids and cells that storages like to lose or change, for tests that everything comes back as it went in.

import type {Cell, Content, Id, Row, Table} from '../base/content.ts';

export const awkwardIds: readonly Id[] = [
  '',
  ' ',
  '_',
  '_id',
  'a',
  'A',
  'ä',
  'Ä',
  '__proto__',
  'constructor',
  'toString',
  'rowid',
  'select',
  'quo"te',
  "apos'trophe",
  'back\\slash',
  'per%cent_',
  '$tableName',
  'semi;colon -- comment',
  'line\nbreak',
  'nul\0inside',
  '\0',
  'n'.repeat(500),
  '😀',
  '\uD83D',
  'low \uDE00 surrogate',
  '\uFFFD',
  '\uFFFD"x"',
  '\uFFFDvalues',
  '\uFFFDeverything',
  '\uFFFC',
  '0',
  '1',
  '01',
  '-1',
  '1.5',
  '1e3',
  '9007199254740993',
];

export const awkwardCells: readonly Cell[] = [
  '',
  ' ',
  '0',
  '1',
  '-0',
  '1.50',
  '1e3',
  '0x10',
  'true',
  'null',
  '{}',
  '["a"]',
  'NaN',
  'nul\0inside',
  'a lone \uD83D surrogate',
  '\uDE00',
  'x\uFFFD',
  'line\r\nbreak',
  '😀',
  "'; DROP TABLE pets; --",
  0,
  -0,
  1,
  -1,
  1.5,
  0.1 + 0.2,
  5e-324,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  1e21,
  123456789.12345679,
  true,
  false,
  null,
  {},
  [],
  {a: 1, nested: {list: [1, null, 'two', {deep: -0}]}},
  [-0],
  [null],
  {'': null, a: {b: {c: []}}},
  ['\uD83D', '\0', '\uFFFD'],
];

/** A content with every awkward id as table, row, cell and value, and every awkward cell in columns of one and of many kinds. */
export const awkwardContent = (): Content => {
  const row = (cellOf: (index: number) => Cell): Row =>
    fromEntries(awkwardIds.map((id, index) => [id, cellOf(index)]));
  const mixed: Table = fromEntries(
    awkwardCells.map((cell, index) => [`row ${index}`, fromEntries([['cell', cell]])]),
  );
  const single: Table = fromEntries([
    ['all', fromEntries(awkwardCells.map((cell, index) => [`cell ${index}`, cell]))],
  ]);
  return [
    fromEntries([
      ['rows', fromEntries(awkwardIds.map((id) => [id, fromEntries<Cell>([['cell', id.length]])]))],
      ['cells', fromEntries([['row', row((index) => index)]])],
      ['mixed', mixed],
      ['single', single],
    ]),
    row((index) => awkwardCells[index % awkwardCells.length] as Cell),
  ];
};

// Assigning `__proto__` to an ordinary object would set its prototype.
const fromEntries = <Thing>(entries: readonly (readonly [Id, Thing])[]): {[id: Id]: Thing} => {
  const object: {[id: Id]: Thing} = Object.create(null);
  for (const [id, thing] of entries) {
    object[id] = thing;
  }
  return object;
};
