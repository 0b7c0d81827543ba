// Reads what TinyBase's `fragmented` mode has stored: a row of JSON for each row of the store, with clocks and hashes.
//
//   …tinybase_tables  type | table_id | row_id | value_data                              (and rows without a row_id, of no cells)
//                     t    | pets     | fido   | [{"species":["dog","P6tG…",3132163080]}]
//   …tinybase_values  value_id | value_data
//                     open     | [true]                                                  (and one without a value_id)
//
// What was deleted stays there as U+FFFC. Nothing is written to these tables.

import {unspellCell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {Cell, Content, Row} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type SqlRow, statement} from '../sql/statement.ts';
import type {Steps} from './steps.ts';

export interface Fragments {
  readonly content: Content;
  /** Tells of rows that could not be read; the content is all the rest. */
  readonly fault?: Error;
}

/** `prefix`: what stands, encoded, before the names of the tables. */
export const createFragmentsReader = (dialect: Dialect, prefix: string) => {
  const [tablesName, valuesName] = [`${prefix}tinybase_tables`, `${prefix}tinybase_values`];
  const selectRows = `SELECT table_id AS "table", row_id AS "row", value_data AS "data" FROM ${dialect.quote(tablesName)} WHERE type = 't' AND row_id IS NOT NULL ORDER BY rowid`;
  const selectValues = `SELECT value_id AS "value", value_data AS "data" FROM ${dialect.quote(valuesName)} WHERE value_id IS NOT NULL ORDER BY rowid`;

  return {
    /** Everything stored; undefined where TinyBase has no tables. */
    *read(): Steps<Fragments | undefined> {
      const columns = yield dialect.describe([tablesName, valuesName]);
      if (new Set(columns.map(({tableName}) => tableName)).size < 2) {
        return undefined;
      }
      const content: Content = [emptyObject(), emptyObject()];
      let damagedCount = 0;
      for (const each of yield statement(selectRows)) {
        damagedCount += addRow(content, each) ? 0 : 1;
      }
      for (const each of yield statement(selectValues)) {
        damagedCount += addValue(content, each) ? 0 : 1;
      }
      return damagedCount === 0 ? {content} : {content, fault: toldOf(damagedCount)};
    },
  };

  function toldOf(rowCount: number): Error {
    return new HoldfastError(
      'storage/unreadable',
      `${rowCount} of the rows in tables "${tablesName}" and "${valuesName}" hold no JSON of TinyBase's; they stay there, and the rest was read.`,
      {tables: [tablesName, valuesName], rowCount},
    );
  }
};

const DELETED = '\uFFFC';

const addRow = ([tables]: Content, {table, row, data}: SqlRow): boolean => {
  const cells = parseFirst(data);
  if (typeof cells !== 'object' || cells === null || Array.isArray(cells)) {
    return false;
  }
  const found: Row = emptyObject();
  for (const [cellId, stamped] of Object.entries(cells)) {
    const cell: unknown = Array.isArray(stamped) ? stamped[0] : undefined;
    if (cell === undefined) {
      return false;
    }
    if (cell !== DELETED) {
      const unspelt = tryUnspell(cell);
      if (unspelt === undefined) {
        return false;
      }
      found[cellId] = unspelt;
    }
  }
  if (Object.keys(found).length > 0) {
    const rows = tables[String(table)] ?? emptyObject();
    rows[String(row)] = found;
    tables[String(table)] = rows;
  }
  return true;
};

const addValue = ([, values]: Content, {value: valueId, data}: SqlRow): boolean => {
  const value = parseFirst(data);
  if (value === DELETED) {
    return true;
  }
  const unspelt = value === undefined ? undefined : tryUnspell(value);
  if (unspelt === undefined) {
    return false;
  }
  values[String(valueId)] = unspelt;
  return true;
};

// The first member of an array in JSON text; undefined where that is damaged.
const parseFirst = (data: unknown): unknown => {
  try {
    const members: unknown = JSON.parse(String(data));
    return Array.isArray(members) ? members[0] : undefined;
  } catch {
    // Told of by the caller.
    return undefined;
  }
};

const tryUnspell = (cell: unknown): Cell | undefined => {
  try {
    return unspellCell(cell);
  } catch {
    // Told of by the caller.
    return undefined;
  }
};
