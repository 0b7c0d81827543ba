// Runs the storage suite inside a page: collects its tests, and runs one by its title. Bundled and loaded by the test.

import {createIndexedDbPersister} from '../../src/entry/persisters/persister-indexed-db.ts';
import {mergeableSuite} from '../../src/testing/mergeable.suite.ts';
import type {PersisterPlace} from '../../src/testing/persister.suite.ts';
import {storageSuite} from '../../src/testing/storage.suite.ts';
import {mergeableSkips} from '../contract/mergeable-skips.ts';
import {createDocumentPlace, type SuiteStorageName} from './suite-places.ts';

type Body = (context: {skip(reason?: string): void}) => Promise<void> | void;

const tests = new Map<string, Body>();

const show = (thing: unknown): string => JSON.stringify(thing) ?? String(thing);

// The members of Vitest's `expect` that suites use.
const expect = (actual: unknown) => ({
  toBe: (expected: unknown) => {
    if (!Object.is(actual, expected)) {
      throw new Error(`expected ${show(actual)} to be ${show(expected)}`);
    }
  },
  toEqual: (expected: unknown) => {
    if (show(actual) !== show(expected)) {
      throw new Error(`expected ${show(actual)} to equal ${show(expected)}`);
    }
  },
});

const runner = {
  describe: (_title: string, body: () => void) => body(),
  test: (title: string, body: Body) => tests.set(title, body),
  expect,
};

let persisterPlaceCount = 0;

// A database of IndexedDB, which goes with the profile.
const createPersisterPlace = (): PersisterPlace => {
  const name = `persisters ${persisterPlaceCount++}`;
  return {open: (store) => createIndexedDbPersister(store, name, 0.05), remove: () => undefined};
};

/** The titles of the suite's tests over a storage. */
export const collect = (name: SuiteStorageName, skip: {readonly [rule: string]: string}): string[] => {
  tests.clear();
  storageSuite({
    name,
    create: () => createDocumentPlace(name),
    skip,
    runner,
  });
  if (name === 'IndexedDB') {
    mergeableSuite({name, create: createPersisterPlace, skip: mergeableSkips.records, runner});
  }
  return [...tests.keys()];
};

/** Runs one test; resolves with the reason where it was skipped. */
export const runTest = async (title: string): Promise<string | undefined> => {
  let skipped: string | undefined;
  await tests.get(title)?.({
    skip: (reason) => {
      skipped = reason ?? '';
    },
  });
  return skipped;
};
