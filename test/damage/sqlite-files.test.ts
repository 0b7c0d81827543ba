// SQLite files that were cut or in which a bit turned over, at random places: a load gives what SQLite itself can read of
// the file, or an error that says what happened; and what could not be read is not written over.
// HOLDFAST_SEED takes the printed seed back, HOLDFAST_DAMAGES says how many there are of each kind (40).

import {readFileSync, writeFileSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import Database from 'better-sqlite3';
import {expect, test} from 'vitest';
import type {Content, Row, Table} from '../../src/base/content.ts';
import {HoldfastError} from '../../src/entry/persisters.ts';
import {createStore, type Store} from '../../src/entry/store.ts';
import {configOf, LAYOUTS, type LayoutName, openDatabase} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';
import {createRandom, takeSeed} from '../places/random.ts';

const DAMAGES = Number(process.env.HOLDFAST_DAMAGES ?? 40);

const PAGE_SIZE = 4_096;

const FITTING_CODES = ['driver/corrupt', 'storage/unreadable', 'driver/missing', 'driver/statement-failed'];

const fill = (): Store => {
  const store = createStore().setValues({open: true, name: 'shop'});
  store.transaction(() => {
    for (let row = 0; row < 150; row++) {
      store.setRow('pets', `pet${row}`, {name: `name of ${row}`.repeat(5), age: row, isSold: row % 2 === 0});
    }
  });
  return store;
};

const saveIntact = async (path: string, layout: LayoutName): Promise<Buffer> => {
  const {persister, close} = openDatabase(path, configOf(layout, ['pets']), {
    store: fill(),
    journalMode: 'DELETE',
  });
  await persister.save();
  await close();
  return readFileSync(path);
};

/** What SQLite reads of the file, by SQL of this test's own; an error where it cannot, or where that is not JSON. */
const readBySqlite = (path: string, layout: LayoutName): Content | undefined | 'unreadable' => {
  const db = new Database(path, {readonly: true});
  try {
    return SQL_READERS[layout](db);
  } catch (error) {
    return /no such table/.test(String(error)) ? undefined : 'unreadable';
  } finally {
    db.close();
  }
};

const SQL_READERS: Record<LayoutName, (db: Database.Database) => Content | undefined> = {
  json: (db) => {
    const [row] = db.prepare(`SELECT store FROM tinybase WHERE _id = '_'`).all() as {store: string}[];
    return row && JSON.parse(row.store);
  },
  rows: (db) => {
    const content: Content = [{}, {}];
    type Stored = {table_id: string; row_id: string; cells: string};
    for (const {table_id, row_id, cells} of db.prepare('SELECT * FROM holdfast').all() as Stored[]) {
      const row = JSON.parse(cells) as Row;
      if (table_id === '\uFFFDvalues') {
        content[1][row_id] = row[''] as string;
      } else {
        content[0][table_id] = {...content[0][table_id], [row_id]: row};
      }
    }
    return content;
  },
  tabular: (db) => {
    const pets: Table = {};
    for (const {_id, ...cells} of db.prepare('SELECT * FROM pets WHERE _id IS NOT NULL').all() as Row[]) {
      pets[String(_id)] = {...cells, isSold: cells.isSold === 1};
    }
    // By its key, as the layout reads it: an index and its table that differ are both right to SQLite.
    const [row] = db.prepare(`SELECT * FROM tinybase_values WHERE _id = '_'`).all() as Row[];
    const {_id, ...values} = row ?? {};
    return [{pets}, row === undefined ? {} : {...values, open: values.open === 1}];
  },
};

const readSchema = (path: string): string => {
  const db = new Database(path, {readonly: true});
  try {
    return JSON.stringify(db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all());
  } finally {
    db.close();
  }
};

const countDifferences = ([tables, values]: Content, [otherTables, otherValues]: Content): number => {
  const {pets = {}} = tables;
  const {pets: others = {}} = otherTables;
  const rowIds = new Set([...Object.keys(pets), ...Object.keys(others)]);
  return (
    [...rowIds].filter((rowId) => !isDeepStrictEqual({...pets[rowId]}, {...others[rowId]})).length +
    (isDeepStrictEqual({...values}, {...otherValues}) ? 0 : 1)
  );
};

interface Damaged {
  readonly path: string;
  readonly layout: LayoutName;
  readonly bytes: Buffer;
  readonly intactSchema: string;
}

/** Loads a damaged file, edits and saves. Returns how that went, and checks that nothing unread was written over. */
const useDamaged = async ({path, layout, bytes, intactSchema}: Damaged): Promise<string> => {
  writeFileSync(path, bytes);
  const expected = readBySqlite(path, layout);
  const {store, persister, close} = openDatabase(path, configOf(layout, ['pets']));
  const error = await persister.load().then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (error !== undefined) {
    expect(error).toBeInstanceOf(HoldfastError);
    expect(FITTING_CODES).toContain((error as HoldfastError).code);
  } else {
    expect(expected).not.toBe('unreadable');
    // One bit may make a row other than SQLite shows it: a key that is NULL, a boolean that is 5; and one in the
    // declaration of a table all of them.
    if (readSchema(path) === intactSchema) {
      expect(countDifferences(store.getContent(), (expected ?? [{}, {}]) as Content)).toBeLessThanOrEqual(1);
    }
  }

  // The application goes on, and saves or is told that it cannot.
  store.setCell('pets', 'new', 'name', 'Rex');
  const saveError = await persister.save().then(
    () => undefined,
    (fault: unknown) => fault,
  );
  const failed = persister.getDurability();
  await close();
  if (saveError !== undefined) {
    expect(saveError).toBeInstanceOf(HoldfastError);
    expect(failed).toMatchObject({state: 'failing', error: saveError});
    // Only what was put aside may have changed the file.
    const now = readFileSync(path);
    expect(now.equals(bytes) || now.includes('quarantine')).toBe(true);
  } else if (error !== undefined) {
    expect((error as HoldfastError).code).toBe('storage/unreadable');
  }
  expect(store.getCell('pets', 'new', 'name')).toBe('Rex');
  return error === undefined ? 'read' : (error as HoldfastError).code;
};

test.each(LAYOUTS)(
  '[PR8] [DR4] damaged SQLite files are read, or told of and left as they are (%s)',
  async (layout) => {
    const random = createRandom(takeSeed(`damage of ${layout}`));
    const folder = createFolder();
    const intact = await saveIntact(folder('intact.sqlite'), layout);
    const intactSchema = readSchema(folder('intact.sqlite'));
    const outcomes: Record<string, number> = {};
    const use = async (kind: string, bytes: Buffer) => {
      const outcome = `${kind}: ${await useDamaged({path: folder('damaged.sqlite'), layout, bytes, intactSchema})}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    for (let damage = 0; damage < DAMAGES; damage++) {
      await use('cut', intact.subarray(0, Math.floor(random() * intact.length)));

      const flipped = Buffer.from(intact);
      const at = Math.floor(random() * intact.length);
      flipped[at] = (flipped[at] as number) ^ (1 << Math.floor(random() * 8));
      await use('flipped bit', flipped);

      const zeroed = Buffer.from(intact);
      const page = Math.floor(random() * (intact.length / PAGE_SIZE));
      zeroed.fill(0, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
      await use('zeroed page', zeroed);
    }
    console.log(layout, outcomes);
  },
);
