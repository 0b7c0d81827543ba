// The store's content as JSON text, byte for byte as TinyBase writes it, save for -0.

import type {Json} from '../base/content.ts';
import {itself, toObject} from './copies.ts';
import type {State} from './state.ts';
import {writeJson} from './stored.ts';

export const getTablesJson = (state: State): Json =>
  write(
    state,
    toObject(state.tables, ({rows}) => toObject(rows, itself)),
  );

export const getValuesJson = (state: State): Json => write(state, toObject(state.values, itself));

const write = ({hasMinusZero}: State, kept: unknown): Json =>
  hasMinusZero ? writeJson(kept) : JSON.stringify(kept);
