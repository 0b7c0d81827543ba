// expo-sqlite's web build, whose files lie in a pool of OPFS that a worker of its own has. The page that loads it serves
// `bundleExpoSqlite`.

import {type ExpoSqliteDatabase, expoSqliteDriver} from '../../../src/driver/expo-sqlite-driver.ts';
import {createExpoSqlitePersister} from '../../../src/entry/persisters/persister-expo-sqlite.ts';
import {type BrowserKind, importFromOrigin, shareHandles} from './browser-kind.ts';

interface Module {
  openDatabaseAsync(
    name: string,
    options: {enableChangeListener: boolean},
  ): Promise<ExpoSqliteDatabase & {closeAsync(): Promise<void>}>;
  deleteDatabaseAsync(name: string): Promise<void>;
}

const load = () => importFromOrigin<Module>('/expo-sqlite.js');

export const openExpoSqlite = async (name: string) =>
  (await load()).openDatabaseAsync(name, {enableChangeListener: true});

export const expoSqlite = async (): Promise<BrowserKind> => {
  const {deleteDatabaseAsync} = await load();
  return shareHandles({
    open: async (name) => {
      const db = await openExpoSqlite(name);
      return {
        driver: expoSqliteDriver(db),
        createPersister: (store, config, onIgnoredError) =>
          createExpoSqlitePersister(store, db, config, undefined, onIgnoredError),
        close: () => db.closeAsync(),
      };
    },
    remove: (name) => deleteDatabaseAsync(name),
  });
};
