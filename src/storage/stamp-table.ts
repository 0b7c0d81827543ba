// The table that stamps lie in, beside tables that know of none: a row of them for each row of theirs, by the name of the table.
//
//   holdfast_stamps   table_id | row_id | stamps
//                     animals  | fido   | {"species":"P6tkLDo----Z21Zg1f2a9"}
//
// Of a table that was once read as a whole it also says so: what has no stamp there came later. Knows nothing of what stamps mean.

import {SPELLING_MARK, spellId, unspellId} from '../base/cell-text.ts';
import type {Id} from '../base/content.ts';
import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {statement} from '../sql/statement.ts';
import {type Notes, parseNotes, spellNotes} from './stamped-row.ts';
import type {Steps} from './steps.ts';

/** What is known of the rows of one table. */
export interface NotedRows {
  /** Whether everything in the table had a stamp once. */
  readonly isKnown: boolean;
  readonly rows: ReadonlyMap<Id, Notes>;
}

export interface StampTable {
  /** Waits for others who write stamps, until the transaction ends, and makes the table. */
  open(): Steps;
  /** What is noted of all rows of a table. */
  readAll(tableName: string): Steps<NotedRows>;
  /** What is noted of some. */
  readRows(tableName: string, rowIds: readonly Id[]): Steps<NotedRows>;
  writeRows(tableName: string, rows: ReadonlyMap<Id, Notes>): Steps;
  /** Everything in the table has a stamp now. */
  noteKnown(tableName: string): Steps;
  /** Nothing is known of whether the table is there. */
  forget(): void;
}

const TABLE = 'holdfast_stamps';
/** The row that says that a table is known; no id is spelt so. */
const KNOWN = `${SPELLING_MARK}known`;
const ROWS_A_PAGE = 10_000;
const ROWS_A_STATEMENT = 200;

export const createStampTable = (dialect: Dialect, limits: DriverLimits): StampTable => {
  const table = dialect.quoteTable(TABLE);
  const create = dialect.createTable(
    TABLE,
    `table_id ${dialect.keyType} NOT NULL, row_id ${dialect.keyType} NOT NULL, stamps ${dialect.columnTypes.text} NOT NULL, PRIMARY KEY (table_id, row_id)`,
  );
  const hold = dialect.hold(TABLE);
  const idsAStatement = Math.min(500, limits.maxParams - 2);
  const rowsAStatement = Math.max(1, Math.min(ROWS_A_STATEMENT, Math.floor(limits.maxParams / 3)));
  const place = (index: number): string => dialect.placeholder(index);
  const select = `SELECT row_id AS "row", stamps AS "stamps" FROM ${table} WHERE table_id = ${place(1)}`;
  let isThere = false;

  function* findTable(): Steps<boolean> {
    isThere ||= (yield dialect.describe([TABLE])).length > 0;
    return isThere;
  }

  function* write(tableName: string, rows: readonly (readonly [row: string, text: string])[]): Steps {
    for (let start = 0; start < rows.length; start += rowsAStatement) {
      const some = rows.slice(start, start + rowsAStatement);
      const places = some.map((_, row) => `(${[1, 2, 3].map((at) => place(row * 3 + at)).join(', ')})`);
      yield statement(
        `INSERT INTO ${table} (table_id, row_id, stamps) VALUES ${places.join(', ')} ` +
          'ON CONFLICT (table_id, row_id) DO UPDATE SET stamps = excluded.stamps',
        some.flatMap(([row, text]) => [tableName, row, text]),
      );
    }
  }

  return {
    *open() {
      if (hold !== undefined) {
        yield hold;
      }
      if (!(yield* findTable())) {
        yield create;
        isThere = true;
      }
    },

    *readAll(tableName) {
      const rows = new Map<Id, Notes>();
      let isKnown = false;
      let last: string | undefined;
      while (yield* findTable()) {
        const page = yield statement(
          `${select}${last === undefined ? '' : ` AND row_id > ${place(2)}`} ORDER BY row_id LIMIT ${ROWS_A_PAGE}`,
          last === undefined ? [tableName] : [tableName, last],
        );
        for (const {row, stamps} of page) {
          isKnown ||= row === KNOWN;
          addNotes(rows, String(row), stamps);
        }
        if (page.length < ROWS_A_PAGE) {
          break;
        }
        last = String(page.at(-1)?.row);
      }
      return {isKnown, rows};
    },

    *readRows(tableName, rowIds) {
      const rows = new Map<Id, Notes>();
      let isKnown = false;
      if (yield* findTable()) {
        const names = [KNOWN, ...rowIds.map(spellId)];
        for (let start = 0; start < names.length; start += idsAStatement) {
          const some = names.slice(start, start + idsAStatement);
          const places = some.map((_, index) => place(index + 2)).join(', ');
          for (const {row, stamps} of yield statement(`${select} AND row_id IN (${places})`, [
            tableName,
            ...some,
          ])) {
            isKnown ||= row === KNOWN;
            addNotes(rows, String(row), stamps);
          }
        }
      }
      return {isKnown, rows};
    },

    *writeRows(tableName, rows) {
      yield* write(
        tableName,
        [...rows].map(([rowId, notes]) => [spellId(rowId), spellNotes(notes)]),
      );
    },

    *noteKnown(tableName) {
      yield* write(tableName, [[KNOWN, '{}']]);
    },

    forget: () => {
      isThere = false;
    },
  };
};

const addNotes = (rows: Map<Id, Notes>, row: string, stamps: unknown): void => {
  if (row === KNOWN) {
    return;
  }
  try {
    rows.set(unspellId(row), parseNotes(stamps));
  } catch {
    // A spelling that nobody spells so is of no row.
  }
};
