// Saves what the configuration of the `tabular` layout names: changed rows and values, or everything. Knows the mapping;
// nothing of transactions, versions or loading.

import {emptyObject} from '../base/changes.ts';
import type {Id, Row, RowChanges, TableChanges, TablesChanges, Values} from '../base/content.ts';
import type {Dialect} from '../sql/dialect.ts';
import {statement} from '../sql/statement.ts';
import type {ResolvedTabular, TabularSave} from './database-config.ts';
import type {Steps} from './steps.ts';
import type {StoreReader, Write} from './storage.ts';
import {pickCells, VALUES_ROW_ID} from './tabular-load.ts';
import {fillCondition} from './tabular-reader.ts';
import {type Schema, type TableSchema, type TabularSchema, writableColumns} from './tabular-schema.ts';
import type {TabularWriter} from './tabular-writer.ts';

export interface TabularSaver {
  /**
   * Stores the changes, or everything; what it creates and drops it notes in the schema. `isSingle`: a row a statement, so that one
   * that is refused is known.
   */
  saveAll(schema: Schema, write: Write, isSingle?: boolean): Steps;
  /** Deletes everything that is both loaded and saved, within the conditions of both. */
  clear(schema: Schema): Steps;
}

export const createTabularSaver = (
  dialect: Dialect,
  config: ResolvedTabular,
  _schemas: TabularSchema,
  writer: TabularWriter,
): TabularSaver => {
  const {load: loads, save: saves, valuesLoad, valuesSave, valuesTableName} = config;
  const valuesTable: TabularSave = {
    tableName: valuesTableName,
    tableId: '',
    rowIdColumnName: '_id',
    condition: undefined,
    // Columns of values that are not listed are none of this persister's business.
    deleteEmptyColumns: valuesSave === true,
    deleteEmptyTable: false,
  };

  function* prepareTable(schema: Schema, save: TabularSave, rows: Iterable<RowChanges>): Steps<TableSchema> {
    const table = yield* writer.prepareTable(schema.get(save.tableName), save, rows);
    schema.set(save.tableName, table);
    return table;
  }

  function* saveRows(
    schema: Schema,
    save: TabularSave,
    changes: TableChanges,
    rowOf: (rowId: Id) => Row,
    {doneRow, isSingle}: How,
  ): Steps {
    const changed: RowChanges[] = [];
    const changedIds: Id[] = [];
    for (const rowId of Object.keys(changes)) {
      const row = changes[rowId];
      if (row !== undefined) {
        changed.push(row);
        changedIds.push(rowId);
      }
    }
    if (changed.length > 0) {
      const table = yield* prepareTable(
        schema,
        save,
        dialect.hasStrictColumns ? [...changed, ...changedIds.map(rowOf)] : changed,
      );
      yield* writer.writeRows(table, changedRows(changes, rowOf, doneRow), isSingle);
    }
  }

  function* deleteRows(schema: Schema, save: TabularSave, changes: TableChanges, {isSingle}: How): Steps {
    const table = schema.get(save.tableName);
    const deleted = Object.keys(changes).filter((rowId) => changes[rowId] === undefined);
    if (table !== undefined && deleted.length > 0) {
      yield* writer.deleteRows(
        table,
        deleted,
        fillCondition(dialect, save.condition, save.tableName),
        isSingle,
      );
    }
  }

  function* saveWholeTable(
    schema: Schema,
    save: TabularSave,
    store: StoreReader,
    {doneRow, isSingle}: How,
  ): Steps {
    const rowIds = store.getRowIds(save.tableId);
    if (rowIds.length === 0) {
      return;
    }
    const known = schema.get(save.tableName);
    const isComplete = store.getTableCellIds(save.tableId).every((cellId) => known?.columns.has(cellId));
    const table =
      known !== undefined && isComplete && !dialect.hasStrictColumns
        ? known
        : yield* prepareTable(schema, save, {
            // As often as they are looked at, and never all in memory.
            [Symbol.iterator]: () => rowsOf(store, save.tableId, rowIds),
          });
    yield* writer.writeRows(table, wholeRows(store, save.tableId, rowIds, doneRow), isSingle);
  }

  function* saveValues(schema: Schema, changes: RowChanges, values: Values, how: How): Steps {
    if (valuesSave === false) {
      return;
    }
    const row = valuesSave === true ? values : pickCells(values, valuesSave);
    const some = valuesSave === true ? changes : pickCells(changes, valuesSave);
    if (Object.keys(some).length > 0) {
      yield* saveRows(schema, valuesTable, {[VALUES_ROW_ID]: some}, () => row, how);
    }
  }

  function* deleteEmpty(schema: Schema): Steps {
    for (const {tableName, deleteEmptyColumns, deleteEmptyTable} of [...saves, valuesTable]) {
      const table = schema.get(tableName);
      if (table === undefined || table.isView) {
        continue;
      }
      const name = dialect.quoteTable(tableName);
      if (deleteEmptyTable && (yield statement(`SELECT 1 AS "one" FROM ${name} LIMIT 1`)).length === 0) {
        yield statement(`DROP TABLE ${name}`);
        schema.delete(tableName);
        continue;
      }
      for (const column of deleteEmptyColumns ? writableColumns(table) : []) {
        const columnName = dialect.quote(column.name);
        const isUsed = `SELECT 1 AS "one" FROM ${name} WHERE ${columnName} IS NOT NULL LIMIT 1`;
        if ((yield statement(isUsed)).length === 0) {
          yield statement(`ALTER TABLE ${name} DROP COLUMN ${columnName}`);
          table.columns.delete(column.cellId);
        }
      }
    }
  }

  return {
    *saveAll(schema, {changes, since, store, onProgress, isExplicit}, isSingle = false) {
      const totalRows =
        changes === undefined
          ? saves.reduce((sum, {tableId}) => sum + store.getRowCount(tableId), 0)
          : undefined;
      let doneRows = 0;
      const doneRow = () => {
        if (++doneRows % 1_000 === 0) {
          onProgress(doneRows, totalRows);
        }
      };
      const how: How = {doneRow, isSingle};
      const uncounted: How = {doneRow: ignoreRow, isSingle};
      const {inOrder, parentNames, isCircular} = orderByReference(saves, schema);
      if (isCircular) {
        yield dialect.deferReferences;
      }
      const changesOf = ({tableId}: TabularSave) => own((changes ?? since)?.[0], tableId) ?? {};
      // What was unique in a row that goes may be so in one that comes; but nobody refers to what is gone, when that is
      // looked at at once.
      const isDeletedFirst = ({tableName}: TabularSave) => isCircular || !parentNames.has(tableName);
      for (const save of inOrder.filter(isDeletedFirst)) {
        yield* deleteRows(schema, save, changesOf(save), how);
      }
      for (const save of inOrder) {
        if (changes === undefined) {
          yield* saveWholeTable(schema, save, store, how);
        }
        const rowOf = (rowId: Id) => store.getRow(save.tableId, rowId);
        yield* saveRows(schema, save, changesOf(save), rowOf, changes === undefined ? uncounted : how);
      }
      for (const save of [...inOrder].reverse().filter((save) => !isDeletedFirst(save))) {
        yield* deleteRows(schema, save, changesOf(save), how);
      }
      const values = valuesSave === false ? {} : store.getValues();
      const changedValues = changes?.[1] ?? Object.assign(emptyObject<RowChanges>(), since?.[1], values);
      yield* saveValues(schema, changedValues, values, uncounted);
      if (isExplicit) {
        yield* deleteEmpty(schema);
      }
      if (totalRows !== undefined) {
        onProgress(totalRows, totalRows);
      }
    },

    *clear(schema) {
      for (const {tableName, condition} of saves) {
        const load = loads.find((other) => other.tableName === tableName);
        if (load !== undefined && schema.has(tableName)) {
          const conditions = [...new Set([load.condition, condition])].flatMap(
            (each) => fillCondition(dialect, each, tableName) ?? [],
          );
          const where = conditions.map((each) => `(${each})`).join(' AND ');
          yield statement(
            `DELETE FROM ${dialect.quoteTable(tableName)}${where === '' ? '' : ` WHERE ${where}`}`,
          );
        }
      }
      const emptied = [...(schema.get(valuesTableName)?.columns.values() ?? [])].filter(
        ({cellId}) => isAmong(cellId, valuesLoad) && isAmong(cellId, valuesSave),
      );
      if (emptied.length > 0) {
        const assignments = emptied.map(({name}) => `${dialect.quote(name)} = NULL`);
        yield statement(`UPDATE ${dialect.quoteTable(valuesTableName)} SET ${assignments.join(', ')}`);
      }
    },
  };
};

