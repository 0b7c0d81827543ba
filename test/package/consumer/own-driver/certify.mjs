// Certifies the driver beside it by Holdfast's own suites, with node:test: `node --test certify.mjs`.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {after, describe, test} from 'node:test';
import {
  createDatabaseStorage,
  driverSuite,
  persisterSuite,
  plainExpect,
  storageSuite,
  suiteConfigOf,
  suiteModes,
} from 'holdfast/testing';
import {createWorkerPersister, openRemoteDatabase, remoteDriver} from './own-driver.mjs';

const runner = {describe, test, expect: plainExpect};

// Waiting for others' changes keeps no process alive.
const alive = setInterval(() => undefined, 1_000);
after(() => clearInterval(alive));

/** A database that a test has to itself, opened as often as the test asks for it. */
const createPlace = () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-driver-'));
  const path = join(folder, 'database.sqlite');
  const opened = [];
  return {
    open: (mode) => {
      const remote = openRemoteDatabase(DatabaseSync, path, {readOnly: mode === 'read-only'});
      opened.push(remote);
      return remote;
    },
    damage: () => writeFileSync(path, 'this is no database. '.repeat(500)),
    remove: () => {
      for (const remote of opened) {
        remote.close();
      }
      rmSync(folder, {recursive: true});
    },
  };
};

driverSuite({
  name: 'own-driver',
  create: () => {
    const {open, damage, remove} = createPlace();
    return {
      open: (mode) => {
        const remote = open(mode);
        return {driver: remoteDriver(remote), close: () => remote.close()};
      },
      damage,
      remove,
    };
  },
  skip: {CN3: 'its calls return promises'},
  runner,
});

for (const mode of suiteModes) {
  // The driver has no watch: others' changes are looked for often.
  const config = {...suiteConfigOf(mode), autoLoadIntervalSeconds: 0.02};
  storageSuite({
    name: `${mode} over own-driver`,
    create: () => {
      const {open, remove} = createPlace();
      return {open: () => createDatabaseStorage(remoteDriver(open()), config), remove};
    },
    runner,
  });
  persisterSuite({
    name: `${mode} over own-driver`,
    create: () => {
      const {open, remove} = createPlace();
      return {open: (store) => createWorkerPersister(store, open(), config), remove};
    },
    runner,
  });
}
