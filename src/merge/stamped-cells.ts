// A mergeable store as plain content whose cells are texts, for whoever keeps it cell by cell: a stamp, and the JSON of what was set
// with it. Of two such texts of one cell the greater is the one that stays, as in a store: the later stamp, and of equal stamps the
// greater JSON. So merging is `max`, in JavaScript, in SQL, or wherever texts are compared. Pure.
//
//   {species: ["dog", hlc]}    {species: 'P6tkLDo----Z21Zg"dog"'}
//   {age: [undefined, hlc]}    {age: 'P6tkLDp----Z21Zg'}             deleted: a stamp, and nothing after it
//   {sold: [true, '']}         {sold: '                true'}        never stamped: blanks, which are less than every stamp
//
// Clocks of rows, tables and the whole, which only content of others has, are cells of an id that no user's is spelt like.

import {isSpelling, stringifyJson} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, CellOrUndefined, Changes, Content, Id, Row, RowChanges} from '../base/content.ts';
import {createObjectMaker} from '../base/safe-objects.ts';
import type {Hlc} from './hlc.ts';
import type {MergeableChanges, MergeableContent} from './mergeable.ts';

/** Characters of stamp before what was set. */
export const STAMP_LENGTH = 16;
const NO_STAMP = ' '.repeat(STAMP_LENGTH);

/** The cell, row, table or value that clocks lie in. Ids of users that start so have one more of it. */
export const CLOCK_ID = '\uFFFC';
const CLOCK_CODE = 0xfffc;

/** The text of what was set, and when; without a stamp, it is earlier than whatever has one. */
export const stampCell = (thing: CellOrUndefined, hlc: Hlc = ''): string => {
  const stamp = hlc === '' ? NO_STAMP : hlc;
  // Some stores tell undefined, objects and arrays as they are spelt in JSON.
  if (thing === undefined || thing === CLOCK_ID) {
    return stamp;
  }
  return (
    stamp + order(typeof thing === 'string' && isSpelling(thing) ? thing.slice(1) : stringifyJson(thing))
  );
};

/** What a text stands for. Throws a SyntaxError for what is no such text. */
export const unstampCell = (text: unknown): [thing: CellOrUndefined, hlc: Hlc] => {
  if (typeof text !== 'string' || !IS_STAMPED.test(text)) {
    throw new SyntaxError('A stamped cell is 16 characters of stamp, and JSON');
  }
  const stamp = text.slice(0, STAMP_LENGTH);
  return [
    text.length === STAMP_LENGTH ? undefined : (JSON.parse(unorder(text.slice(STAMP_LENGTH))) as Cell),
    stamp === NO_STAMP ? '' : stamp,
  ];
};

const IS_STAMPED = /^(?:[-\w]{16}| {16})/;

/** Throws a SyntaxError for what `unstampCell` would throw one for. */
export const checkStamped = (text: unknown): void => {
  if (typeof text !== 'string' || !IS_PLAINLY_STAMPED.test(text)) {
    unstampCell(text);
  }
};

// Most things are numbers, booleans, and strings without escapes.
const IS_PLAINLY_STAMPED =
  /^(?:[-\w]{16}| {16})(?:"[^"\\\p{Cc}]*"|-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)?$/u;

/** Whether the cell of a text was deleted. */
export const isTombstone = (text: unknown): boolean => (text as string).length === STAMP_LENGTH;

/** Whether a text is of an earlier time than a stamp; one that was never stamped is of no time. */
export const isStampedBefore = (text: unknown, hlc: Hlc): boolean =>
  (text as string) < hlc && !(text as string).startsWith(NO_STAMP);

/** The cells of both rows, the greater text of each. */
export const mergeStampedRows = (one: Row, other: Row | RowChanges): Row => {
  const merged: Row = Object.assign(emptyObject<Row>(), one);
  for (const cellId of Object.keys(other)) {
    const text = other[cellId] as string;
    if (!Object.hasOwn(merged, cellId) || (merged[cellId] as string) < text) {
      merged[cellId] = text;
    }
  }
  return merged;
};

/** Content or changes of a mergeable store as changes of texts: nothing in them is ever undefined. */
export const toStampedChanges = ([tables, values]: MergeableContent | MergeableChanges): Changes => {
  const changes: Changes = [emptyObject(), emptyObject(), 1];
  eachMember(tables, (table, tableId) => {
    const rows: {[rowId: Id]: RowChanges} = emptyObject();
    changes[0][tableId] = rows;
    eachMember(table, (row, rowId) => {
      rows[rowId] = toStampedRow(row);
    });
    addClock(table, (clock) => {
      rows[CLOCK_ID] = clock;
    });
  });
  addClock(tables, (clock) => {
    changes[0][CLOCK_ID] = {[CLOCK_ID]: clock};
  });
  changes[1] = toStampedRow(values);
  return changes;
};

