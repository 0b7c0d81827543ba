// Data that was stored by older code is brought to the shape that newer code expects, or left exactly as it was.

import {readFileSync} from 'node:fs';
import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import type {Content} from '../../src/base/content.ts';
import type {DatabasePersisterConfig, Migrations} from '../../src/entry/persisters.ts';
import {catchError} from '../places/catch-error.ts';
import {bundleScript, collectOutput} from '../places/child.ts';
import {
  configOf,
  DRIVERS,
  type DriverName,
  LAYOUTS,
  type LayoutName,
  openDatabase,
} from '../places/databases.ts';
import {createFolder} from '../places/folder.ts';

const PLACES = LAYOUTS.flatMap((layout) => DRIVERS.map((driver) => [layout, driver] as const));

const OLD: Content = [
  {
    pets: {
      fido: {species: 'dog', age: 3, tags: ['old'], sold: true},
      felix: {species: 'cat', age: 5, sold: null},
    },
  },
  {open: true, hours: [9, 17]},
];

/** Opens, loads, edits as asked, and closes. */
const visit = async (
  path: string,
  config: DatabasePersisterConfig,
  driver: DriverName = 'better-sqlite3',
  content?: Content,
): Promise<Content> => {
  const {store, persister, close} = openDatabase(path, config, {driver});
  try {
    await persister.load();
    if (content !== undefined) {
      store.setContent(content);
      await persister.save();
    }
    return JSON.parse(JSON.stringify(store.getContent()));
  } finally {
    await close();
  }
};

const versioned = (
  layout: LayoutName,
  schemaVersion: number,
  migrate: Migrations = {},
): DatabasePersisterConfig => ({
  ...configOf(layout, ['pets']),
  schemaVersion,
  migrate,
});

const renameAge: Migrations[number] = async (tx) => {
  const [{pets = {}}, values] = await tx.getContent();
  const renamed = Object.entries(pets).map(([rowId, {age, ...row}]) => [rowId, {...row, years: age}]);
  await tx.setContent([{pets: Object.fromEntries(renamed)}, values]);
};

test.each(PLACES)(
  '[MG1] [MG4] [PR9] steps bring unstamped data to the version of the code, in order and once (%s, %s)',
  async (layout, driver) => {
    const path = createFolder()('migrated.sqlite');
    await visit(path, configOf(layout, ['pets']), driver, OLD);
    const ran: string[] = [];
    const migrate: Migrations = {
      2: async (tx) => {
        ran.push(`${tx.fromVersion} to ${tx.toVersion}`);
        await renameAge?.(tx);
      },
      4: async (tx) => {
        ran.push(`${tx.fromVersion} to ${tx.toVersion}`);
        const [tables, values] = await tx.getContent();
        await new Promise((resolve) => setTimeout(resolve, 5));
        await tx.setContent([tables, {...values, isNew: true}]);
      },
    };
    const expected: Content = [
      {
        pets: {
          fido: {species: 'dog', years: 3, tags: ['old'], sold: true},
          felix: {species: 'cat', years: 5, sold: null},
        },
      },
      {open: true, hours: [9, 17], isNew: true},
    ];
    expect(await visit(path, versioned(layout, 4, migrate), driver)).toEqual(expected);
    expect(ran).toEqual(['1 to 2', '3 to 4']);
    expect(await visit(path, versioned(layout, 4, migrate), driver)).toEqual(expected);
    expect(ran.length).toBe(2);

    const later = {
      ...migrate,
      5: async (tx) => void ran.push(`${tx.fromVersion} to ${tx.toVersion}`),
    } as Migrations;
    expect(await visit(path, versioned(layout, 5, later), driver)).toEqual(expected);
    expect(ran.slice(2)).toEqual(['4 to 5']);
  },
);

