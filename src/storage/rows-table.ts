// The table of the `rows` layout, and which kind of store lies in it: the column of the cells says so by its name, so that who expects the
// other kind can neither read nor write it by mistake.

import {HoldfastError} from '../base/errors.ts';
import type {Dialect} from '../sql/dialect.ts';
import type {SqlRow, Statement} from '../sql/statement.ts';

/** Where the cells of a plain store stand. */
export const PLAIN_COLUMN = 'cells';
/** Where those of a mergeable store stand. */
export const STAMPED_COLUMN = 'stamped';

/** What `describe` found under the table's name. */
export const kindOfRows = (columns: readonly SqlRow[]): 'none' | 'plain' | 'stamped' => {
  if (columns.length === 0) {
    return 'none';
  }
  return columns.some(({columnName}) => columnName === STAMPED_COLUMN) ? 'stamped' : 'plain';
};

export const createRowsTable = (dialect: Dialect, tableName: string, columnName: string): Statement => {
  const {counterType, keyType, columnTypes} = dialect;
  return dialect.createTable(
    tableName,
    `n ${counterType}, table_id ${keyType} NOT NULL, row_id ${keyType} NOT NULL, ${columnName} ${columnTypes.text} NOT NULL, ` +
      'UNIQUE (table_id, row_id)',
  );
};

/** Told to who comes with a plain store. */
export const wrongKind = (tableName: string, cause?: unknown): HoldfastError =>
  new HoldfastError(
    'storage/wrong-kind',
    `Table "${tableName}" holds a mergeable store, and a plain one would lose its stamps: make the store with createMergeableStore, ` +
      'or name another table by storeTableName. Nothing was written.',
    {table: tableName},
    cause,
  );
