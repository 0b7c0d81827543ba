import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {componentFolder, importComponent} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createWaSqlitePersister} from '../entry/persisters/persister-wa-sqlite.ts';
import {createStore} from '../entry/store.ts';
import {type WaSqliteApi, waSqliteDriver} from './wa-sqlite-driver.ts';

type Api = WaSqliteApi & {open_v2(path: string, flags: number): Promise<number>; close(db: number): unknown};

const PACKAGE = '@journeyapps/wa-sqlite';
const loadModule = async (build: string): Promise<object> => {
  const {default: createModule} = await importComponent<{default: (options: object) => Promise<object>}>(
    'wa-sqlite',
    `${PACKAGE}/dist/${build}.mjs`,
  );
  const wasmPath = `${componentFolder('wa-sqlite')}node_modules/${PACKAGE}/dist/${build}.wasm`;
  return createModule({wasmBinary: readFileSync(wasmPath)});
};
const {Factory} = await importComponent<{Factory: (module: object) => Api}>('wa-sqlite', PACKAGE);

const OPEN_READONLY = 0x01;
const OPEN_READWRITE_CREATE = 0x02 | 0x04;

for (const build of ['wa-sqlite', 'wa-sqlite-async']) {
  const sqlite3 = Factory(await loadModule(build));
  const waSqlite: DatabaseKind = {
    name: `${build}, its files in the module's memory`,
    open: async (path, mode) => {
      const flags = mode === 'read-only' ? OPEN_READONLY : OPEN_READWRITE_CREATE;
      const db = await sqlite3.open_v2(path.replaceAll('/', '_'), flags);
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
  };

  certifyDriver(waSqlite, {
    driver: {
      CN3: 'its calls return promises',
      '[DR4] tells that the file is no database': 'nothing but SQLite reaches the file',
    },
  });
}

test('[CN7] what is no interface or no database of wa-sqlite is refused at once', async () => {
  const sqlite3 = Factory(await loadModule('wa-sqlite'));
  const expected = expect.objectContaining({code: 'argument/wrong-handle'});
  expect(() => createWaSqlitePersister(createStore(), {} as never, 1)).toThrow(expected);
  expect(() => createWaSqlitePersister(createStore(), sqlite3, {} as never)).toThrow(expected);
});
