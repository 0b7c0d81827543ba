// Everything that a driver must pass, in one call under Vitest, each test with a database file of its own.

import {describe, expect, test} from 'vitest';
import {type CertifyOptions, certifySuites} from './certify-suites.ts';
import {createDatabasePlace, type DatabaseKind} from './databases.ts';

export type {CertifyOptions};

export const certifyDriver = (kind: DatabaseKind, skip: CertifyOptions = {}): void =>
  certifySuites(
    {name: kind.name, createPlace: () => createDatabasePlace(kind), runner: {describe, test, expect}},
    skip,
  );
