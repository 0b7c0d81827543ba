// Transactions: when they begin and end, who is called on the way, and what becomes of errors.
//
//   idle ─begin→ open ─finish→ mutator listeners ─→ doRollback ─→ will finish ─→ closed: other listeners ─→ did finish ─→ idle
//                  └── an error anywhere up to "will finish" rolls back
//
// Invariants: 1. Nested transactions are one: only the outermost does anything at its end. 2. What fails inside (even if the error is
// caught there) fails as a whole. 3. From "closed" on nothing can be written, and an error no longer takes anything back.

import {announce} from './announce.ts';
import {eachListener} from './listeners.ts';
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
  state.schemasBefore = [state.tablesSchema, state.valuesSchema];
  try {
    eachListener(state.listeners.others, 'transaction', 'start', (listener) => listener(state.store));
  } catch (error) {
    abort(state);
    throw error;
  }
};

export const finish = (state: State, doRollback?: DoRollback): void => {
  if (state.isClosed || state.depth === 0) return;
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
  const {store, listeners} = state;
  const errors: unknown[] = [];
  const attempt = (listener: (argument: State['store']) => void) => {
    try {
      listener(store);
    } catch (error) {
      errors.push(error);
    }
  };
  eachListener(listeners.others, 'transaction', 'will', attempt);
  const isFailed = errors.length > 0 || state.isAborted;
  if (isFailed) rollBack(state);
  state.isClosed = true;
  if (!isFailed) attempt(() => announce(state, listeners.others, netChanges));
  eachListener(listeners.others, 'transaction', 'did', attempt);
  reset(state);
  if (errors.length) throw errors[0];
};

const abort = (state: State): void => {
  rollBack(state);
  reset(state);
};

const reset = (state: State): void => {
  state.depth = 0;
  state.isAborted = state.isClosed = false;
  if (state.log.length) state.log = [];
  state.net = undefined;
  if (state.invalidCells.size) state.invalidCells = new Map();
  if (state.invalidValues.size) state.invalidValues = new Map();
};
