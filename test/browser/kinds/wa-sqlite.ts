// wa-sqlite over its virtual file systems for browsers: two of OPFS, which want a worker, and one of IndexedDB.

import {type WaSqliteApi, waSqliteDriver} from '../../../src/driver/wa-sqlite-driver.ts';
import {createWaSqlitePersister} from '../../../src/entry/persisters/persister-wa-sqlite.ts';
import {type BrowserKind, importFromServer, shareHandles} from './browser-kind.ts';

type Api = WaSqliteApi & {
  open_v2(path: string, flags: number, vfs: string): Promise<number>;
  close(db: number): Promise<number>;
  vfs_register(vfs: object, makeDefault: boolean): number;
};
interface Vfs {
  jDelete(path: string, sync: number): number | Promise<number>;
}
type VfsClass = {create(name: string, module: object): Promise<Vfs>};

const PACKAGE = 'wa-sqlite/@journeyapps/wa-sqlite';
const OPEN_READONLY = 0x01;
const OPEN_READWRITE_CREATE = 0x02 | 0x04;

const openVfs = async (build: string, vfsName: string): Promise<BrowserKind> => {
  const {default: createModule} = await importFromServer<{default: () => Promise<object>}>(
    `${PACKAGE}/dist/${build}.mjs`,
  );
  const {Factory} = await importFromServer<{Factory: (module: object) => Api}>(
    `${PACKAGE}/src/sqlite-api.js`,
  );
  const vfsClass = (
    await importFromServer<{[name: string]: VfsClass}>(`${PACKAGE}/src/examples/${vfsName}.js`)
  )[vfsName] as VfsClass;
  const module = await createModule();
  const sqlite3 = Factory(module);
  const vfs = await vfsClass.create(`holdfast-${vfsName}`, module);
  sqlite3.vfs_register(vfs, true);
  return {
    open: async (name, mode) => {
      const flags = mode === 'read-only' ? OPEN_READONLY : OPEN_READWRITE_CREATE;
      const db = await sqlite3.open_v2(name, flags, `holdfast-${vfsName}`);
      let isOpen = true;
      return {
        driver: waSqliteDriver(sqlite3, db),
        createPersister: (store, config, onIgnoredError) =>
          createWaSqlitePersister(store, sqlite3, db, config, undefined, onIgnoredError),
        close: async () => {
          isOpen && (await sqlite3.close(db));
          isOpen = false;
        },
      };
    },
    remove: async (name) => {
      await vfs.jDelete(`/${name}`, 1);
    },
  };
};

export const waSqliteInPool = async (): Promise<BrowserKind> =>
  shareHandles(await openVfs('wa-sqlite', 'AccessHandlePoolVFS'));
// Its locks are between workers, and not between the handles of one.
export const waSqliteInOpfs = async (): Promise<BrowserKind> =>
  shareHandles(await openVfs('wa-sqlite', 'OPFSCoopSyncVFS'));
export const waSqliteInIndexedDb = (): Promise<BrowserKind> =>
  openVfs('wa-sqlite-async', 'IDBBatchAtomicVFS');
