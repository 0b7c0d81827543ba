// How cells stand in columns of tables, and come back. In a table that Holdfast made, a column holds cells of one kind
// natively (its declared type says which), and everything else spelt as text; SQL NULL is "no cell". In a table of
// somebody else's, what the column can hold stands as it is, and SQL NULL is a null cell, as its owner means it.

import {isFragileText, isSpelling, SPELLING_MARK, spell, stringifyJson, unspell} from '../base/cell-text.ts';
import type {Cell, CellOrUndefined} from '../base/content.ts';
import type {ColumnKind} from '../sql/dialect.ts';
import type {SqlValue} from '../sql/statement.ts';

export interface CellCodec {
  encode(cell: CellOrUndefined): SqlValue;
  /** The cell, or undefined for none. Throws a SyntaxError for a spelling that is damaged. */
  decode(value: unknown): CellOrUndefined;
  /** Whether the column, as it is declared, can be given what `encode` says. */
  holds(cell: Cell): boolean;
}

/** What kind of column holds a cell natively; undefined for a null, which none does. */
export const kindOfCell = (cell: Cell): ColumnKind | undefined => {
  switch (typeof cell) {
    case 'string':
      return 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return cell === null ? undefined : 'json';
  }
};

const always = (): boolean => true;

export const ownCodec = (kind: ColumnKind): CellCodec => ({
  encode: (cell) => (cell === undefined ? null : (encodeNatively(kind, cell) ?? spell(cell))),
  decode: (value) => (value === null ? undefined : decodeValue(kind, value)),
  holds: always,
});

/** As `ownCodec`, where a column holds values of its declared type alone: spellings stand in columns of text. */
export const strictCodec = (kind: ColumnKind): CellCodec => ({
  encode: (cell) => (cell === undefined ? null : (encodeStrictly(kind, cell) ?? spell(cell))),
  decode: (value) => (value === null ? undefined : decodeValue(kind, value)),
  holds: (cell) => kind === 'text' || encodeStrictly(kind, cell) !== undefined,
});

/** As `foreignCodec`, where a column holds values of its declared type alone: what it cannot hold, the database refuses. */
export const strictForeignCodec = (kind: ColumnKind): CellCodec => ({
  encode: (cell) =>
    cell === undefined || cell === null
      ? null
      : kind === 'json'
        ? stringifyJson(cell)
        : (encodeStrictly(kind, cell) ??
          (typeof cell === 'string' && isPlainText(cell) && !wouldBecomeOther(kind, cell)
            ? cell
            : spell(cell))),
  decode: (value) => (value === null ? null : decodeValue(kind, value)),
  holds: always,
});

// Text in which the database would read a number or a boolean, which then came back. Digits that no number has come back as text.
const wouldBecomeOther = (kind: ColumnKind, text: string): boolean => {
  switch (kind) {
    case 'number':
      return READS_AS_NUMBER.test(text);
    case 'decimal':
      return READS_AS_NUMBER.test(text) && !(IS_CANONICAL.test(text) && toExactNumber(text) === undefined);
    case 'boolean':
      return /^\s*([tfyn01]|on|off)/i.test(text);
    default:
      return false;
  }
};

// What is no number to a store comes as these texts, and goes back as them.
const READS_AS_NUMBER = /^(?!(?:NaN|-?Infinity)$)\s*[+-]?(\d|\.\d|nan|inf)/i;
const IS_CANONICAL = /^(0|-?([1-9]\d*|0(?=\.)))(\.\d+)?$/;

/** As TinyBase has it in columns of text: every cell as JSON, and an object as the text of its JSON behind a mark. */
export const jsonTextCodec: CellCodec = {
  encode: (cell) =>
    cell === undefined
      ? null
      : stringifyJson(typeof cell === 'object' && cell !== null ? SPELLING_MARK + stringifyJson(cell) : cell),
  decode: (value) => {
    if (typeof value !== 'string') {
      return null;
    }
    const cell = JSON.parse(value) as Cell;
    return typeof cell === 'string' && cell.startsWith(SPELLING_MARK)
      ? (JSON.parse(cell.slice(SPELLING_MARK.length)) as Cell)
      : cell;
  },
  holds: always,
};

/** The kind of a strict column that holds a cell. */
export const strictKindOf = (cell: Cell): ColumnKind => {
  const kind = kindOfCell(cell) ?? 'any';
  return encodeStrictly(kind, cell) === undefined ? 'any' : kind;
};

