import {createRequire} from 'node:module';
import {DatabaseSync} from 'node:sqlite';
import {expect, test} from 'vitest';
import {componentFolder} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createReactNativeSqlitePersister} from '../entry/persisters/persister-react-native-sqlite.ts';
import {createStore} from '../entry/store.ts';
import {type ReactNativeSqliteDatabase, reactNativeSqliteDriver} from './react-native-sqlite-driver.ts';

type Db = ReactNativeSqliteDatabase & {close(onClosed: () => void, onError: (error: unknown) => void): void};
type Module = {
  openDatabase(options: {name: string}, onOpen: (db: Db) => void, onError: (error: unknown) => void): Db;
  enablePromise(isEnabled: boolean): void;
};
type Batch = {
  dbargs: {dbname: string};
  executes: {sql: string; params: (string | number | null)[]}[];
};

// The native half, after what the package's Java does on Android: statements that write give no rows back, and the
// others get their parameters as text.
const WRITES = /^\s*(insert|update|delete)\b/i;
const native = new Map<string, DatabaseSync>();
const pathOf = (name: string) => name.replace(/#\d+$/, '');
const nativeModule = {
  open: ({name}: {name: string}, onOpen: () => void) => {
    native.set(name, new DatabaseSync(pathOf(name), {timeout: 0}));
    setImmediate(onOpen);
  },
  close: ({path}: {path: string}, onClosed: () => void) => {
    native.get(path)?.close();
    native.delete(path);
    setImmediate(onClosed);
  },
  backgroundExecuteSqlBatch: ({dbargs, executes}: Batch, onResults: (results: object[]) => void) => {
    const results = executes.map(({sql, params}) => {
      try {
        const prepared = (native.get(dbargs.dbname) as DatabaseSync).prepare(sql);
        if (WRITES.test(sql)) {
          prepared.run(...params);
          return {type: 'success', result: {rows: []}};
        }
        const texts = params.map((param) => (param === null ? null : String(param)));
        return {type: 'success', result: {rows: prepared.all(...texts)}};
      } catch (error) {
        return {type: 'error', result: {message: (error as Error).message, code: 0}};
      }
    });
    setImmediate(() => onResults(results));
  },
};

const requireComponent = createRequire(`${componentFolder('react-native-sqlite')}package.json`);
Object.assign(requireComponent('react-native').NativeModules, {SQLite: nativeModule});
const sqlite: Module = requireComponent('react-native-sqlite-storage');

let openCount = 0;
for (const isPromise of [false, true]) {
  const reactNativeSqlite: DatabaseKind = {
    name: `react-native-sqlite-storage${isPromise ? ' with promises' : ''} over a stand-in for its native half, not on a device`,
    open: async (path) => {
      sqlite.enablePromise(false);
      const db = await new Promise<Db>((resolve, reject) => {
        sqlite.openDatabase({name: `${path}#${++openCount}`}, resolve, reject);
      });
      let isOpen = true;
      sqlite.enablePromise(isPromise);
      return {
        driver: reactNativeSqliteDriver(db),
        createPersister: (store, config, onIgnoredError) =>
          createReactNativeSqlitePersister(store, db, config, undefined, onIgnoredError),
        close: () => {
          sqlite.enablePromise(false);
          const wasOpen = isOpen;
          isOpen = false;
          return wasOpen ? new Promise<void>((resolve, reject) => db.close(resolve, reject)) : undefined;
        },
      };
    },
  };

  certifyDriver(reactNativeSqlite, {
    persisterLayouts: isPromise ? ['rows'] : ['json', 'tabular', 'rows'],
    driver: {
      CN3: 'its calls return promises',
      '[DR2] brings text, numbers, null and bytes back as they went in': 'it binds no bytes',
      '[DR3] runs statements as long, and with as many parameters, as its limits allow':
        'the stand-in binds text, as Android does',
      '[DR4] tells that the handle is read-only': 'it cannot be opened read-only',
      '[DR4] tells that the file is no database': 'the package calls nobody back, then',
    },
  });
}

test('[CN7] what is no database of react-native-sqlite-storage is refused at once', () => {
  expect(() => createReactNativeSqlitePersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['executeSql']}}),
  );
});
