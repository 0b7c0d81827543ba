// Puts a store together: the state, the methods that look, write and listen, and what a new one starts with.

import {createListenerRegistry} from './listeners.ts';
import {createListening} from './listening.ts';
import {createReaders} from './readers.ts';
import type {State} from './state.ts';
import type {Store} from './store.ts';
import {createWriters} from './writers.ts';

/**
 * Creates a store: reactive tables of rows of cells, and named values, in memory.
 * It is empty, has no schema, and its methods can be taken off and called on their own.
 */
export const createStore = (): Store => assembleStore(createState());

/** A new state, of which nothing has been seen yet. */
export const createState = (): State => ({
  store: {} as Store,
  tables: new Map(),
  values: new Map(),
  tablesSchema: undefined,
  valuesSchema: undefined,
  tablesBefore: undefined,
  valuesBefore: undefined,
  listeners: createListenerRegistry(),
  depth: 0,
  isAborted: false,
  isClosed: false,
  log: [],
  net: undefined,
  invalidCells: new Map(),
  invalidValues: new Map(),
  isJson: false,
  hasMinusZero: false,
  hasObjects: false,
  merging: undefined,
});

/** The store of a state, with more methods where some are given. */
export const assembleStore = <Methods extends object>(state: State, more?: Methods): Store & Methods => {
  const methods = {...createReaders(state), ...createWriters(state), ...createListening(state), ...more};
  // That every method of the interface is there, with its types, cannot be said of functions that were made from a list; a test says it.
  return Object.freeze(Object.assign(state.store, methods as unknown as Store & Methods));
};
