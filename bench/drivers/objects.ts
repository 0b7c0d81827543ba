// The Worker of the drivers' benchmark: a Durable Object that keeps a store, and is asked to save, edit and load it. What is
// measured is measured outside: time stands still in a Worker that computes.

import type {DurableObjectSqlHost} from '../../src/driver/durable-object-sql-driver.ts';
import {createDurableObjectSqlStoragePersister} from '../../src/entry/persisters/persister-durable-object-sql-storage.ts';
import {createStore} from '../../src/entry/store.ts';
import {serveSteps} from '../../test/workerd/serve-steps.ts';
import {makeRows} from '../engine/rows.ts';

const CONFIG = {mode: 'rows'} as const;

let store = createStore();

const steps = {
  fill: async (_host: DurableObjectSqlHost, rowCount: number) => {
    store = createStore().setTable('t', makeRows(rowCount));
  },

  save: async (host: DurableObjectSqlHost) => {
    const persister = createDurableObjectSqlStoragePersister(store, host, CONFIG);
    await persister.save();
    await persister.destroy();
  },

  edit: async (host: DurableObjectSqlHost, editCount: number) => {
    let statements = 0;
    let bytes = 0;
    const persister = createDurableObjectSqlStoragePersister(store, host, CONFIG, (sql, params = []) => {
      statements++;
      bytes +=
        sql.length +
        params.reduce<number>((sum, param) => sum + (typeof param === 'string' ? param.length : 8), 0);
    });
    await persister.load();
    await persister.startAutoSave();
    statements = 0;
    bytes = 0;
    for (let edit = 0; edit < editCount; edit++) {
      store.setCell('t', `row${edit % 100}`, 'count', edit + 0.5);
      await persister.whenDurable();
    }
    await persister.destroy();
    return {
      statements: statements / Math.max(editCount, 1),
      bytes: Math.round(bytes / Math.max(editCount, 1)),
    };
  },

  load: async (host: DurableObjectSqlHost) => {
    const persister = createDurableObjectSqlStoragePersister(createStore(), host, CONFIG);
    await persister.load();
    await persister.destroy();
  },
};

export type BenchSteps = typeof steps;

const {Tested, worker} = serveSteps(steps);

export {Tested, worker as default};
