// Up to when the deletions of a mergeable store in the `rows` layout were forgotten: a stamp, the floor, that lies in a row of the table
// itself. Knows the SQL of it; what becomes of what is older is the layout's business.

import type {Hlc} from '../merge/hlc.ts';
import {CLOCK_ID, stampCell, unstampCell} from '../merge/stamped-cells.ts';
import type {Dialect} from '../sql/dialect.ts';
import {statement} from '../sql/statement.ts';
import type {LogEntry} from './change-log.ts';
import {STAMPED_COLUMN} from './rows-table.ts';
import {FLOOR_ROW, FLOOR_TABLE, spellRowCells, VALUE_CELL} from './rows-text.ts';
import type {Steps} from './steps.ts';

export interface RowsFloor {
  /** The floor; empty where there is none. */
  read(): Steps<Hlc>;
  /** SQL that is true where the floor is another one. */
  isNot(floor: Hlc): string;
  /** Raises the floor to this stamp if it is lower, and drops what was deleted before it, with rows that have nothing left. */
  raise(floor: Hlc): Steps;
  /** How the log names the floor. */
  readonly entry: LogEntry;
}

export const createRowsFloor = (dialect: Dialect, tableName: string): RowsFloor => {
  const {byCodePoints, eachText, objectOfTexts, placeholder: p} = dialect;
  const table = dialect.quoteTable(tableName);
  const where = `table_id = '${FLOOR_TABLE}' AND row_id = '${FLOOR_ROW}'`;
  const select = `SELECT ${STAMPED_COLUMN} FROM ${table} WHERE ${where}`;
  const clock = `'${CLOCK_ID}'`;

  return {
    *read() {
      const found = (yield statement(`SELECT (${select}) AS "floor"`))[0]?.floor;
      return found === undefined || found === null ? '' : floorOf(String(found));
    },

    isNot: (floor) => `coalesce((${select}), '') <> '${floor === '' ? '' : textOf(floor)}'`,

    *raise(floor) {
      yield statement(
        `INSERT INTO ${table} (table_id, row_id, ${STAMPED_COLUMN}) VALUES (${p(1)}, ${p(2)}, ${p(3)}) ON CONFLICT (table_id, row_id) ` +
          `DO UPDATE SET ${STAMPED_COLUMN} = excluded.${STAMPED_COLUMN} WHERE ${table}.${STAMPED_COLUMN}${byCodePoints} < excluded.${STAMPED_COLUMN}`,
        [FLOOR_TABLE, FLOOR_ROW, textOf(floor)],
      );
      // A deleted cell is a stamp alone. So are clocks, which stay; in damaged rows nothing is looked for.
      const isForgotten = `(length(value) = ${floor.length} AND value${byCodePoints} < '${floor}' AND key <> ${clock})`;
      const cells = `FROM ${eachText(STAMPED_COLUMN)} AS cell`;
      const hasForgotten = `EXISTS (SELECT 1 ${cells} WHERE ${isForgotten})`;
      yield statement(
        `UPDATE ${table} SET ${STAMPED_COLUMN} = coalesce((SELECT ${objectOfTexts} ${cells} WHERE NOT ${isForgotten}), '{}') ` +
          `WHERE row_id <> ${clock} AND table_id <> '${FLOOR_TABLE}' AND CASE WHEN ${dialect.isJsonValid(STAMPED_COLUMN)} THEN ${hasForgotten} ELSE false END`,
      );
      yield statement(`DELETE FROM ${table} WHERE ${STAMPED_COLUMN} = '{}'`);
    },

    entry: {table: FLOOR_TABLE, row: FLOOR_ROW},
  };
};

// Always in the same letters, for texts are compared.
const textOf = (floor: Hlc): string => spellRowCells({[VALUE_CELL]: stampCell(undefined, floor)});

const floorOf = (text: string): Hlc =>
  unstampCell((JSON.parse(text) as {readonly [cellId: string]: unknown})[VALUE_CELL])[1];