test.each(PLACES)(
  '[MG2] [PR9] a step that fails leaves every byte as it was, and nothing is saved (%s, %s)',
  async (layout, driver) => {
    const path = createFolder()('failing.sqlite');
    await visit(path, configOf(layout, ['pets']), driver, OLD);
    const before = readFileSync(path);
    const migrate: Migrations = {
      2: renameAge as Migrations[number],
      3: async (tx) => {
        await tx.query('CREATE TABLE half_done (a)');
        await tx.setContent([{}, {}]);
        throw new Error('no such luck');
      },
    };
    const {store, persister, close} = openDatabase(path, versioned(layout, 3, migrate), {driver});
    expect(await catchError(persister.load())).toMatchObject({
      code: 'storage/migration-failed',
      message: expect.stringContaining('no such luck'),
      details: {fromVersion: 2, toVersion: 3},
    });
    store.setTables({pets: {rex: {species: 'dog'}}});
    expect(await catchError(persister.save())).toMatchObject({code: 'storage/migration-failed'});
    expect(persister.getDurability().state).toBe('failing');
    await close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await visit(path, configOf(layout, ['pets']), driver)).toEqual(OLD);

    // Code that is mended migrates what is there.
    const [tables] = await visit(path, versioned(layout, 3, {2: renameAge as Migrations[number]}), driver);
    expect(tables.pets?.fido).toEqual({species: 'dog', years: 3, tags: ['old'], sold: true});
  },
);

test.each(LAYOUTS)(
  '[MG3] [PR9] data newer than the code is neither loaded nor saved over (%s)',
  async (layout) => {
    const path = createFolder()('newer.sqlite');
    await visit(path, versioned(layout, 3), undefined, OLD);
    const before = readFileSync(path);
    const {store, persister, close} = openDatabase(path, versioned(layout, 2));
    const refusal = {code: 'storage/newer-version', details: {storedVersion: 3, schemaVersion: 2}};
    expect(await catchError(persister.load())).toMatchObject(refusal);
    expect(await catchError(persister.startAutoPersisting())).toMatchObject(refusal);
    store.setTables({pets: {rex: {species: 'dog'}}});
    expect(await catchError(persister.save())).toMatchObject(refusal);
    await close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await visit(path, versioned(layout, 3))).toEqual(OLD);
  },
);

test.each(LAYOUTS)(
  '[MG3] [PR9] old code that is at work while newer code migrates writes nothing more, and keeps what it has (%s)',
  async (layout) => {
    const path = createFolder()('meanwhile.sqlite');
    const old = openDatabase(path, versioned(layout, 1));
    onTestFinished(old.close);
    old.store.setContent(OLD);
    await old.persister.startAutoSave();
    const migrated = await visit(path, versioned(layout, 2, {2: renameAge as NonNullable<typeof renameAge>}));

    old.store.setCell('pets', 'fido', 'age', 4);
    const refusal = {code: 'storage/newer-version', details: {storedVersion: 2, schemaVersion: 1}};
    expect(await catchError(old.persister.save())).toMatchObject(refusal);
    expect(old.persister.getDurability()).toMatchObject({state: 'failing', pendingCount: 1});
    expect(await visit(path, versioned(layout, 2))).toEqual(migrated);
    expect(await catchError(old.persister.stopAutoSave().then(() => undefined))).toMatchObject(refusal);
  },
);

test.each(LAYOUTS)(
  '[MG4] where there is no data nothing is migrated, and what is saved is of the present version (%s)',
  async (layout) => {
    const path = createFolder()('empty.sqlite');
    const fail: Migrations = {
      2: () => {
        throw new Error('there is nothing to migrate');
      },
    };
    expect(await visit(path, versioned(layout, 2, fail))).toEqual([{}, {}]);
    await visit(path, versioned(layout, 2, fail), undefined, OLD);
    expect(await visit(path, versioned(layout, 2, fail))).toEqual(OLD);
  },
);

test('[MG1] a step may change tables by SQL of its own', async () => {
  const path = createFolder()('sql.sqlite');
  await visit(path, configOf('tabular', ['pets']), undefined, OLD);
  const migrate: Migrations = {
    2: async (tx) => {
      await tx.query('ALTER TABLE pets RENAME COLUMN age TO years');
      await tx.query('UPDATE pets SET years = years + ? WHERE _id = ?', [1, 'fido']);
      const rows = await tx.query('SELECT _id AS id, years FROM pets ORDER BY _id');
      expect(rows.map((row) => ({...row}))).toEqual([
        {id: 'felix', years: 5},
        {id: 'fido', years: 4},
      ]);
      const [tables] = await tx.getContent();
      expect(tables.pets?.fido?.years).toBe(4);
    },
  };
  const [tables] = await visit(path, versioned('tabular', 2, migrate));
  expect(tables.pets?.fido).toEqual({species: 'dog', years: 4, tags: ['old'], sold: true});
});

