// PGlite, in memory and in IndexedDB: one for all places, with a schema for each, for it takes seconds to start.

import {type PgliteDatabase, pgliteDriver} from '../../../src/driver/pglite-driver.ts';
import {createPglitePersister} from '../../../src/entry/persisters/persister-pglite.ts';
import {type BrowserKind, importFromServer} from './browser-kind.ts';

export const openPglite = async (url: string): Promise<PgliteDatabase & {close(): Promise<void>}> => {
  const {PGlite} = await importFromServer<{
    PGlite: {create(url: string): Promise<PgliteDatabase & {close(): Promise<void>}>};
  }>('pglite/@electric-sql/pglite/dist/index.js');
  return PGlite.create(url);
};

const openSchemas = async (url: string): Promise<BrowserKind> => {
  const pglite = await openPglite(url);
  const schemaOf = (name: string) => `"${name}"`;
  return {
    open: async (name) => {
      await pglite.query(`CREATE SCHEMA IF NOT EXISTS ${schemaOf(name)}`);
      await pglite.query(`SET search_path TO ${schemaOf(name)}`);
      return {
        driver: pgliteDriver(pglite),
        createPersister: (store, config, onIgnoredError) =>
          createPglitePersister(store, pglite, config, undefined, onIgnoredError),
        close: () => undefined,
      };
    },
    remove: async (name) => {
      await pglite.query(`DROP SCHEMA ${schemaOf(name)} CASCADE`);
    },
  };
};

export const pgliteInMemory = (): Promise<BrowserKind> => openSchemas('memory://');
export const pgliteInIndexedDb = (): Promise<BrowserKind> => openSchemas('idb://holdfast');
