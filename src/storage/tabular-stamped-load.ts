// Loads what the configuration of the `tabular` layout names, as texts with their stamps. What somebody edited who knows of no
// stamps is set apart, and stamped in a transaction that may write (`settle`). Knows the mapping; nothing of transactions.
//
// A row that no longer meets a condition was not deleted: it is not loaded, and whoever has it keeps it.

import {emptyObject, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, Table, TablesChanges} from '../base/content.ts';
import {escapeId, mergeStampedRows, unescapeId} from '../merge/stamped-cells.ts';
import type {Dialect} from '../sql/dialect.ts';
import type {LogEntry} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import type {NotedRows, StampTable} from './stamp-table.ts';
import {cellsAmong, rowsAmong} from './stamped-changes.ts';
import {type Notes, stampRow, type Texts} from './stamped-row.ts';
import type {Steps} from './steps.ts';
import {pickCells, type TabularLoader, VALUES_ROW_ID} from './tabular-load.ts';
import {type DamageListener, fillCondition, type TabularReader} from './tabular-reader.ts';
import type {Schema, TableSchema} from './tabular-schema.ts';
import {createDamage, isRowId, onlyDeleted, type StampedRows} from './tabular-stamped-rows.ts';

/** What was read of tables by name, and is to be stamped: the rows, with what they are unless they turn out to be there. */
interface Unsettled {
  readonly rows: Map<string, Map<Id, Texts>>;
  /** The tables of which all is to have a stamp from now on. */
  readonly tableNames: Set<string>;
}

export interface StampedLoader extends TabularLoader {
  /** Forgets what was set apart. */
  begin(): void;
  /** Whether anything was. */
  hasUnsettled(): boolean;
  /** Stamps what was set apart, and answers with it. */
  settle(schema: Schema): Steps<Changes>;
  /** What was set apart, with stamps that nobody else will learn of. */
  unsettled(): Changes;
}

export interface StampedLoaderParts {
  readonly dialect: Dialect;
  readonly config: ResolvedTabular;
  readonly reader: TabularReader;
  readonly stamps: StampTable;
  readonly rows: StampedRows;
}

