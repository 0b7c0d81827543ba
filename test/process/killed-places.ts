// Where the killed process keeps its stores: every layout on both drivers, and a file.

import {join} from 'node:path';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import type {Persister, Persists} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, DRIVERS, LAYOUTS, openDatabase} from '../places/databases.ts';
import {EDITED_TABLES} from './killed-edits.ts';

export interface KilledPlace {
  readonly name: string;
  readonly open: (folder: string) => {
    readonly store: Store;
    readonly persister: Persister<Persists>;
    readonly close: () => Promise<unknown>;
  };
}

export const KILLED_PLACES: readonly KilledPlace[] = [
  ...DRIVERS.flatMap((driver, index) =>
    LAYOUTS.map((layout, layoutIndex): KilledPlace => {
      const journalMode = (index + layoutIndex) % 2 === 0 ? 'WAL' : 'DELETE';
      return {
        name: `${layout} ${driver} ${journalMode}`,
        open: (folder) =>
          openDatabase(
            join(folder, `${layout}-${driver.replace(':', '-')}.sqlite`),
            configOf(layout, EDITED_TABLES),
            {driver, journalMode},
          ),
      };
    }),
  ),
  {
    name: 'file',
    open: (folder) => {
      const store = createStore();
      const persister = createFilePersister(store, join(folder, 'store.json'));
      return {store, persister, close: () => persister.destroy()};
    },
  },
];
