// Layout `tabular`: tables of the store as tables of the database, as the configuration maps them, and values as the
// one row `_` of a table of their own. Nothing is read or written that the configuration does not name, but for the
// log of changes (`holdfast_log`), which tables that are both loaded and saved keep by triggers while anybody watches.

import {emptyObject, markReplacement, noChanges} from '../base/changes.ts';
import type {Content, Id, Row, RowChanges, Table, TableChanges, Values} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import {statement} from '../sql/statement.ts';
import {createChangeLog, type LogEntry} from './change-log.ts';
import {readerOf} from './content-reader.ts';
import type {ResolvedTabular, TabularSave} from './database-config.ts';
import {createDatabaseWatch} from './database-watch.ts';
import {createGate} from './gate.ts';
import {createLogPosition} from './log-position.ts';
import type {MigratableLayout} from './migration.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, StoreReader, Write} from './storage.ts';
import {createTabularReader, fillCondition} from './tabular-reader.ts';
import {createTabularSchema, type Schema, type TableSchema} from './tabular-schema.ts';
import {createTabularWriter} from './tabular-writer.ts';

const VALUES_ROW_ID = '_';
const LOG_TABLE = 'holdfast_log';

export const createTabularLayout = (
  connection: Connection,
  config: ResolvedTabular,
  ports: Ports = hostPorts,
): Storage => {
  const {dialect, limits} = connection;
  const schemas = createTabularSchema(dialect);
  const reader = createTabularReader(dialect, limits);
  const writer = createTabularWriter(dialect, limits, schemas);
  const watch = createDatabaseWatch(connection, config.autoLoadIntervalSeconds, ports);
  const log = createChangeLog(dialect, LOG_TABLE);
  const position = createLogPosition();
  const keyNames = nameKeys(config);
  const valuesLoad = pick(config.valuesLoad);
  const valuesSave = pick(config.valuesSave);
  const valuesTable: TabularSave = {
    tableName: config.valuesTableName,
    tableId: '',
    rowIdColumnName: '_id',
    condition: undefined,
    deleteEmptyColumns: false,
    deleteEmptyTable: false,
  };
  const loadsValues = config.valuesLoad !== false;
  const savesValues = config.valuesSave !== false;
  // The tables as they were last seen; undefined: not known.
  let schema: Schema | undefined;
  let isLogged = false;

  const damages = () => {
    const found: {tableName: string; rowId: Id; cellId: Id}[] = [];
    return {
      note: (tableName: string, rowId: Id, cellId: Id) => {
        found.push({tableName, rowId, cellId});
      },
      fault: (): Error | undefined =>
        found.length === 0
          ? undefined
          : new HoldfastError(
              'storage/unreadable',
              `${found.length} cells could not be read, the first in column "${found[0]?.cellId}" of table "${found[0]?.tableName}"; ` +
                'they were left out, and stay in the database until they are overwritten.',
              {cellCount: found.length, first: found[0]},
            ),
    };
  };

  function* ensureSchema(): Steps<Schema> {
    schema ??= yield* schemas.read(keyNames);
    return schema;
  }

  function* readValues(known: Schema, onDamage: ReturnType<typeof damages>['note']): Steps<Values> {
    const table = known.get(config.valuesTableName);
    if (!loadsValues || table === undefined) {
      return emptyObject();
    }
    const rows = yield* reader.readRows(table, [VALUES_ROW_ID], undefined, onDamage);
    const row: Row = rows[VALUES_ROW_ID] ?? emptyObject();
    return valuesLoad === undefined ? row : only(row, valuesLoad);
  }

  // Everything under `load`, or undefined where none of its tables is there.
  function* readEverything(
    onProgress: ProgressListener,
    onDamage: ReturnType<typeof damages>['note'],
  ): Steps<Content | undefined> {
    schema = yield* schemas.read(keyNames);
    const tables: Content[0] = emptyObject();
    let isAnyThere = loadsValues && schema.has(config.valuesTableName);
    let doneRows = 0;
    for (const {tableName, tableId, condition} of config.load) {
      const table = schema.get(tableName);
      if (table === undefined) {
        continue;
      }
      isAnyThere = true;
      const rows = yield* reader.readTable(
        table,
        fillCondition(dialect, condition, tableName),
        onDamage,
        (rowCount) => {
          doneRows += rowCount;
          onProgress(doneRows, undefined);
        },
      );
      // Several database tables may be loaded into one table of the store.
      tables[tableId] = Object.hasOwn(tables, tableId) ? Object.assign(tables[tableId] as Table, rows) : rows;
    }
    return isAnyThere ? [tables, yield* readValues(schema, onDamage)] : undefined;
  }

  function* ensureTable(known: Schema, {tableName, rowIdColumnName}: TabularSave): Steps<TableSchema> {
    const table = known.get(tableName);
    if (table !== undefined) {
      return table;
    }
    const created = schemas.create(tableName, rowIdColumnName);
    yield created.statement;
    known.set(tableName, created.table);
    return created.table;
  }

  function* writeRows(
    known: Schema,
    save: TabularSave,
    changes: TableChanges,
    rowOf: (rowId: Id) => Row,
    doneRow: () => void,
  ): Steps {
    const deleted: Id[] = [];
    const changed: RowChanges[] = [];
    for (const rowId of Object.keys(changes)) {
      const row = changes[rowId];
      if (row === undefined) {
        deleted.push(rowId);
      } else {
        changed.push(row);
      }
    }
    const existing = known.get(save.tableName);
    if (changed.length > 0) {
      const table = yield* ensureTable(known, save);
      yield* writer.prepareColumns(table, changed);
      yield* writer.writeRows(table, changedRows(changes, rowOf, doneRow));
    }
    if (existing !== undefined && deleted.length > 0) {
      yield* writer.deleteRows(existing, deleted, fillCondition(dialect, save.condition, save.tableName));
    }
  }

  function* writeWholeTable(
    known: Schema,
    save: TabularSave,
    store: StoreReader,
    doneRow: () => void,
  ): Steps {
    const rowIds = store.getRowIds(save.tableId);
    if (rowIds.length === 0) {
      return;
    }
    const table = yield* ensureTable(known, save);
    if (store.getTableCellIds(save.tableId).some((cellId) => !table.columns.has(cellId))) {
      yield* writer.prepareColumns(table, rowsOf(store, save.tableId, rowIds));
    }
    yield* writer.writeRows(table, wholeRows(store, save.tableId, rowIds, doneRow));
  }

  function* writeValues(known: Schema, changes: RowChanges, values: Values): Steps {
    const row = valuesSave === undefined ? values : only(values, valuesSave);
    const some = valuesSave === undefined ? changes : only(changes, valuesSave);
    if (savesValues && Object.keys(some).length > 0) {
      yield* writeRows(
        known,
        valuesTable,
        {[VALUES_ROW_ID]: some},
        () => row,
        () => undefined,
      );
    }
  }

  function* writeEverything({changes, store, onProgress, isExplicit}: Write): Steps {
    const known = yield* ensureSchema();
    const totalRows =
      changes === undefined
        ? config.save.reduce((sum, {tableId}) => sum + store.getRowCount(tableId), 0)
        : undefined;
    let doneRows = 0;
    const doneRow = () => {
      if (++doneRows % 1_000 === 0) {
        onProgress(doneRows, totalRows);
      }
    };
    for (const save of config.save) {
      if (changes === undefined) {
        yield* writeWholeTable(known, save, store, doneRow);
      } else if (Object.hasOwn(changes[0], save.tableId)) {
        const rows = changes[0][save.tableId] ?? {};
        yield* writeRows(known, save, rows, (rowId) => store.getRow(save.tableId, rowId), doneRow);
      }
    }
    const values = savesValues ? store.getValues() : {};
    yield* writeValues(known, changes === undefined ? values : changes[1], values);
    if (isExplicit) {
      yield* deleteEmpty(known);
    }
    if (totalRows !== undefined) {
      onProgress(totalRows, totalRows);
    }
  }

  function* deleteEmpty(known: Schema): Steps {
    for (const {tableName, deleteEmptyColumns, deleteEmptyTable} of config.save) {
      const table = known.get(tableName);
      if (table === undefined || table.isView) {
        continue;
      }
      const name = dialect.quote(tableName);
      if (deleteEmptyTable && (yield statement(`SELECT 1 AS "one" FROM ${name} LIMIT 1`)).length === 0) {
        yield statement(`DROP TABLE ${name}`);
        known.delete(tableName);
        continue;
      }
      for (const column of deleteEmptyColumns ? [...table.columns.values()] : []) {
        const columnName = dialect.quote(column.name);
        if (
          (yield statement(`SELECT 1 AS "one" FROM ${name} WHERE ${columnName} IS NOT NULL LIMIT 1`))
            .length === 0
        ) {
          yield statement(`ALTER TABLE ${name} DROP COLUMN ${columnName}`);
          table.columns.delete(column.cellId);
        }
      }
    }
  }

  const layout: MigratableLayout = {
    scope: 'tabular',
    hasData: async (query) => (await query(dialect.describe([...keyNames.keys()]))).length > 0,
    readAll: async (query) => {
      const content = await runSteps(
        query,
        readEverything(ignoreProgress, () => undefined),
      );
      return content ?? [{}, {}];
    },
    replaceAll: async (query, content) => {
      const known = await runSteps(query, schemas.read(keyNames));
      for (const {tableName, condition} of config.save) {
        if (known.has(tableName)) {
          const where = fillCondition(dialect, condition, tableName);
          await query(
            statement(
              `DELETE FROM ${dialect.quote(tableName)}${where === undefined ? '' : ` WHERE ${where}`}`,
            ),
          );
        }
      }
      if (savesValues && known.has(config.valuesTableName)) {
        await query(statement(`DELETE FROM ${dialect.quote(config.valuesTableName)}`));
      }
      schema = known;
      await runSteps(
        query,
        writeEverything({
          changes: undefined,
          isExplicit: false,
          store: readerOf(content),
          onProgress: ignoreProgress,
          onFault: () => undefined,
        }),
      );
      schema = undefined;
    },
  };
  const gate = createGate(connection, layout, config);
  const loadedTables = new Set(config.load.map(({tableId}) => tableId));

  // Whether every loaded table is one whose changes the log tells.
  const observed = (known: Schema): readonly TableSchema[] | undefined => {
    const names = [
      ...config.load.map(({tableName}) => tableName),
      ...(loadsValues ? [config.valuesTableName] : []),
    ];
    const tables = names.map((name) => known.get(name));
    const isSaved = (name: string) =>
      name === config.valuesTableName ? savesValues : config.save.some(({tableName}) => tableName === name);
    return names.every(isSaved) && tables.every((table) => table !== undefined && !table.isView)
      ? (tables as TableSchema[])
      : undefined;
  };

  const startLog = async (): Promise<void> => {
    isLogged = false;
    if (dialect.name !== 'sqlite') {
      return;
    }
    try {
      const {result} = await connection.transaction('write', function* () {
        schema = yield* schemas.read(keyNames);
        const tables = observed(schema);
        if (tables === undefined) {
          return undefined;
        }
        yield log.create;
        for (const {name, keyName} of tables) {
          yield* log.observe(name, keyName);
        }
        return Number((yield log.readNewest)[0]?.seq);
      });
      if (result !== undefined) {
        position.moveTo(result);
        isLogged = true;
      }
    } catch (error) {
      // A database that is only read has no log: what changed is found by reading the tables.
      if (!isHoldfastError(error)) {
        throw error;
      }
    }
  };

  function* readEntries(
    known: Schema,
    entries: readonly LogEntry[],
    onDamage: ReturnType<typeof damages>['note'],
  ) {
    const changes = noChanges();
    for (const {tableName, tableId, condition} of config.load) {
      const table = known.get(tableName) as TableSchema;
      const keys = [...new Set(entries.filter((entry) => entry.table === tableName).map(({row}) => row))];
      if (keys.length === 0) {
        continue;
      }
      const rows: Table = yield* reader.readRows(
        table,
        keys,
        fillCondition(dialect, condition, tableName),
        onDamage,
      );
      const tableChanges: TableChanges = changes[0][tableId] ?? emptyObject();
      changes[0][tableId] = tableChanges;
      for (const key of keys) {
        const rowId = reader.rowIdOf(key);
        const row = rows[rowId];
        tableChanges[rowId] =
          row === undefined || Object.keys(row).length === 0 ? undefined : markReplacement(row as RowChanges);
      }
    }
    if (loadsValues && entries.some(({table}) => table === config.valuesTableName)) {
      changes[1] = markReplacement(yield* readValues(known, onDamage));
    }
    return changes;
  }

  return {
    read: async (onProgress): Promise<StoredContent | undefined> => {
      await gate.pass();
      await watch.noteRead();
      const damage = damages();
      const {result} = await connection.transaction('read', function* () {
        if (isLogged) {
          position.moveTo(Number((yield log.readNewest)[0]?.seq));
        }
        return yield* readEverything(onProgress, damage.note);
      });
      const fault = damage.fault();
      return result === undefined
        ? undefined
        : {
            content: result,
            tableIds: loadedTables,
            ...(loadsValues && valuesLoad === undefined ? {} : {valueIds: valuesLoad ?? new Set()}),
            ...(fault === undefined ? {} : {fault}),
          };
    },

    write: async (write) => {
      await gate.pass();
      for (let attempt = 1; ; attempt++) {
        const wasThere = new Set(schema?.keys());
        try {
          watch.noteWrite(
            await connection.transaction('write', () => writeEverything(write), watch.around()),
          );
          return 'stored';
        } catch (error) {
          schema = undefined;
          if (attempt > 1 || !isSchemaFault(error)) {
            throw error;
          }
          // Somebody altered the schema: it is read anew. A table that is gone is to be written whole.
          const {result: now} = await connection.transaction('read', () => ensureSchema());
          if ([...wasThere].some((name) => !now.has(name))) {
            return 'whole-needed';
          }
        }
      }
    },

    readOutside: async (): Promise<OutsideChange | undefined> => {
      if (!(await watch.takeChange())) {
        return undefined;
      }
      if (!isLogged) {
        return {kind: 'unknown'};
      }
      const damage = damages();
      const {result} = await connection.transaction('read', function* () {
        const known = yield* schemas.read(keyNames);
        const isStillObserved = observed(known) !== undefined;
        schema = known;
        const news = isStillObserved ? yield* log.readNews(position.seq(), position.isOwn) : undefined;
        if (news?.kind !== 'rows') {
          return {news, changes: undefined};
        }
        return {news, changes: yield* readEntries(known, news.entries, damage.note)};
      });
      if (result.news === undefined || result.news.kind === 'unknown') {
        await startLog();
        return {kind: 'unknown'};
      }
      if (result.news.kind === 'nothing' || result.changes === undefined) {
        return undefined;
      }
      position.moveTo(result.news.seq);
      return {kind: 'changes', changes: result.changes};
    },

    watch: async (listener) => {
      await gate.pass();
      await startLog();
      return watch.start(() => listener());
    },
    close: () => connection.close(),
  };
};

const ignoreProgress: ProgressListener = () => undefined;

const isSchemaFault = (error: unknown): boolean =>
  isHoldfastError(error, 'driver/missing') || isHoldfastError(error, 'driver/statement-failed');

const nameKeys = ({
  load,
  save,
  valuesLoad,
  valuesSave,
  valuesTableName,
}: ResolvedTabular): Map<string, string> => {
  const names = new Map<string, string>();
  for (const {tableName, rowIdColumnName} of [...load, ...save]) {
    names.set(tableName, rowIdColumnName);
  }
  if (valuesLoad !== false || valuesSave !== false) {
    names.set(valuesTableName, '_id');
  }
  return names;
};

const pick = (ids: boolean | readonly Id[]): ReadonlySet<Id> | undefined =>
  typeof ids === 'boolean' ? undefined : new Set(ids);

const only = <Cells extends RowChanges>(cells: Cells, ids: ReadonlySet<Id>): Cells => {
  const some = emptyObject<Cells>();
  for (const id of Object.keys(cells)) {
    if (ids.has(id)) {
      some[id as keyof Cells] = cells[id] as Cells[keyof Cells];
    }
  }
  return some;
};

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