export const createStampedLoader = ({
  dialect,
  config,
  reader,
  stamps,
  rows: stampedRows,
}: StampedLoaderParts): StampedLoader => {
  const {load, valuesLoad, valuesTableName} = config;
  let unsettled: Unsettled = {rows: new Map(), tableNames: new Set()};

  const setApart = (tableName: string, id: Id, texts: Texts): void => {
    const rows = unsettled.rows.get(tableName) ?? new Map<Id, Texts>();
    unsettled.rows.set(tableName, rows.set(id, texts));
  };

  // Adds what a row is to what is loaded: to the tables that it is loaded into, or the values.
  const addRow = ([tables, values]: Changes | Content, tableName: string, id: Id, texts: Texts): void => {
    for (const {tableName: name, tableId} of load) {
      if (name === tableName) {
        const rows = rowsAmong(tables as TablesChanges, tableId);
        rows[id] = mergeStampedRows(cellsAmong(rows, id) as Texts, texts);
      }
    }
    if (valuesLoad !== false && tableName === valuesTableName) {
      const wanted = valuesLoad === true ? texts : pickCells(texts, valuesLoad.map(escapeId));
      Object.assign(values, mergeStampedRows(values as Texts, wanted));
    }
  };

  // Takes a row as it was found, or not found: in a table of which not all is loaded it may be there all the same.
  const takeRow = (target: Changes | Content, id: Id, row: Row | undefined, found: Found): void => {
    const {tableName, noted, damage, condition} = found;
    const giveStamp = stampedRows.giveStamp(noted.isKnown);
    const stamped = stampRow(row, noted.rows.get(id) ?? {}, giveStamp, damage.of(unescapeId(id)));
    if (!stamped.isEdited) {
      addRow(target, tableName, id, stamped.texts);
    } else {
      setApart(tableName, id, row === undefined && condition !== undefined ? {} : stamped.texts);
    }
  };

  // Answers with whether anything is known of it.
  function* loadTable(target: Content, schema: Schema, wanted: Wanted): Steps<boolean> {
    const {tableName, condition, readRows, onDamage} = wanted;
    const table = schema.get(tableName);
    const damage = createDamage(onDamage);
    const noted = notedIn(table, yield* stamps.readAll(tableName));
    const rows = table === undefined ? {} : yield* readRows(table, damage.note);
    if (table !== undefined && !noted.isKnown) {
      unsettled.tableNames.add(tableName);
    }
    const found = {tableName, noted, damage, condition};
    for (const rowId of Object.keys(rows)) {
      takeRow(target, escapeId(rowId), rows[rowId], found);
    }
    for (const id of noted.rows.keys()) {
      if (!(isRowId(id) && Object.hasOwn(rows, unescapeId(id)))) {
        takeRow(target, id, undefined, found);
      }
    }
    return table !== undefined || noted.rows.size > 0;
  }

  function* loadSome(
    target: Changes,
    schema: Schema,
    {tableName, condition, entries, onDamage}: Named,
  ): Steps {
    const table = schema.get(tableName);
    const keys = [...new Set(entries.filter((entry) => entry.table === tableName).map(({row}) => row))];
    if (keys.length === 0) {
      return;
    }
    const rowIds = keys.flatMap((key) => reader.rowIdOf(key) ?? []);
    const damage = createDamage(onDamage);
    const noted = notedIn(table, yield* stamps.readRows(tableName, rowIds.map(escapeId)));
    const where = fillCondition(dialect, condition, tableName);
    const rows =
      table === undefined ? {} : yield* reader.readIds(table, rowIds, damage.note, {condition: where});
    for (const rowId of rowIds) {
      const row = Object.hasOwn(rows, rowId) ? rows[rowId] : undefined;
      takeRow(target, escapeId(rowId), row, {tableName, noted, damage, condition});
    }
  }

  // Stamps rows of one table. One that is there, but not to be loaded, is not told of.
  function* settleTable(target: Changes, schema: Schema, tableName: string, ids: readonly Id[]): Steps {
    const table = schema.get(tableName);
    const condition = load.find((other) => other.tableName === tableName)?.condition;
    for (let start = 0; table !== undefined && start < ids.length; start += ROWS_A_PORTION) {
      const some = ids.slice(start, start + ROWS_A_PORTION);
      const opened = yield* stampedRows.open(tableName, table, some, {
        onDamage: ignore,
        condition: fillCondition(dialect, condition, tableName),
      });
      const edited = new Map<Id, Notes>();
      for (const [id, {isOutside, texts, notes, isEdited}] of opened) {
        if (!isOutside) {
          addRow(target, tableName, id, texts);
          isEdited && edited.set(id, notes);
        }
      }
      yield* stamps.writeRows(tableName, edited);
    }
  }

  return {
    begin: () => {
      unsettled = {rows: new Map(), tableNames: new Set()};
    },
    hasUnsettled: () => unsettled.rows.size > 0 || unsettled.tableNames.size > 0,
    unsettled: () => {
      const changes = noChanges();
      for (const [tableName, rows] of unsettled.rows) {
        for (const [id, texts] of rows) {
          addRow(changes, tableName, id, texts);
        }
      }
      return changes;
    },
    *settle(schema) {
      const changes = noChanges();
      yield* stamps.open();
      for (const [tableName, rows] of unsettled.rows) {
        yield* settleTable(changes, schema, tableName, [...rows.keys()]);
      }
      for (const tableName of unsettled.tableNames) {
        yield* stamps.noteKnown(tableName);
      }
      return changes;
    },

    *loadAll(schema, onProgress, onDamage, part = config) {
      const content: Content = [emptyObject(), emptyObject()];
      let doneRows = 0;
      const onRows = (rowCount: number): void => {
        doneRows += rowCount;
        onProgress(doneRows, undefined);
      };
      let isAnyThere = false;
      for (const {tableName, condition} of part.load) {
        const where = fillCondition(dialect, condition, tableName);
        const readRows: Wanted['readRows'] = (table, note) => reader.readTable(table, where, note, onRows);
        const isThere = yield* loadTable(content, schema, {tableName, condition, onDamage, readRows});
        isAnyThere ||= isThere;
      }
      if (part.valuesLoad !== false) {
        const readRows: Wanted['readRows'] = (table, note) => reader.readIds(table, [VALUES_ROW_ID], note);
        const wanted = {tableName: valuesTableName, condition: undefined, onDamage, readRows};
        const isThere = yield* loadTable(content, schema, wanted);
        isAnyThere ||= isThere;
      }
      return isAnyThere ? content : undefined;
    },

    *loadEntries(schema, entries, onDamage) {
      const changes = noChanges();
      for (const {tableName, condition} of load) {
        yield* loadSome(changes, schema, {tableName, condition, entries, onDamage});
      }
      if (valuesLoad !== false) {
        yield* loadSome(changes, schema, {
          tableName: valuesTableName,
          condition: undefined,
          entries,
          onDamage,
        });
      }
      return changes;
    },
  };
};

/** Rows that are read and stamped at once. */
const ROWS_A_PORTION = 1_000;

interface Wanted {
  readonly tableName: string;
  readonly condition: string | undefined;
  readonly onDamage: DamageListener;
  readonly readRows: (table: TableSchema, onDamage: DamageListener) => Steps<Table>;
}

interface Named {
  readonly tableName: string;
  readonly condition: string | undefined;
  readonly entries: readonly LogEntry[];
  readonly onDamage: DamageListener;
}

interface Found {
  readonly tableName: string;
  readonly noted: NotedRows;
  readonly damage: ReturnType<typeof createDamage>;
  readonly condition: string | undefined;
}

// A table that is gone takes what was in it along, and what was deleted stays so.
const notedIn = (table: TableSchema | undefined, noted: NotedRows): NotedRows =>
  table === undefined
    ? {isKnown: false, rows: new Map([...noted.rows].map(([id, notes]) => [id, onlyDeleted(notes)]))}
    : noted;

const ignore = (): void => undefined;