// Whether rows are written one a statement, and who is told of each.
interface How {
  readonly doneRow: () => void;
  readonly isSingle: boolean;
}

// The tables that others refer to before those, and whether some refer to one another in a circle.
const orderByReference = (saves: readonly TabularSave[], schema: Schema) => {
  const saved = new Set(saves.map(({tableName}) => tableName));
  const parentsOf = ({tableName}: TabularSave): string[] =>
    [...(schema.get(tableName)?.parents ?? [])].filter((parent) => saved.has(parent));
  const parentNames = new Set(saves.flatMap(parentsOf));
  const inOrder: TabularSave[] = [];
  const written = new Set<string>();
  let rest = [...saves];
  let isCircular = false;
  while (rest.length > 0) {
    const ready = rest.filter((save) => parentsOf(save).every((parent) => written.has(parent)));
    const next = ready.length > 0 ? ready : rest;
    isCircular ||= ready.length === 0;
    inOrder.push(...next);
    for (const {tableName} of next) {
      written.add(tableName);
    }
    rest = rest.filter((save) => !next.includes(save));
  }
  return {inOrder, parentNames, isCircular};
};

const isAmong = (valueId: Id, ids: boolean | readonly Id[]): boolean =>
  typeof ids === 'boolean' ? ids : ids.includes(valueId);

const own = (tables: TablesChanges | undefined, tableId: Id): TableChanges | undefined =>
  tables !== undefined && Object.hasOwn(tables, tableId) ? (tables[tableId] ?? {}) : undefined;

const ignoreRow = (): void => undefined;

function* changedRows(
  changes: TableChanges,
  rowOf: (rowId: Id) => Row,
  doneRow: () => void,
): Generator<readonly [Id, RowChanges, Row]> {
  for (const rowId of Object.keys(changes)) {
    const row = changes[rowId];
    if (row !== undefined) {
      yield [rowId, row, rowOf(rowId)];
    }
    doneRow();
  }
}

function* wholeRows(
  store: StoreReader,
  tableId: Id,
  rowIds: readonly Id[],
  doneRow: () => void,
): Generator<readonly [Id, RowChanges, Row]> {
  for (const rowId of rowIds) {
    const row = store.getRow(tableId, rowId);
    yield [rowId, row, row];
    doneRow();
  }
}

function* rowsOf(store: StoreReader, tableId: Id, rowIds: readonly Id[]): Generator<RowChanges> {
  for (const rowId of rowIds) {
    yield store.getRow(tableId, rowId);
  }
}
