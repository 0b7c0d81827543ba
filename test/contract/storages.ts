// Storages as the suites open them: the three layouts over any of the bindings.

import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import type {StoragePlace} from '../../src/testing/storage.suite.ts';
import {suiteConfigOf, suiteModes} from '../../src/testing/suite-config.ts';
import {createDatabasePlace, type DatabaseKind} from './databases.ts';

export type LayoutName = (typeof suiteModes)[number];

export const layoutNames: readonly LayoutName[] = suiteModes;

/** A configuration that keeps these tables and all values. */
export const configOf = suiteConfigOf;

export const openLayout = createDatabaseStorage;

export const createLayoutPlace = (kind: DatabaseKind, layoutName: LayoutName): StoragePlace => {
  const place = createDatabasePlace(kind);
  return {
    open: async () => openLayout((await place.open()).driver, configOf(layoutName)),
    remove: place.remove,
  };
};
