// Transactions: when they begin and end, who is called on the way, and what becomes of errors.
//
//   idle ─begin→ open ─finish→ mutator listeners ─→ doRollback ─→ will finish ─→ closed: other listeners ─→ did finish ─→ idle
//                  └── an error anywhere up to "will finish" rolls back
//
// Invariants: 1. Nested transactions are one: only the outermost does anything at its end. 2. What fails inside (even if the error is
// caught there) fails as a whole. 3. From "closed" on nothing can be written, and an error no longer takes anything back.

import {announce} from './announce.ts';
import {eachListener, type Listener} from './listeners.ts';
import {netChanges, netChangesSoFar, rollBack} from './net-changes.ts';
import type {State} from './state.ts';
import type {DoRollback} from './store.ts';

/** Runs the actions in a transaction; does nothing and returns `undefined` where writing is not allowed. */
export const transact = <Return>(
  state: State,
  actions: () => Return,
  doRollback?: DoRollback,
): Return | undefined => {
  if (state.isClosed) return undefined;
  begin(state);
  let result: Return;
  try {
    result = actions();
  } catch (error) {
    state.isAborted = true;
    finish(state);
    throw error;
  }
  finish(state, doRollback);
  return result;
};

export const begin = (state: State): void => {
  if (state.isClosed || state.depth++ > 0) return;
  state.tablesBefore = state.tablesSchema;
  state.valuesBefore = state.valuesSchema;
  if (!state.listeners.others.has('transaction')) return;
  try {
    eachListener(state.listeners.others, 'transaction', 'start', (listener) => listener(state.store));
  } catch (error) {
    abort(state);
    throw error;
  }
};

export const finish = (state: State, doRollback?: DoRollback): void => {
  if (state.isClosed || state.depth === 0) return;
  state.merging?.stamp();
  if (state.depth > 1) state.depth--;
  else if (state.isAborted) abort(state);
  else if (!doRollback && !state.listeners.entries.size) reset(state);
  else {
    try {
      announce(state, state.listeners.mutators, netChangesSoFar);
      if (doRollback?.(state.store)) rollBack(state);
    } catch (error) {
      abort(state);
      throw error;
    }
    close(state);
  }
};

/** The last part, in which errors are kept until everybody was called who is promised a call; the first of them is thrown. */
const close = (state: State): void => {
  const {others} = state.listeners;
  let failure: {readonly error: unknown} | undefined;
  const call = (listener: Listener) => {
    try {
      listener(state.store);
    } catch (error) {
      failure ??= {error};
    }
  };
  eachListener(others, 'transaction', 'will', call);
  if (failure || state.isAborted) {
    rollBack(state);
    state.isClosed = true;
  } else {
    state.isClosed = true;
    try {
      announce(state, others, netChanges);
    } catch (error) {
      failure = {error};
    }
  }
  eachListener(others, 'transaction', 'did', call);
  reset(state);
  if (failure) throw failure.error;
};

const abort = (state: State): void => {
  rollBack(state);
  reset(state);
};

const reset = (state: State): void => {
  state.merging?.reset();
  state.depth = 0;
  state.isAborted = state.isClosed = false;
  if (state.log.length) state.log = [];
  state.net = undefined;
  if (state.invalidCells.size) state.invalidCells = new Map();
  if (state.invalidValues.size) state.invalidValues = new Map();
};
