// Loads what the configuration of the `tabular` layout names: its tables and values, all of them or the rows that the
// log tells of. Knows the mapping; nothing of transactions, versions or saving.

import {emptyObject, isEmptyObject, markReplacement, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges, Table, TableChanges, Values} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Dialect} from '../sql/dialect.ts';
import type {LogEntry} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import type {Steps} from './steps.ts';
import type {ProgressListener, StoredContent} from './storage.ts';
import {type DamageListener, fillCondition, type TabularReader} from './tabular-reader.ts';
import type {Schema} from './tabular-schema.ts';

/** The id of the one row in which values lie. */
export const VALUES_ROW_ID = '_';

/** What of a configuration says what is loaded. */
type LoadedPart = Pick<ResolvedTabular, 'load' | 'valuesLoad'>;

/** What is not loaded from the database is left alone in the store. */
export const loadedScope = ({
  load,
  valuesLoad,
}: LoadedPart): Pick<StoredContent, 'tableIds' | 'valueIds'> => ({
  tableIds: new Set(load.map(({tableId}) => tableId)),
  ...(valuesLoad === true ? {} : {valueIds: new Set<Id>(valuesLoad === false ? [] : valuesLoad)}),
});

export interface TabularLoader {
  /** Everything under `load`, or undefined where none of its tables is there. */
  loadAll(
    schema: Schema,
    onProgress: ProgressListener,
    onDamage: DamageListener,
    /** The part of the configuration that is wanted; default all of it. */
    part?: LoadedPart,
  ): Steps<Content | undefined>;
  /** The present state of the rows that the log names, each whole. */
  loadEntries(schema: Schema, entries: readonly LogEntry[], onDamage: DamageListener): Steps<Changes>;
}

export const createTabularLoader = (
  dialect: Dialect,
  config: ResolvedTabular,
  reader: TabularReader,
): TabularLoader => {
  const {load, valuesLoad, valuesTableName} = config;

  function* loadValues(
    schema: Schema,
    onDamage: DamageListener,
    wanted: ResolvedTabular['valuesLoad'],
  ): Steps<Values> {
    const table = schema.get(valuesTableName);
    if (wanted === false || table === undefined) {
      return emptyObject();
    }
    const rows = yield* reader.readRows(table, [VALUES_ROW_ID], undefined, onDamage);
    const row: Row = rows[VALUES_ROW_ID] ?? emptyObject();
    return wanted === true ? row : pickCells(row, wanted);
  }

  return {
    *loadAll(schema, onProgress, onDamage, part = config) {
      const tables: Content[0] = emptyObject();
      let isAnyThere = part.valuesLoad !== false && schema.has(valuesTableName);
      let doneRows = 0;
      for (const {tableName, tableId, condition} of part.load) {
        const table = schema.get(tableName);
        if (table === undefined) {
          continue;
        }
        isAnyThere = true;
        const where = fillCondition(dialect, condition, tableName);
        const rows = yield* reader.readTable(table, where, onDamage, (rowCount) => {
          doneRows += rowCount;
          onProgress(doneRows, undefined);
        });
        // Several database tables may be loaded into one table of the store.
        tables[tableId] = Object.hasOwn(tables, tableId)
          ? Object.assign(tables[tableId] as Table, rows)
          : rows;
      }
      return isAnyThere ? [tables, yield* loadValues(schema, onDamage, part.valuesLoad)] : undefined;
    },

    *loadEntries(schema, entries, onDamage) {
      const changes = noChanges();
      for (const {tableName, tableId, condition} of load) {
        const table = schema.get(tableName);
        const keys = [...new Set(entries.filter((entry) => entry.table === tableName).map(({row}) => row))];
        if (table === undefined || keys.length === 0) {
          continue;
        }
        const rows = yield* reader.readRows(
          table,
          keys,
          fillCondition(dialect, condition, tableName),
          onDamage,
        );
        const tableChanges: TableChanges = changes[0][tableId] ?? emptyObject();
        changes[0][tableId] = tableChanges;
        for (const key of keys) {
          const rowId = reader.rowIdOf(key);
          if (rowId === undefined) {
            continue;
          }
          const row = Object.hasOwn(rows, rowId) ? rows[rowId] : undefined;
          tableChanges[rowId] =
            row === undefined || isEmptyObject(row) ? undefined : markReplacement(row as RowChanges);
        }
      }
      if (valuesLoad !== false && entries.some(({table}) => table === valuesTableName)) {
        changes[1] = yield* loadValues(schema, onDamage, valuesLoad);
        if (valuesLoad === true) {
          markReplacement(changes[1]);
        } else {
          // Of the values listed, those that are gone are told of by name.
          for (const valueId of valuesLoad) {
            changes[1][valueId] ??= undefined;
          }
        }
      }
      return changes;
    },
  };
};

/** The tables whose rows stay in the store where somebody drops them: those that are saved to, and not dropped when empty. */
export const keptWhereDropped = ({save}: ResolvedTabular): ReadonlySet<string> =>
  new Set(save.flatMap(({tableName, deleteEmptyTable}) => (deleteEmptyTable ? [] : tableName)));

/** Gathers damaged cells into one fault. */
export const createDamageReport = (): {
  readonly note: DamageListener;
  readonly fault: () => Error | undefined;
} => {
  const found: {tableName: string; rowId: Id; cellId: Id}[] = [];
  return {
    note: (tableName, rowId, cellId) => {
      found.push({tableName, rowId, cellId});
    },
    fault: () =>
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

/** The cells or values of these ids. */
export const pickCells = <Cells extends RowChanges>(cells: Cells, ids: readonly Id[]): Cells => {
  const some = emptyObject<Cells>();
  for (const id of ids) {
    if (Object.hasOwn(cells, id)) {
      some[id as keyof Cells] = cells[id] as Cells[keyof Cells];
    }
  }
  return some;
};
