// What is kept as plain objects of a caller's own, without prototypes, so that every id is a safe key.

import type {CellOrUndefined, Id, Row, Table, Tables, Values} from '../base/content.ts';
import type {Cells, State, StoredOrNothing, TableState} from './state.ts';
import {fromStored} from './stored.ts';

/** Stands for a member that is left out, since `undefined` is a member too. */
export const NOTHING = {};

/** An object without a prototype, of what `make` says for each entry of a map. */
export const toObject = <Thing>(
  map: Map<Id | undefined, Thing>,
  make: (thing: Thing, id: Id) => unknown,
): {[id: Id]: unknown} => {
  const object = Object.create(null);
  map.forEach((thing, id) => {
    const made = make(thing, id as Id);
    if (made !== NOTHING) object[id as Id] = made;
  });
  return object;
};

export const itself = <Thing>(thing: Thing): Thing => thing;

/** What a caller gets for what is kept. Where no object was ever kept, strings need not be looked into. */
export const copyCell = ({hasObjects}: State, stored: StoredOrNothing): CellOrUndefined =>
  hasObjects ? fromStored(stored) : stored;

export const copyRow = (state: State, cells: Cells | undefined): Row => {
  const row = Object.create(null);
  for (const cellId in cells) row[cellId] = copyCell(state, cells[cellId]);
  return row;
};

export const copyTable = (state: State, rows: TableState['rows']): Table =>
  toObject(rows, (cells) => copyRow(state, cells)) as Table;

export const copyTables = (state: State): Tables =>
  toObject(state.tables, ({rows}) => copyTable(state, rows)) as Tables;

export const copyValues = ({values}: State): Values =>
  toObject(values, (value) => fromStored(value)) as Values;
