import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {stringifyJson} from '../base/cell-text.ts';
import type {Cell, CellOrUndefined} from '../base/content.ts';
import type {MergeableChanges} from './mergeable.ts';
import {
  CLOCK_ID,
  checkStamped,
  fromStampedCells,
  isStampedBefore,
  isTombstone,
  mergeStampedRows,
  stampCell,
  stampPlainContent,
  toStampedChanges,
  unstampCell,
} from './stamped-cells.ts';

const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
console.log(`HOLDFAST_SEED=${SEED} (stamped cells)`);
const check = (property: fc.IRawProperty<unknown, false>) =>
  fc.assert(property, {seed: SEED, numRuns: 2_000});

const hlc = fc
  .array(fc.constantFrom('-', '0', '9', 'A', 'Z', '_', 'a', 'z'), {minLength: 16, maxLength: 16})
  .map((characters) => characters.join(''));
// What the orders of UTF-16 and of UTF-8 differ in, and what the spelling of it is made of.
const unit = fc.constantFrom(
  'a',
  ' ',
  '"',
  '\\',
  '\0',
  '\uD7FE',
  '\uD7FF',
  '\uD83D\uDE00',
  '\u{10FFFF}',
  '\uD83D',
  '\uDE00',
  '\uE000',
  '\uFFFC',
  '\uFFFE',
  'é',
);
const string = fc.array(unit, {maxLength: 6}).map((units) => units.join(''));
const cell: fc.Arbitrary<Cell> = fc.oneof(
  string.filter((text) => text !== '\uFFFC'),
  fc.double({noNaN: true, noDefaultInfinity: true}),
  fc.boolean(),
  fc.constantFrom<Cell>(null, -0, 0),
  fc.dictionary(string, string),
  fc.array(string),
);

const compareUtf8 = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));

describe('the text of a cell and its stamp', () => {
  test('[MS9] comes back as what was set, and when', () => {
    check(
      fc.property(fc.option(cell, {nil: undefined}), fc.oneof(hlc, fc.constant('')), (thing, stamp) => {
        const text = stampCell(thing, stamp);
        checkStamped(text);
        const [back, backStamp] = unstampCell(text);
        expect(stringifyJson(back)).toBe(stringifyJson(thing));
        expect(backStamp).toBe(stamp);
        expect(isTombstone(text)).toBe(thing === undefined);
        // It comes through UTF-8 as it is, without NULs.
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        expect(text).not.toContain('\0');
      }),
    );
  });

  test('[MS9] is greater where the stamp is later, and of equal stamps where the JSON is greater, in JavaScript and in UTF-8', () => {
    const textOf = (thing: CellOrUndefined) => (thing === undefined ? '' : stringifyJson(thing));
    const stamped = fc.tuple(
      fc.option(cell, {nil: undefined}),
      fc.constantFrom('', '--------------0a', '--------------0b'),
    );
    check(
      fc.property(stamped, stamped, ([thing, stamp], [other, otherStamp]) => {
        const [one, two] = [stampCell(thing, stamp), stampCell(other, otherStamp)];
        const isLater = stamp === otherStamp ? textOf(thing) > textOf(other) : stamp > otherStamp;
        expect(one > two).toBe(isLater);
        expect(compareUtf8(one, two) > 0).toBe(isLater);
      }),
    );
  });

  test('[MS9] objects and undefined are taken as some stores spell them', () => {
    const stamp = 'P6tkLDo----Z21Zg';
    expect(stampCell('\uFFFD{"a":1}', stamp)).toBe(stampCell({a: 1}, stamp));
    expect(stampCell('\uFFFC', stamp)).toBe(stamp);
  });

  test('[MS9] what is no such text is refused', () => {
    for (const text of [
      '',
      'short',
      1,
      null,
      {},
      `${'x'.repeat(16)}{`,
      `${'?'.repeat(16)}1`,
      `${'x'.repeat(16)}"a`,
    ]) {
      expect(() => unstampCell(text)).toThrow(SyntaxError);
      expect(() => checkStamped(text)).toThrow(SyntaxError);
    }
  });

  test('[MS9] is before a stamp, unless it was never stamped', () => {
    expect(isStampedBefore(stampCell(1, 'P6tkLDo----Z21Zg'), 'P6tkLDp---------')).toBe(true);
    expect(isStampedBefore(stampCell(1, 'P6tkLDp----Z21Zg'), 'P6tkLDp---------')).toBe(false);
    expect(isStampedBefore(stampCell(1), 'P6tkLDp---------')).toBe(false);
  });
});

describe('content of a mergeable store as texts', () => {
  const stamp = 'P6tkLDo----Z21Zg';
  const awkward = ['', '__proto__', CLOCK_ID, `${CLOCK_ID}${CLOCK_ID}x`, '\uFFFD', 'a\0', '1'];

  test('[MS9] comes back, with every clock, whatever the ids', () => {
    const row = Object.fromEntries(awkward.map((id) => [id, [id === '1' ? undefined : {id}, stamp]]));
    const rows = (clock?: string) =>
      Object.fromEntries(awkward.map((id) => [id, clock === undefined ? [row] : [row, clock]]));
    const changes = [
      [
        Object.fromEntries(awkward.map((id) => [id, [rows(`${stamp.slice(1)}r`), `${stamp.slice(1)}t`]])),
        `${stamp.slice(1)}w`,
      ],
      [row, `${stamp.slice(1)}v`],
      1,
    ] as unknown as MergeableChanges;
    expect(fromStampedCells(toStampedChanges(changes))).toEqual(changes);
    const plain = [[{pets: [rows()]}], [row], 1] as unknown as MergeableChanges;
    expect(fromStampedCells(toStampedChanges(plain))).toEqual(plain);
  });

  test('[MS9] of plain content is earlier than all that was stamped', () => {
    const content = stampPlainContent([{pets: {[CLOCK_ID]: {age: 1}}}, {open: true}]);
    expect(fromStampedCells(content)).toEqual([
      [{pets: [{[CLOCK_ID]: [{age: [1, '']}]}]}],
      [{open: [true, '']}],
      1,
    ]);
  });

  test('[MS9] the greater texts of two rows make one', () => {
    const [early, late] = [stampCell('z', '--------------0a'), stampCell('a', '--------------0b')];
    expect(mergeStampedRows({one: early, both: late}, {both: early, other: late})).toEqual({
      one: early,
      both: late,
      other: late,
    });
    expect(mergeStampedRows({both: early}, {both: late})).toEqual({both: late});
  });
});
