// The SQLite file of the demo, and the persister on it.
import {existsSync, mkdirSync, renameSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {createSqliteNodePersister} from 'holdfast/persisters/persister-sqlite-node';

const FILE_NAME = 'cities.sqlite';
const CELLS = ['name', 'country', 'population', 'latitude', 'longitude'];
const SQLITE_BUSY = 5;
const FIRST_CODE_OF_SAME_KIND = 256;

/**
 * Opens the file in a folder, and loads it into the store. A file that cannot be used is put aside, never overwritten:
 * `setAside` says why, and where it is kept. `onOpen` gets the persister before it loads.
 */
export const openCities = async (folder, store, {onSqlCommand, onOpen = () => {}} = {}) => {
  mkdirSync(folder, {recursive: true});
  const path = shortPath(join(folder, FILE_NAME));
  const setAside = [];
  for (;;) {
    try {
      const opened = await openAndLoad(path, store, {onSqlCommand, onOpen});
      return {...opened, path, setAside};
    } catch (error) {
      if (error.cause?.errcode % FIRST_CODE_OF_SAME_KIND === SQLITE_BUSY) {
        throw new Error(`${path} is in use by another program; end that one first.`);
      }
      if (setAside.length > 0 || !existsSync(path)) {
        throw error;
      }
      setAside.push({reason: error.message, keptAs: putAside(path)});
    }
  }
};

const shortPath = (path) => {
  const fromHere = relative('', path);
  return fromHere.startsWith('..') ? resolve(path) : fromHere;
};

const openAndLoad = async (path, store, {onSqlCommand, onOpen}) => {
  const db = openDatabase(path);
  let persister;
  const close = async () => {
    await persister?.destroy();
    db.close();
  };
  try {
    persister = createSqliteNodePersister(store, db, {mode: 'rows'}, onSqlCommand);
    onOpen(persister);
    const startMs = performance.now();
    await persister.load();
    const loadMs = performance.now() - startMs;
    checkCities(store);
    return {persister, close, loadMs};
  } catch (error) {
    await close();
    throw error;
  }
};

const openDatabase = (path) => {
  const db = new DatabaseSync(path);
  try {
    // The usual way of keeping such a database. A process that is killed loses nothing of it.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    const [{quick_check: verdict}] = db.prepare('PRAGMA quick_check(1)').all();
    if (verdict !== 'ok') {
      throw new Error(verdict);
    }
    return db;
  } catch (error) {
    db.close();
    throw new Error(error.message, {cause: error});
  }
};

/** A file that another version of the demo left may hold something else. */
const checkCities = (store) => {
  const [rowId] = store.getRowIds('cities');
  const missing = rowId === undefined ? [] : CELLS.filter((cell) => !store.hasCell('cities', rowId, cell));
  if (missing.length > 0) {
    store.delTables();
    throw new Error(`its cities have no ${missing.join(', ')}`);
  }
};

const putAside = (path) => {
  let number = 1;
  while (existsSync(`${path}.unusable-${number}`)) {
    number++;
  }
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) {
      renameSync(path + suffix, `${path}.unusable-${number}${suffix}`);
    }
  }
  return `${path}.unusable-${number}`;
};
