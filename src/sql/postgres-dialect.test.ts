import {expect, test} from 'vitest';
import {dialects} from './dialects.ts';
import {postgresDialect} from './postgres-dialect.ts';

test('names are quoted, and placeholders numbered', () => {
  expect(['pets', 'a "b" c'].map(postgresDialect.quote)).toEqual(['"pets"', '"a ""b"" c"']);
  expect([postgresDialect.placeholder(1), postgresDialect.placeholder(7)]).toEqual(['$1', '$7']);
});

test.each([
  ['boolean', 'boolean'],
  ['json', 'json'],
  ['jsonb', 'json'],
  ['integer', 'number'],
  ['bigint', 'decimal'],
  ['smallint', 'number'],
  ['double precision', 'number'],
  ['real', 'number'],
  ['numeric(10,2)', 'decimal'],
  ['interval', 'text'],
  ['point', 'text'],
  ['integer[]', 'text'],
  ['text', 'text'],
  ['character varying(20)', 'text'],
  ['uuid', 'text'],
  ['timestamp with time zone', 'text'],
])('a column of type "%s" holds %s', (declaredType, kind) => {
  expect(postgresDialect.kindOfType(declaredType)).toBe(kind);
});

test.each([
  ['40001', 'busy'],
  ['40P01', 'busy'],
  ['55P03', 'busy'],
  ['53100', 'full'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['23505', 'constraint'],
  ['23502', 'constraint'],
  ['25006', 'read-only'],
  ['08006', 'closed'],
  ['57P01', 'closed'],
  ['42P01', 'missing'],
  ['42703', 'missing'],
  ['42601', 'other'],
  ['22P02', 'other'],
])('the state %s is of kind %s', (code, kind) => {
  expect(postgresDialect.classify({code})).toBe(kind);
});

test('an error without a state is of kind other', () => {
  expect([undefined, null, 'text', {}].map((error) => postgresDialect.classify(error))).toEqual(
    Array(4).fill('other'),
  );
});

test('asks for tables by parameters', () => {
  const {sql, params} = postgresDialect.describe(['pets', 'shops']);
  expect(sql).toContain('asked (name, quoted) AS (VALUES ($1::text, $2::text), ($3::text, $4::text))');
  expect(params).toEqual(['pets', '"pets"', 'shops', '"shops"']);
});

test('both dialects answer every question, under their own names', () => {
  for (const [name, dialect] of Object.entries(dialects)) {
    expect(dialect.name).toBe(name);
    expect(Object.keys(dialect).sort()).toEqual(Object.keys(postgresDialect).sort());
    for (const kind of ['text', 'number', 'boolean', 'json'] as const) {
      expect(dialect.kindOfType(dialect.columnTypes[kind])).toBe(kind);
    }
  }
});

test('a client that loses the race to create something is to try again', () => {
  const faults = [
    {code: '42P07'},
    {code: '42723'},
    {code: '23505', schema: 'pg_catalog'},
    {code: '23505', schema_name: 'pg_catalog'},
    {code: 'XX000', message: 'tuple concurrently updated'},
  ].map((error) => postgresDialect.classify(error));
  expect(faults).toEqual(Array(5).fill('busy'));
  expect(postgresDialect.classify({code: '23505', schema: 'public'})).toBe('constraint');
});

test.each([
  {code: 'ECONNREFUSED'},
  {code: 'CONNECTION_ENDED'},
  {message: 'Connection terminated unexpectedly'},
  {message: 'Cannot use a pool after calling end on the pool'},
  {message: 'PGlite is closed'},
])('a handle that is closed says so: %j', (error) => {
  expect(postgresDialect.classify(error)).toBe('closed');
});

test('text that is to stand as it is gets marks that it does not have', () => {
  const {sql} = postgresDialect.createTable('a $holdfast$ "table" of $holdfast0$', 'id text');
  expect(sql.startsWith('DO $holdfast1$')).toBe(true);
  expect(sql).toContain('CREATE TABLE "a $holdfast$ ""table"" of $holdfast0$" (id text);');
});

test('the name of a channel is short and plain', () => {
  expect(postgresDialect.announcing?.channelOf('Pets & "x"')).toBe('holdfast_pets____x_');
  expect(postgresDialect.announcing?.channelOf('x'.repeat(70))?.length).toBe(59);
});
