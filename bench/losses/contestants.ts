// The two that are compared, behind one interface: what a probe calls of either.

import {createStore as createTinyBaseStore} from 'tinybase';
import {createCustomPersister as createTinyBaseCustomPersister} from 'tinybase/persisters';
import {createBetterSqlite3Persister as createTinyBaseBetterSqlite3Persister} from 'tinybase/persisters/persister-better-sqlite3';
import {createFilePersister as createTinyBaseFilePersister} from 'tinybase/persisters/persister-file';
import {createBetterSqlite3Persister} from '../../src/entry/persisters/persister-better-sqlite3.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createCustomPersister} from '../../src/entry/persisters.ts';
import {createStore} from '../../src/entry/store.ts';

export interface Contestant {
  readonly name: 'tinybase 10.0.1' | 'holdfast';
  readonly createStore: typeof createStore;
  readonly createBetterSqlite3Persister: typeof createBetterSqlite3Persister;
  readonly createFilePersister: typeof createFilePersister;
  readonly createCustomPersister: typeof createCustomPersister;
}

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'tinybase 10.0.1',
    createStore: createTinyBaseStore,
    createBetterSqlite3Persister: createTinyBaseBetterSqlite3Persister,
    createFilePersister: createTinyBaseFilePersister,
    createCustomPersister: createTinyBaseCustomPersister,
  } as unknown as Contestant,
  {
    name: 'holdfast',
    createStore,
    createBetterSqlite3Persister,
    createFilePersister,
    createCustomPersister,
  },
];