/** The cells of a row, or the values, with their clock, as texts. */
export const toStampedRow = (leaf: Stamped): Row => {
  const texts = newTexts();
  eachMember(leaf, ([thing, hlc], id) => {
    texts[id] = stampCell(thing as CellOrUndefined, hlc as Hlc | undefined);
  });
  addClock(leaf, (clock) => {
    texts[CLOCK_ID] = clock[CLOCK_ID] as string;
  });
  return texts;
};

/** What texts stand for, for a mergeable store to take in. Throws a SyntaxError where one stands for nothing. */
export const fromStampedCells = ([tables, values]: Content | Changes): MergeableChanges => {
  const stampedTables = branchOf(tables, (rows) =>
    branchOf(rows as {[rowId: Id]: RowChanges}, (row) => leafOf(row as RowChanges)),
  );
  return [stampedTables, leafOf(values), 1] as unknown as MergeableChanges;
};

/** Plain content as texts that are earlier than whatever anybody stamps. */
export const stampPlainContent = ([tables, values]: Content): Content => {
  const stampRow = (row: Row): Row => {
    const texts: Row = emptyObject();
    for (const id of Object.keys(row)) {
      texts[escapeId(id)] = stampCell(row[id]);
    }
    return texts;
  };
  const stampedTables: Content[0] = emptyObject();
  for (const tableId of Object.keys(tables)) {
    const rows: Content[0][Id] = emptyObject();
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      rows[escapeId(rowId)] = stampRow(tables[tableId]?.[rowId] ?? {});
    }
    stampedTables[escapeId(tableId)] = rows;
  }
  return [stampedTables, stampRow(values)];
};

/** An id of a user's as the texts' content has it, and back. */
export const escapeId = (id: Id): Id => (id.charCodeAt(0) === CLOCK_CODE ? CLOCK_ID + id : id);
export const unescapeId = (id: Id): Id => (id.charCodeAt(0) === CLOCK_CODE ? id.slice(1) : id);

// Rows mostly have the cells that the row before had.
const newTexts = createObjectMaker<Row>();
const newThings = createObjectMaker<{[id: Id]: unknown}>();

type Stamped = readonly [members: unknown, hlc?: Hlc, ...unknown[]];

const eachMember = ([members]: Stamped, call: (member: Stamped, id: Id) => void): void => {
  const all = members as {readonly [id: Id]: Stamped};
  for (const id of Object.keys(all)) {
    call(all[id] as Stamped, escapeId(id));
  }
};

const addClock = ([, hlc]: Stamped, add: (clock: RowChanges) => void): void => {
  if (hlc) {
    add({[CLOCK_ID]: stampCell(undefined, hlc)});
  }
};

const leafOf = (texts: RowChanges): unknown[] => {
  const things = newThings();
  let clock: Hlc = '';
  for (const id of Object.keys(texts)) {
    if (id === CLOCK_ID) {
      [, clock] = unstampCell(texts[id]);
    } else if (texts[id] !== undefined) {
      things[unescapeId(id)] = unstampCell(texts[id]);
    }
  }
  return clock === '' ? [things] : [things, clock];
};

// The rows of a table, or the tables; the clock is that of the member with its id.
const branchOf = <Member>(
  members: {readonly [id: Id]: Member | undefined},
  stampedOf: (member: Member) => unknown[],
): unknown[] => {
  const children: {[id: Id]: unknown} = emptyObject();
  let clock: unknown;
  for (const id of Object.keys(members)) {
    const member = members[id];
    if (member !== undefined) {
      const stamped = stampedOf(member);
      if (id === CLOCK_ID) {
        clock = stamped[1];
      } else {
        children[unescapeId(id)] = stamped;
      }
    }
  }
  return clock === undefined ? [children] : [children, clock];
};

// JavaScript compares texts by their UTF-16 units, databases by UTF-8 bytes or code points. The two orders differ only where a
// character beyond U+FFFF, which starts with a unit below U+E000, meets one of U+E000 and up: with a U+D7FF before it, which no unit
// but those of such characters comes behind, it stands where JavaScript has it, and all orders are one.
const order = (json: string): string =>
  NEEDS_ORDER.test(json)
    ? json.replace(/[\uD7FF-\uDBFF]/g, (unit) => (unit === '\uD7FF' ? '\uD7FF ' : `\uD7FF${unit}`))
    : json;

const unorder = (text: string): string =>
  text.includes('\uD7FF') ? text.replace(/\uD7FF( ?)/g, (_, blank) => (blank ? '\uD7FF' : '')) : text;

const NEEDS_ORDER = /[\uD7FF-\uDBFF]/;
