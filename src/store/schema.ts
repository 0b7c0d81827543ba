// What happens to the data when a schema comes into force. Runs inside a transaction that somebody else opened.

import type {Id} from '../base/content.ts';
import {admitRow, admitValues, refuseCell, rememberKinds} from './admit.ts';
import {copyTables, copyValues} from './copies.ts';
import {putRow, putValue, removeTable, removeValue, tableFor} from './log.ts';
import type {TableRules} from './rules.ts';
import type {Cells, State, Stored} from './state.ts';
import {fromStored} from './stored.ts';

/**
 * Removes what a new schema does not allow, and adds its defaults: takes everything out and puts back what is admitted,
 * in the order of `getTables`, as TinyBase does. Listeners are told of differences only, since they see the whole.
 */
export const obeyTablesSchema = (state: State): void => {
  for (const rules of state.tablesSchema?.values() ?? []) rememberDefaults(state, rules);
  const admitted: [tableId: Id, rowId: Id, cells: Cells][] = [];
  const tables = copyTables(state);
  for (const tableId in tables) {
    if (!state.tablesSchema?.has(tableId)) refuseCell(state, tableId);
    else {
      const {newCells} = tableFor(state, tableId);
      for (const rowId in tables[tableId]) {
        const cells = admitRow(state, tableId, rowId, tables[tableId][rowId], newCells());
        if (cells) admitted.push([tableId, rowId, cells]);
      }
    }
  }
  for (const tableId of [...state.tables.keys()]) removeTable(state, tableId);
  for (const [tableId, rowId, cells] of admitted)
    putRow(state, tableId, rowId, cells, tableFor(state, tableId));
};

export const obeyValuesSchema = (state: State): void => {
  rememberDefaults(state, state.valuesSchema ?? new Map());
  const admitted = admitValues(state, copyValues(state));
  for (const valueId of [...state.values.keys()]) removeValue(state, valueId);
  for (const valueId in admitted) putValue(state, valueId, admitted[valueId] as Stored);
};

const rememberDefaults = (state: State, rules: TableRules): void => {
  for (const rule of rules.values()) rememberKinds(state, fromStored(rule.default));
};
