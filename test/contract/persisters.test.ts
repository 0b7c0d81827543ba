// The contract of persisters, for every layout over every binding, for files, and for an application's own functions.
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createCustomPersister, type PersisterListener} from '../../src/entry/persisters.ts';
import {mergeableSuite} from '../../src/testing/mergeable.suite.ts';
import {type PersisterPlace, persisterSuite} from '../../src/testing/persister.suite.ts';
import {createDatabasePlace, createFolder, databaseKinds, skipAll} from './databases.ts';
import {mergeableSkips} from './mergeable-skips.ts';
import {configOf, layoutNames} from './storages.ts';

const RULES = ['PR1', 'PR2', 'PR6', 'PR7', 'WA1', 'PE2', 'PE3', 'PE5', 'PE7', 'PE8', 'PE11'];
const runner = {describe, test, expect};

for (const kind of databaseKinds) {
  for (const layoutName of layoutNames) {
    persisterSuite({
      name: `${layoutName} over ${kind.name}`,
      create: () => {
        const place = createDatabasePlace(kind);
        return {
          open: async (store) => (await place.open()).createPersister(store, configOf(layoutName)),
          remove: place.remove,
        };
      },
      skip: {...skipAll(kind.skipReason, RULES)},
      runner,
    });
  }
}

for (const kind of databaseKinds) {
  for (const layoutName of ['rows', 'tabular'] as const) {
    mergeableSuite({
      name: `${layoutName} over ${kind.name}`,
      create: () => {
        const place = createDatabasePlace(kind);
        return {
          open: async (store) =>
            (await place.open()).createPersister(store, {
              ...configOf(layoutName),
              autoLoadIntervalSeconds: 0.05,
            }),
          remove: place.remove,
        };
      },
      skip: {...mergeableSkips[layoutName], ...skipAll(kind.skipReason, ['MS10', 'MS11', 'MS12', 'MS13'])},
      runner,
    });
  }
}

persisterSuite({
  name: 'of a file',
  create: () => {
    const folder = createFolder();
    return {
      open: (store) => createFilePersister(store, join(folder.path, 'store.json')),
      remove: folder.remove,
    };
  },
  runner,
});

// Content kept as text in a variable, as an application might keep it anywhere.
const createCustomPlace = (): PersisterPlace => {
  let text: string | undefined;
  const listeners = new Set<PersisterListener>();
  return {
    open: (store) =>
      createCustomPersister(
        store,
        async () => (text === undefined ? undefined : (JSON.parse(text) as Content)),
        async (getContent) => {
          text = JSON.stringify(getContent());
          for (const listener of listeners) {
            listener();
          }
        },
        (listener) => {
          listeners.add(listener);
          return listener;
        },
        (listener) => {
          listeners.delete(listener);
        },
      ),
    remove: () => undefined,
  };
};

persisterSuite({
  name: 'of custom functions',
  create: createCustomPlace,
  skip: {
    PR6: 'its functions use JSON.stringify, which makes -0 a 0',
    PR7: 'its functions replace the whole content',
  },
  runner,
});