test('[PR8] [RW4] a row that cannot be read is put aside by a migration, not deleted', async () => {
  const path = createFolder()('damaged.sqlite');
  await visit(path, configOf('rows', ['pets']), undefined, OLD);
  const raw = new Database(path);
  onTestFinished(() => {
    raw.close();
  });
  raw.exec(`UPDATE holdfast SET cells = '{"species":' WHERE row_id = 'fido'`);
  expect(
    await catchError(visit(path, versioned('rows', 2, {2: renameAge as Migrations[number]}))),
  ).toMatchObject({
    code: 'storage/unreadable',
    details: {rowCount: 1},
  });
  const [tables] = await visit(path, versioned('rows', 2));
  expect(tables).toEqual({pets: {felix: {species: 'cat', years: 5, sold: null}}});
  expect(raw.prepare('SELECT row_id, cells FROM holdfast_quarantine').all()).toEqual([
    {row_id: 'fido', cells: '{"species":'},
  ]);
});

test('[PR8] cells that cannot be read stop a migration of tabular, and stay', async () => {
  const path = createFolder()('damaged.sqlite');
  await visit(path, configOf('tabular', ['pets']), undefined, OLD);
  const raw = new Database(path);
  onTestFinished(() => {
    raw.close();
  });
  raw.exec(`UPDATE pets SET tags = '["old' WHERE _id = 'fido'`);
  expect(
    await catchError(visit(path, versioned('tabular', 2, {2: renameAge as Migrations[number]}))),
  ).toMatchObject({code: 'storage/migration-failed', cause: {code: 'storage/unreadable'}});
  expect(raw.prepare(`SELECT age, tags FROM pets WHERE _id = 'fido'`).get()).toEqual({age: 3, tags: '["old'});
});

test('[PR9] [TB3] a migration of tabular leaves tables and values alone that are not loaded', async () => {
  const path = createFolder()('partial.sqlite');
  const both = configOf('tabular', ['pets', 'owners']);
  await visit(path, both, undefined, [{...OLD[0], owners: {ann: {name: 'Ann'}}}, OLD[1]]);
  const partial: DatabasePersisterConfig = {
    mode: 'tabular',
    tables: {load: {pets: 'pets'}, save: {pets: 'pets', owners: 'owners'}},
    values: {load: ['open'], save: true},
    schemaVersion: 2,
    migrate: {2: renameAge as Migrations[number]},
  };
  await visit(path, partial);
  const [tables, values] = await visit(path, both);
  expect(tables.pets?.felix).toEqual({species: 'cat', years: 5, sold: null});
  expect(tables.owners).toEqual({ann: {name: 'Ann'}});
  expect(values).toEqual(OLD[1]);
});

test.each(LAYOUTS)('[MG1] [PR7] of three processes that migrate at once, one does (%s)', async (layout) => {
  const folder = createFolder();
  const path = folder('shared.sqlite');
  const start = await bundleScript(new URL('./migrating-process.ts', import.meta.url), folder('process.cjs'));
  await visit(path, configOf(layout, ['pets']), undefined, OLD);
  const children = [start(path, layout), start(path, layout), start(path, layout)];
  const ends = children.map(collectOutput);
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout?.once('data', resolve))));
  for (const child of children) {
    child.stdin?.write('go\n');
  }
  const outputs = await Promise.all(ends);
  expect(outputs.map(({code}) => code)).toEqual([0, 0, 0]);
  expect(outputs.map(({output}) => output.split('\n')[1]).sort()).toEqual(['0', '0', '1']);
  expect(await visit(path, versioned(layout, 2))).toEqual([OLD[0], {...OLD[1], steps: 1}]);
});

test.each(LAYOUTS)(
  '[MG2] [PR1] a process that dies in the middle of a step leaves the data as it was (%s)',
  async (layout) => {
    const folder = createFolder();
    const path = folder('killed.sqlite');
    const start = await bundleScript(
      new URL('./migrating-process.ts', import.meta.url),
      folder('process.cjs'),
    );
    await visit(path, configOf(layout, ['pets']), undefined, OLD);
    const child = start(path, layout, 'stuck');
    const end = collectOutput(child);
    child.stdin?.write('go\n');
    child.stdout?.on('data', (text: string) => {
      if (text.includes('stuck')) {
        child.kill('SIGKILL');
      }
    });
    expect((await end).signal).toBe('SIGKILL');
    expect(await visit(path, configOf(layout, ['pets']))).toEqual(OLD);
  },
);

test('[MG1] a step to a version that the code does not have is refused at once', () => {
  expect(() => openDatabase(':memory:', versioned('rows', 1, {2: () => undefined}))).toThrow(
    /steps lead to versions/,
  );
});
