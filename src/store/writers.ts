// The methods of a store that write, each of which is a transaction, and the methods that open transactions.

import type {Id, Json} from '../base/content.ts';
import {removeTable} from './log.ts';
import {readTablesSchema, readValuesSchema} from './rules.ts';
import {obeyTablesSchema, obeyValuesSchema} from './schema.ts';
import type {State} from './state.ts';
import type {DoRollback} from './store.ts';
import {forEachMember} from './stored.ts';
import {
  addRow,
  deleteCell,
  deleteRow,
  setCell,
  setPartialRow,
  setRow,
  setTable,
  setTables,
} from './tables.ts';
import {begin, finish, transact} from './transaction.ts';
import {deleteValue, deleteValues, setPartialValues, setValue, setValues} from './values.ts';

export const createWriters = (state: State) => {
  const write = (actions: () => void) => {
    transact(state, actions);
    return state.store;
  };

  const writeJson = (json: Json, set: (content: unknown) => void) => {
    let content: unknown;
    try {
      content = JSON.parse(json);
    } catch {
      return state.store;
    }
    return write(() => {
      state.isJson = true;
      try {
        set(content);
      } finally {
        state.isJson = false;
      }
    });
  };

  const setContent = (content: unknown) => {
    if (Array.isArray(content)) {
      setTables(state, content[0], true);
      setValues(state, content[1], true);
    }
  };

  const setTablesSchema = (schema: unknown) =>
    write(() => {
      const tablesSchema = readTablesSchema(schema);
      if (tablesSchema) {
        state.tablesSchema = tablesSchema;
        obeyTablesSchema(state);
      }
    });

  const setValuesSchema = (schema: unknown) =>
    write(() => {
      const valuesSchema = readValuesSchema(schema);
      if (valuesSchema) {
        state.valuesSchema = valuesSchema;
        obeyValuesSchema(state);
      }
    });

  const delTablesSchema = () =>
    write(() => {
      state.tablesSchema = undefined;
    });

  const delValuesSchema = () =>
    write(() => {
      state.valuesSchema = undefined;
    });

  return {
    setContent: (content: unknown) =>
      write(() => setContent(typeof content === 'function' ? content() : content)),
    setTables: (tables: unknown) => write(() => setTables(state, tables)),
    setTable: (tableId: Id, table: unknown) => write(() => setTable(state, `${tableId}`, table)),
    setRow: (tableId: Id, rowId: Id, row: unknown) =>
      write(() => setRow(state, `${tableId}`, `${rowId}`, row)),
    addRow: (tableId: Id, row: unknown, reuseRowIds?: boolean) =>
      transact(state, () => addRow(state, `${tableId}`, row, reuseRowIds)),
    setPartialRow: (tableId: Id, rowId: Id, row: unknown) =>
      write(() => setPartialRow(state, `${tableId}`, `${rowId}`, row)),
    setCell: (tableId: Id, rowId: Id, cellId: Id, cell: unknown) =>
      write(() => setCell(state, `${tableId}`, `${rowId}`, `${cellId}`, cell)),
    setValues: (values: unknown) => write(() => setValues(state, values)),
    setPartialValues: (values: unknown) => write(() => setPartialValues(state, values)),
    setValue: (valueId: Id, value: unknown) => write(() => setValue(state, `${valueId}`, value)),

    applyChanges: (changes: unknown) => write(() => apply(state, changes)),

    setTablesJson: (json: Json) => writeJson(json, (tables) => setTables(state, tables, true)),
    setValuesJson: (json: Json) => writeJson(json, (values) => setValues(state, values, true)),
    setJson: (json: Json) =>
      write(() =>
        writeJson(json, (content) =>
          Array.isArray(content) ? setContent(content) : setTables(state, content, true),
        ),
      ),

    setTablesSchema,
    setValuesSchema,
    setSchema: (tablesSchema: unknown, valuesSchema?: unknown) => {
      setTablesSchema(tablesSchema);
      return setValuesSchema(valuesSchema);
    },
    delTablesSchema,
    delValuesSchema,
    delSchema: () => {
      delTablesSchema();
      return delValuesSchema();
    },

    delTables: () => write(() => setTables(state, {}, true)),
    delTable: (tableId: Id) => write(() => removeTable(state, `${tableId}`)),
    delRow: (tableId: Id, rowId: Id) => write(() => deleteRow(state, `${tableId}`, `${rowId}`)),
    delCell: (tableId: Id, rowId: Id, cellId: Id, forceDel?: boolean) =>
      write(() => deleteCell(state, `${tableId}`, `${rowId}`, `${cellId}`, forceDel)),
    delValues: () => write(() => deleteValues(state)),
    delValue: (valueId: Id) => write(() => deleteValue(state, `${valueId}`)),

    transaction: <Return>(actions: () => Return, doRollback?: DoRollback) =>
      transact(state, actions, doRollback),
    startTransaction: () => {
      begin(state);
      return state.store;
    },
    finishTransaction: (doRollback?: DoRollback) => {
      finish(state, doRollback);
      return state.store;
    },
  };
};

/** Sets what changes name, and deletes where they have `undefined`, or `null` for a row or table. */
const apply = (state: State, changes: unknown): void => {
  const [tables, values] = Array.isArray(changes) ? changes : [];
  forEachMember(tables, (table, tableId) => {
    if (table === undefined || table === null) removeTable(state, tableId);
    forEachMember(table, (row, rowId) => {
      if (row === undefined || row === null) deleteRow(state, tableId, rowId);
      forEachMember(row, (cell, cellId) => {
        if (cell === undefined) deleteCell(state, tableId, rowId, cellId, true);
        else setCell(state, tableId, rowId, cellId, cell);
        // A new row is in the log with all that it has when somebody looks: each cell is stamped once.
        state.merging?.stamp();
      });
    });
  });
  forEachMember(values, (value, valueId) => {
    if (value === undefined) deleteValue(state, valueId);
    else setValue(state, valueId, value);
  });
};
