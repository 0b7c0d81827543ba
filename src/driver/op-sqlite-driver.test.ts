import {basename, dirname} from 'node:path';
import {expect, test} from 'vitest';
import {componentFolder} from '../../test/components/component.ts';
import {certifyDriver} from '../../test/contract/certify.ts';
import type {DatabaseKind} from '../../test/contract/databases.ts';
import {createOpSqlitePersister} from '../entry/persisters/persister-op-sqlite.ts';
import {createStore} from '../entry/store.ts';
import {type OpSqliteDatabase, opSqliteDriver} from './op-sqlite-driver.ts';

// What the package's `open({name, location})` returns under Node. Its index has imports that Node does not resolve.
const DATABASE = 'node_modules/@op-engineering/op-sqlite/node/dist/database.js';
const {NodeDatabase} = (await import(/* @vite-ignore */ `${componentFolder('op-sqlite')}${DATABASE}`)) as {
  NodeDatabase: new (
    name: string,
    location: string,
  ) => OpSqliteDatabase & {
    close(): void;
    readonly db: {pragma(sql: string): unknown};
  };
};

const opSqlite: DatabaseKind = {
  name: 'op-sqlite’s own implementation for Node, not on a device',
  open: (path) => {
    const db = new NodeDatabase(basename(path), dirname(path));
    // Two handles of one thread would wait for each other's locks.
    db.db.pragma('busy_timeout = 0');
    return {
      driver: opSqliteDriver(db),
      createPersister: (store, config, onIgnoredError) =>
        createOpSqlitePersister(store, db, config, undefined, onIgnoredError),
      close: () => db.close(),
    };
  },
};

const NO_PRAGMA = 'its implementation for Node takes no PRAGMA';

certifyDriver(opSqlite, {
  isTold: true,
  driver: {
    CN3: 'its calls return promises',
    CN4: NO_PRAGMA,
    '[DR4] tells that another handle holds the lock': NO_PRAGMA,
    '[DR4] tells that the database is full': NO_PRAGMA,
    '[DR4] tells that the handle is read-only': 'it cannot be opened read-only',
  },
});

test('[CN7] what is no database of op-sqlite is refused at once', () => {
  expect(() => createOpSqlitePersister(createStore(), {} as never)).toThrow(
    expect.objectContaining({code: 'argument/wrong-handle', details: {missing: ['execute']}}),
  );
});
