// Gathers rows into statements of many, each of which merges its row into the stored one. Knows neither what stands in a row nor how two
// are merged.

import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type SqlValue, statement} from '../sql/statement.ts';
import type {Steps} from './steps.ts';

export interface RowsBatch {
  add(tableText: string, rowText: string, cells: string): Steps;
  end(): Steps;
}

export interface RowsBatchOptions {
  readonly tableName: string;
  /** The column that the cells stand in. */
  readonly columnName: string;
  /** SQL that merges added cells into stored ones. */
  readonly merge: (stored: string, added: string) => string;
}

/** Rows a statement, where the driver's limits allow: more are no faster, and take more memory. */
const MAX_ROWS_A_STATEMENT = 100;

/** Makes one batch after another. */
export const createRowsBatches = (
  dialect: Dialect,
  limits: DriverLimits,
  {tableName, columnName, merge}: RowsBatchOptions,
): (() => RowsBatch) => {
  const table = dialect.quoteTable(tableName);
  const p = dialect.placeholder;
  const rowsAStatement = Math.max(1, Math.min(MAX_ROWS_A_STATEMENT, Math.floor(limits.maxParams / 3)));
  const mergeMany = (rowCount: number): string =>
    `INSERT INTO ${table} (table_id, row_id, ${columnName}) VALUES ` +
    Array.from(
      {length: rowCount},
      (_, row) => `(${p(row * 3 + 1)}, ${p(row * 3 + 2)}, ${p(row * 3 + 3)})`,
    ).join(', ') +
    ` ON CONFLICT (table_id, row_id) DO UPDATE SET ${columnName} = ` +
    merge(`${table}.${columnName}`, `excluded.${columnName}`);
  const mergeOne = mergeMany(1);
  const mergeFull = mergeMany(rowsAStatement);
  const sqlOf = (rowCount: number): string => (rowCount === 1 ? mergeOne : mergeMany(rowCount));

  return () => {
    let params: SqlValue[] = [];
    return {
      *add(tableText, rowText, cells) {
        params.push(tableText, rowText, cells);
        if (params.length === rowsAStatement * 3) {
          const full = params;
          params = [];
          yield statement(mergeFull, full);
        }
      },
      *end() {
        if (params.length > 0) {
          yield statement(sqlOf(params.length / 3), params);
        }
      },
    };
  };
};