const encodeStrictly = (kind: ColumnKind, cell: Cell): SqlValue | undefined => {
  if (kind === 'boolean') {
    return typeof cell === 'boolean' ? String(cell) : undefined;
  }
  const encoded = kind === 'any' ? undefined : encodeNatively(kind, cell);
  return kind === 'json' && encoded !== undefined && CHANGED_BY_JSONB.test(String(encoded))
    ? undefined
    : encoded;
};

// NULs, lone surrogates, and -0; text that looks like them is taken for them.
const CHANGED_BY_JSONB = /\\u(?:0000|d)|-0(?![.\d])/;

/** `holdsWhole`: the column turns text that spells a whole number of 64 bits into it, and such are read as text. */
export const foreignCodec = (declaredKind: ColumnKind, holdsWhole = false): CellCodec => {
  // JSON in somebody else's column is text to them.
  const kind = declaredKind === 'json' ? 'any' : declaredKind;
  return {
    encode: (cell) =>
      cell === undefined || cell === null
        ? null
        : holdsWhole && isLargeWhole(cell)
          ? cell
          : (encodeForeign(kind, cell) ?? encodeNatively(kind, cell) ?? spell(cell)),
    decode: (value) => (value === null ? null : decodeValue(kind, value)),
    holds: always,
  };
};

// A whole number of 64 bits that is none of JavaScript's, as text.
const isLargeWhole = (cell: Cell): cell is string => {
  if (typeof cell !== 'string' || !/^-?[1-9]\d{15,18}$/.test(cell)) {
    return false;
  }
  const whole = BigInt(cell);
  return BigInt.asIntN(64, whole) === whole && BigInt.asIntN(64, BigInt(Number(cell))) !== whole;
};

const encodeNatively = (kind: ColumnKind, cell: Cell): SqlValue | undefined => {
  switch (kind) {
    case 'text':
      return typeof cell === 'string' && isPlainText(cell) ? cell : undefined;
    case 'number':
      return typeof cell === 'number' && isPlainNumber(cell) ? cell : undefined;
    case 'decimal':
      return typeof cell === 'number' && isPlainNumber(cell) ? String(cell) : undefined;
    case 'boolean':
      return typeof cell === 'boolean' ? Number(cell) : undefined;
    case 'json':
      return typeof cell === 'object' && cell !== null ? stringifyJson(cell) : undefined;
    case 'any':
      return (typeof cell === 'string' && isPlainText(cell)) ||
        (typeof cell === 'number' && isPlainNumber(cell))
        ? cell
        : undefined;
  }
};

// Text stays itself in a numeric column where SQL would not read a number into it.
const encodeForeign = (kind: ColumnKind, cell: Cell): SqlValue | undefined =>
  (kind === 'number' || kind === 'boolean') &&
  typeof cell === 'string' &&
  isPlainText(cell) &&
  !LOOKS_NUMERIC.test(cell)
    ? cell
    : undefined;

const LOOKS_NUMERIC = /^\s*[+-]?(\d|\.\d|0x)/i;

const isPlainText = (text: string): boolean => !isSpelling(text) && !isFragileText(text);

const isPlainNumber = (number: number): boolean => Number.isFinite(number) && !Object.is(number, -0);

// The number that is written with these digits, where there is one.
const toExactNumber = (text: string): number | undefined => {
  const number = Number(text);
  return IS_DECIMAL.test(text) && writeDigits(number) === text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
    ? number
    : undefined;
};

const IS_DECIMAL = /^-?\d+(\.\d+)?$/;

// As JavaScript writes it, without an exponent.
const writeDigits = (number: number): string => {
  const [digits = '', exponent] = String(number).split('e');
  if (exponent === undefined) {
    return digits;
  }
  const [sign, whole, fraction] = [
    digits.startsWith('-') ? '-' : '',
    ...digits.replace('-', '').split('.'),
    '',
  ];
  const all = `${whole}${fraction}`;
  const point = String(whole).length + Number(exponent);
  return point > 0 ? sign + all.padEnd(point, '0') : `${sign}0.${'0'.repeat(-point)}${all}`;
};

const decodeValue = (kind: ColumnKind, value: unknown): CellOrUndefined => {
  switch (typeof value) {
    case 'string':
      return isSpelling(value)
        ? (unspell(value) as Cell)
        : kind === 'json'
          ? (JSON.parse(value) as Cell)
          : kind === 'decimal'
            ? (toExactNumber(value) ?? value)
            : value;
    case 'number':
      if (!Number.isFinite(value)) {
        // No cell of a store can be these.
        return String(value);
      }
      return kind === 'boolean' && (value === 0 || value === 1) ? value === 1 : value;
    case 'bigint':
      return Number(value);
    case 'boolean':
      return value;
    default:
      // Bytes and the like are no cells: they stay in the database.
      return undefined;
  }
};
