// wa-sqlite over its virtual file systems for browsers: two of OPFS, which want a worker, and one of IndexedDB.

import type {Driver} from '../../../src/driver/driver.ts';
import {queueOf} from '../../../src/driver/handle-queue.ts';
import {type WaSqliteApi, waSqliteDriver} from '../../../src/driver/wa-sqlite-driver.ts';
import {createWaSqlitePersister} from '../../../src/entry/persisters/persister-wa-sqlite.ts';
import {type BrowserKind, importFromServer, shareHandles} from './browser-kind.ts';

type Api = WaSqliteApi & {
  open_v2(path: string, flags: number, vfs?: string): Promise<number>;
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

const loadModule = async (build: string): Promise<{module: object; sqlite3: Api}> => {
  const {default: createModule} = await importFromServer<{default: () => Promise<object>}>(
    `${PACKAGE}/dist/${build}.mjs`,
  );
  const {Factory} = await importFromServer<{Factory: (module: object) => Api}>(
    `${PACKAGE}/src/sqlite-api.js`,
  );
  const module = await createModule();
  return {module, sqlite3: Factory(module)};
};

const openWith =
  (sqlite3: Api, vfs?: string): BrowserKind['open'] =>
  async (name, mode) => {
    // Opening and closing take turns with the statements of other handles, as an asynchronous build wants it.
    const turns = queueOf({handle: sqlite3} as Driver);
    const flags = mode === 'read-only' ? OPEN_READONLY : OPEN_READWRITE_CREATE;
    const db = await turns.add(() => sqlite3.open_v2(name, flags, vfs));
    let isOpen = true;
    return {
      driver: waSqliteDriver(sqlite3, db),
      createPersister: (store, config, onIgnoredError) =>
        createWaSqlitePersister(store, sqlite3, db, config, undefined, onIgnoredError),
      close: async () => {
        const wasOpen = isOpen;
        isOpen = false;
        wasOpen && (await turns.add(() => sqlite3.close(db)));
      },
    };
  };

const openVfs = async (build: string, vfsName: string): Promise<BrowserKind> => {
  const {module, sqlite3} = await loadModule(build);
  const vfsClasses = await importFromServer<{[name: string]: VfsClass}>(
    `${PACKAGE}/src/examples/${vfsName}.js`,
  );
  const name = `holdfast-${vfsName}`;
  const vfs = await (vfsClasses[vfsName] as VfsClass).create(name, module);
  sqlite3.vfs_register(vfs, true);
  return {
    open: openWith(sqlite3, name),
    remove: async (path) => {
      await vfs.jDelete(`/${path}`, 1);
    },
  };
};

/** Its files lie in the memory of the module. */
export const waSqliteInMemory = async (): Promise<BrowserKind> => ({
  open: openWith((await loadModule('wa-sqlite')).sqlite3),
  remove: async () => undefined,
});

export const waSqliteInPool = async (): Promise<BrowserKind> =>
  shareHandles(await openVfs('wa-sqlite', 'AccessHandlePoolVFS'));
// Its locks are between workers, and not between the handles of one.
export const waSqliteInOpfs = async (): Promise<BrowserKind> =>
  shareHandles(await openVfs('wa-sqlite', 'OPFSCoopSyncVFS'));
export const waSqliteInIndexedDb = (): Promise<BrowserKind> =>
  openVfs('wa-sqlite-async', 'IDBBatchAtomicVFS');
