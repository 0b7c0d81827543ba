// The dialects by name, so that a missing one is a type error.

import type {Dialect, DialectName} from './dialect.ts';
import {postgresDialect} from './postgres-dialect.ts';
import {sqliteDialect} from './sqlite-dialect.ts';

export const dialects: Record<DialectName, Dialect> = {sqlite: sqliteDialect, postgres: postgresDialect};
