// Setting and deleting values. Runs inside a transaction that somebody else opened.

import type {Id} from '../base/content.ts';
import {admitValue, admitValues} from './admit.ts';
import {putValue, removeValue} from './log.ts';
import type {State, Stored} from './state.ts';
import {fromStored, isPlainObject} from './stored.ts';

/** `mayBeEmpty`: an empty object deletes everything, where otherwise it is refused. */
export const setValues = (state: State, values: unknown, mayBeEmpty = false): void => {
  if (mayBeEmpty && isPlainObject(values) && !Object.keys(values).length) {
    deleteValues(state);
    return;
  }
  const admitted = admitValues(state, values);
  if (admitted) {
    for (const valueId in admitted) putValue(state, valueId, admitted[valueId] as Stored);
    for (const valueId of [...state.values.keys()]) if (!(valueId in admitted)) deleteValue(state, valueId);
  }
};

export const setPartialValues = (state: State, values: unknown): void => {
  const admitted = admitValues(state, values, true);
  for (const valueId in admitted) putValue(state, valueId, admitted[valueId] as Stored);
};

export const setValue = (state: State, valueId: Id, value: unknown): void => {
  const given = typeof value === 'function' ? value(fromStored(state.values.get(valueId))) : value;
  const stored = admitValue(state, valueId, given);
  if (stored !== undefined) putValue(state, valueId, stored);
};

/** Deletes a value; one that has a default goes back to it. */
export const deleteValue = (state: State, valueId: Id): void => {
  const byDefault = state.valuesSchema?.get(valueId)?.default;
  if (byDefault === undefined) removeValue(state, valueId);
  else if (state.values.has(valueId)) putValue(state, valueId, byDefault);
};

export const deleteValues = (state: State): void => {
  for (const valueId of [...state.values.keys()]) deleteValue(state, valueId);
};
