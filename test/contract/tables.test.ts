// The contracts for tables of others and for bad input, over every binding.

import {describe, expect, test} from 'vitest';
import {badInputSuite} from '../../src/testing/bad-input.suite.ts';
import {tablesSuite} from '../../src/testing/tables.suite.ts';
import {createDatabasePlace, databaseKinds, skipAll} from './databases.ts';

for (const kind of databaseKinds) {
  tablesSuite({
    name: kind.name,
    create: () => createDatabasePlace(kind),
    skip: skipAll(kind.skipReason, ['TB2', 'TB4', 'TB8', 'TB9', 'PR3']),
    runner: {describe, test, expect},
  });
  badInputSuite({
    name: kind.name,
    create: () => createDatabasePlace(kind),
    skip: skipAll(kind.skipReason, ['BI1', 'BI2', 'BI3', 'BI4']),
    runner: {describe, test, expect},
  });
}
