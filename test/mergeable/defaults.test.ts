// Stamps of what a schema fills in: beside tinybase’s, call by call.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {expect, test} from 'vitest';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';

const SCHEMA = {pets: {species: {type: 'string'}, sold: {type: 'boolean', default: false}}} as const;
const VALUES = {open: {type: 'boolean', default: true}, count: {type: 'number', default: 1}} as const;

type Calls = readonly ((store: MergeableStore) => unknown)[];

const CALLS: {readonly [name: string]: Calls} = {
  'a schema that comes later': [
    (store) => store.setTables({pets: {fido: {species: 'dog'}, rex: {species: 'dog', sold: false}}}),
    (store) => store.setTablesSchema(SCHEMA),
    (store) => store.setCell('pets', 'fido', 'sold', true),
    (store) => store.delCell('pets', 'fido', 'sold'),
    (store) => store.setTablesSchema({pets: {sold: {type: 'boolean', default: true}}}),
  ],
  'rows and cells': [
    (store) => store.setTablesSchema(SCHEMA),
    (store) => store.setRow('pets', 'fido', {species: 'dog'}),
    (store) => store.setCell('pets', '', 'species', 'cat'),
    (store) => store.setRow('pets', 'fido', {sold: true}),
    (store) => store.setRow('pets', 'fido', {species: 'cat'}),
    (store) => store.setPartialRow('pets', 'rex', {species: 'cow'}),
    (store) => store.setTable('pets', {rex: {species: 'cow'}, max: {}}),
  ],
  'what is set to be as it would be by default': [
    (store) => store.setTablesSchema(SCHEMA),
    (store) => store.setRow('pets', 'fido', {species: 'dog', sold: false}),
    (store) => store.setCell('pets', 'rex', 'sold', false),
    (store) => store.setTables({pets: {fido: {species: 'dog', sold: false}, max: {sold: false}}}),
  ],
  values: [
    (store) => store.setValue('count', 5),
    (store) => store.setValuesSchema(VALUES),
    (store) => store.setValues({count: 6}),
    (store) => store.delValue('count'),
    (store) => store.setValues({open: false}),
    (store) => store.setValue('open', true),
  ],
};

test.each(Object.entries(CALLS))('[MS1] %s', (_, calls) => {
  const now = () => 1_700_000_000_000;
  const [ours, theirs] = [createMergeableStore('one', now), createTinyStore('one', now)];
  for (const call of calls) {
    call(ours);
    call(theirs as never);
    expect(ours.getMergeableContent()).toEqual(theirs.getMergeableContent());
  }
});

test('[MS6] a default that nobody set gives way to what somebody has set', () => {
  const [early, late] = [
    createMergeableStore('early', () => 1_700_000_000_000),
    createMergeableStore('late', () => 1_700_000_001_000),
  ];
  early.setRow('pets', 'fido', {species: 'dog', sold: true});
  late.setTablesSchema(SCHEMA).setRow('pets', 'fido', {species: 'wolf'});
  late.merge(early);
  expect(early.getTables()).toEqual({pets: {fido: {species: 'wolf', sold: true}}});
  expect(late.getTables()).toEqual(early.getTables());
});
