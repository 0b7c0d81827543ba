// How a cell or an id is spelt where only text, numbers and the like can stand: in JSON text and in SQL columns.
// Text that starts with U+FFFD is a spelling, followed by JSON; a store refuses such strings from its users, so the
// two never meet. Knows nothing of stores and databases.

import type {Cell} from './content.ts';

/** What starts every spelling. */
export const SPELLING_MARK = '\uFFFD';
const MARK_CODE = 0xfffd;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether text is a spelling and not itself. */
export const isSpelling = (text: string): boolean => text.charCodeAt(0) === MARK_CODE;

/** JSON text of a value, in which -0 stays `-0`. */
export const stringifyJson = (value: unknown): string =>
  containsNegativeZero(value) ? stringifySlowly(value) : JSON.stringify(value);

/** The spelling of a value as text: U+FFFD, then its JSON. */
export const spell = (value: unknown): string => SPELLING_MARK + stringifyJson(value);

/** What a spelling says. */
export const unspell = (text: string): unknown => JSON.parse(text.slice(1));

/** A cell as it stands in JSON content: objects and arrays spelt, everything else itself. */
export const spellCell = (cell: Cell): Exclude<Cell, object> | null =>
  typeof cell === 'object' && cell !== null ? spell(cell) : (cell as Exclude<Cell, object>);

/** The cell that stands in JSON content. */
export const unspellCell = (cell: unknown): Cell =>
  typeof cell === 'string' && isSpelling(cell) ? (unspell(cell) as Cell) : (cell as Cell);

/** An id as SQL text that every driver brings back unchanged: itself, or spelt where it has lone surrogates or NULs. */
export const spellId = (id: string): string =>
  isSpelling(id) || id.includes('\0') || LONE_SURROGATE.test(id) ? SPELLING_MARK + JSON.stringify(id) : id;

/** The id that SQL text stands for. */
export const unspellId = (text: string): string => (isSpelling(text) ? String(unspell(text)) : text);

/** Whether text would not survive UTF-8 or a C string. */
export const isFragileText = (text: string): boolean => text.includes('\0') || LONE_SURROGATE.test(text);

const containsNegativeZero = (value: unknown): boolean => {
  if (typeof value === 'number') {
    return value === 0 && 1 / value < 0;
  }
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if (Array.isArray(value)) {
    return value.some(containsNegativeZero);
  }
  for (const key in value) {
    if (containsNegativeZero((value as Record<string, unknown>)[key])) {
      return true;
    }
  }
  return false;
};

const stringifySlowly = (value: unknown): string => {
  if (typeof value === 'number' && value === 0 && 1 / value < 0) {
    return '-0';
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => stringifySlowly(item) ?? 'null').join(',')}]`;
  }
  const members: string[] = [];
  for (const key of Object.keys(value)) {
    const text = stringifySlowly((value as Record<string, unknown>)[key]);
    if (text !== undefined) {
      members.push(`${JSON.stringify(key)}:${text}`);
    }
  }
  return `{${members.join(',')}}`;
};
