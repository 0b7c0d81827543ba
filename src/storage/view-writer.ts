// Writes rows through a view whose triggers keep what lies behind it, as PowerSync's do. A view refuses upserts: a row is
// updated and, where it is not there, inserted. Knows nothing of what the triggers do.

import {isReplacement} from '../base/changes.ts';
import type {Id, Row, RowChanges} from '../base/content.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type SqlValue, statement} from '../sql/statement.ts';
import type {Steps} from './steps.ts';
import {type Column, type TableSchema, writableColumns} from './tabular-schema.ts';

/** Sets the changed cells of rows, `[rowId, changes, the whole row]` each. */
export function* writeThroughView(
  dialect: Dialect,
  view: TableSchema,
  rows: Iterable<readonly [Id, RowChanges, Row]>,
): Steps {
  const name = dialect.quoteTable(view.name);
  const key = dialect.quote(view.keyName);
  const columns = writableColumns(view);
  const encode = (row: Row, column: Column): SqlValue =>
    Object.hasOwn(row, column.cellId) ? column.codec.encode(row[column.cellId]) : null;

  for (const [rowId, changes, row] of rows) {
    const id = view.encodeKey(rowId);
    const set = isReplacement(changes)
      ? columns
      : columns.filter(({cellId}) => Object.hasOwn(changes, cellId));
    if (set.length > 0) {
      const places = set.map(({name}, index) => `${dialect.quote(name)} = ${dialect.placeholder(index + 1)}`);
      yield statement(
        `UPDATE ${name} SET ${places.join(', ')} WHERE ${key} = ${dialect.placeholder(set.length + 1)}`,
        [...set.map((column) => encode(row, column)), id],
      );
    }
    const filled = columns.filter(({cellId}) => Object.hasOwn(row, cellId));
    const names = [key, ...filled.map((column) => dialect.quote(column.name))];
    const places = names.map((_, index) => dialect.placeholder(index + 1));
    yield statement(
      `INSERT INTO ${name} (${names.join(', ')}) SELECT ${places.join(', ')} ` +
        `WHERE NOT EXISTS (SELECT 1 FROM ${name} WHERE ${key} = ${dialect.placeholder(names.length + 1)})`,
      [id, ...filled.map((column) => encode(row, column)), id],
    );
  }
}
