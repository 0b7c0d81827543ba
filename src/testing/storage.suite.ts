// What every storage must do. Knows neither stores nor persisters, nor where a storage keeps its content.

import {applyChanges, emptyObject, isEmptyChanges, markReplacement} from '../base/changes.ts';
import type {Changes, Content, Id, Row} from '../base/content.ts';
import {readerOf} from '../storage/content-reader.ts';
import type {Storage, StoredContent, StoreReader, Write} from '../storage/storage.ts';
import {awkwardCells, awkwardContent, awkwardIds} from './awkward.ts';
import {exactText} from './exact-text.ts';
import {catchError, createRuleTest, type SuiteOptions, type SuitePlace} from './test-runner.ts';

/** A place for content that a test has to itself. */
export interface StoragePlace extends SuitePlace {
  /** Makes one more storage on the place, as another process would. */
  open(): Storage | Promise<Storage>;
}

const PETS: Content = [
  {
    pets: {
      fido: {species: 'dog', age: 3, sold: false},
      felix: {species: 'cat', age: 5, sold: true},
      polly: {species: 'parrot'},
    },
    shops: {north: {city: 'Oslo'}},
  },
  {open: true, motto: 'all pets'},
];

/** Certifies a storage: `storageSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const storageSuite = (options: SuiteOptions<StoragePlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  const expectStored = async (storage: Storage, content: Content) =>
    expect(textOf((await storage.read(ignore))?.content)).toBe(textOf(content));

  runner.describe(`storage ${name}`, () => {
    rule(
      '[SG1] reads back what was written, here and elsewhere, awkward ids and cells included',
      async (place) => {
        const content = awkwardContent();
        const storage = await place.open();
        await storage.write(writeOf(content));
        await expectStored(storage, content);
        await expectStored(await place.open(), content);
      },
    );

    rule('[SG1] stores every awkward cell in place of every other kind of cell', async (place) => {
      let content: Content = [{pets: {fido: {cell: 'text', other: 1}}}, {value: 'text'}];
      const storage = await place.open();
      await storage.write(writeOf(content));
      for (const cell of awkwardCells) {
        const changes: Changes = [{pets: {fido: {cell}}}, {value: cell}, 1];
        content = applyChanges(content, changes);
        await storage.write(writeOf(content, changes));
        await expectStored(storage, content);
      }
    });

    rule('[SG2] reads nothing where nothing was stored, and creates nothing by reading', async (place) => {
      const storage = await place.open();
      expect(await storage.read(ignore)).toBe(undefined);
      expect(await storage.read(ignore)).toBe(undefined);
      expect(await (await place.open()).read(ignore)).toBe(undefined);
    });

    rule('[SG2] stores an empty content without fault', async (place) => {
      const storage = await place.open();
      await storage.write(writeOf([{}, {}]));
      await expectStored(storage, [{}, {}]);
      await storage.write(writeOf(PETS));
      await expectStored(await place.open(), PETS);
    });

    rule(
      '[SG3] stores changes of cells, rows, tables and values, and leaves the rest as it is',
      async (place) => {
        const storage = await place.open();
        await storage.write(writeOf(PETS));
        let content = PETS;
        const steps: Changes[] = [
          [{pets: {fido: {sold: true}}}, {}, 1],
          [{pets: {fido: {colour: 'brown'}, felix: {age: undefined}}}, {}, 1],
          [{pets: {polly: undefined, rex: {species: 'dog'}}}, {}, 1],
          [{}, {open: false, motto: undefined, since: 1999}, 1],
          [{shops: {north: undefined}}, {}, 1],
          [{shops: {south: {city: 'Rome', nested: {a: [1]}}}, pets: {fido: {age: null}}}, {open: null}, 1],
          [{}, {}, 1],
        ];
        for (const changes of steps) {
          content = applyChanges(content, changes);
          await storage.write(writeOf(content, changes));
          await expectStored(await place.open(), content);
        }
        await expectStored(storage, content);
      },
    );

    rule('[SG3] keeps what another storage wrote in between', async (place) => {
      const one = await place.open();
      const other = await place.open();
      await one.write(writeOf(PETS));
      await other.read(ignore);
      const ofOne: Changes = [{pets: {fido: {age: 4}, rex: {species: 'dog'}}}, {open: false}, 1];
      const ofOther: Changes = [{pets: {fido: {sold: true}, felix: undefined}}, {motto: 'some pets'}, 1];
      await one.write(writeOf(applyChanges(PETS, ofOne), ofOne));
      await other.write(writeOf(applyChanges(PETS, ofOther), ofOther));
      await expectStored(await place.open(), applyChanges(applyChanges(PETS, ofOne), ofOther));
    });

    rule('[SG3] erases nothing that a storage which has not read yet does not know of', async (place) => {
      await (await place.open()).write(writeOf(PETS));
      const own: Content = [{pets: {rex: {species: 'dog'}}}, {since: 1999}];
      await (await place.open()).write(writeOf(own));
      const {pets, shops} = PETS[0];
      await expectStored(await place.open(), [
        {pets: {...pets, rex: {species: 'dog'}}, shops: shops ?? {}},
        {...PETS[1], since: 1999},
      ]);
    });

    rule('[SG4] stores a row that was deleted and set again in place of the old one', async (place) => {
      const storage = await place.open();
      await storage.write(writeOf(PETS));
      const changes: Changes = [{pets: {fido: markReplacement(row({species: 'fox'}))}}, {}, 1];
      await storage.write(writeOf(applyChanges(PETS, changes), changes));
      const [tables, values] = PETS;
      const expected: Content = [{...tables, pets: {...tables.pets, fido: {species: 'fox'}}}, values];
      await expectStored(storage, expected);
      await expectStored(await place.open(), expected);
    });

    rule('[SG5] tells of what another storage wrote, and what it was', async (place) => {
      const [one, other] = [await place.open(), await place.open()];
      await one.write(writeOf(PETS));
      await other.read(ignore);
      const told = createSignal();
      const unwatch = await other.watch(told.send);
      let content = PETS;
      const steps: Changes[] = [
        [{pets: {fido: {age: 4}}}, {}, 1],
        [{pets: {felix: undefined, rex: {species: 'dog', nested: [{}]}}}, {motto: undefined, since: -0}, 1],
      ];
      for (const changes of steps) {
        const next = told.next();
        const before = content;
        content = applyChanges(content, changes);
        await one.write(writeOf(content, changes));
        await next;
        expect(textOf(await readNews(other, before))).toBe(textOf(content));
      }
      await unwatch();
    });

    rule('[SG5] tells nothing of what it wrote itself', async (place) => {
      const storage = await place.open();
      await storage.write(writeOf(PETS));
      await storage.read(ignore);
      const unwatch = await storage.watch(() => undefined);
      await storage.readOutside?.();
      const changes: Changes = [{pets: {fido: {age: 4}}}, {open: false}, 1];
      await storage.write(writeOf(applyChanges(PETS, changes), changes));
      const news = await storage.readOutside?.();
      expect(news === undefined || (news.kind === 'changes' && isEmptyChanges(news.changes))).toBe(true);
      await unwatch();
    });

    rule('[SG6] has stored nothing of a write that was refused', async (place) => {
      const storage = await place.open();
      const broken = brokenReader(PETS);
      expect(
        (await catchError(() => storage.write(writeOf(PETS, undefined, broken)))) instanceof RangeError,
      ).toBe(true);
      expect(textOf((await (await place.open()).read(ignore))?.content)).toBe(textOf([{}, {}]));
      await storage.write(writeOf(PETS));
      const changes: Changes = [{pets: {fido: {age: 4}}, shops: {north: {city: 'Rome'}}}, {open: false}, 1];
      await catchError(() => storage.write(writeOf(applyChanges(PETS, changes), changes, broken)));
      await expectStored(await place.open(), PETS);
      await storage.write(writeOf(applyChanges(PETS, changes), changes));
      await expectStored(await place.open(), applyChanges(PETS, changes));
    });

    rule('[PR4] stores and loads thousands of rows, rows of many cells, and long cells', async (place) => {
      const storage = await place.open();
      const wide: Row = row({});
      for (let index = 0; index < 1_050; index++) {
        wide[`cell ${index}`] = index;
      }
      const content: Content = [
        {rows: emptyObject(), cells: {wide}, single: {long: {text: 'ä'.repeat(2_000_000)}}},
        emptyObject(),
      ];
      for (let index = 0; index < 5_000; index++) {
        (content[0].rows as {[rowId: Id]: Row})[`row ${index}`] = {number: index, text: `${index}`};
        content[1][`value ${index % 100}`] = index;
      }
      await storage.write(writeOf(content));
      await expectStored(await place.open(), content);
      const changes: Changes = [{rows: emptyObject(), cells: {wide: {'cell 7': 'seven'}}}, {}, 1];
      for (let index = 0; index < 5_000; index += 2) {
        (changes[0].rows as {[rowId: Id]: undefined})[`row ${index}`] = undefined;
      }
      await storage.write(writeOf(applyChanges(content, changes), changes));
      await expectStored(await place.open(), applyChanges(content, changes));
    });

    rule(
      '[PR6] keeps every awkward id apart when rows and values of these names go one by one',
      async (place) => {
        const storage = await place.open();
        let content = awkwardContent();
        await storage.write(writeOf(content));
        for (const [index, id] of awkwardIds.entries()) {
          const rows = emptyObject<{[rowId: Id]: undefined}>();
          const values = emptyObject<{[valueId: Id]: undefined}>();
          const cells = row({});
          rows[id] = undefined;
          values[id] = undefined;
          cells[id] = `changed ${index}`;
          const changes: Changes = [{rows, cells: {row: cells}}, values, 1];
          content = applyChanges(content, changes);
          await storage.write(writeOf(content, changes));
        }
        await expectStored(await place.open(), content);
      },
    );
  });
};

const ignore = (): void => undefined;

const row = (cells: Row): Row => Object.assign(emptyObject<Row>(), cells);

const writeOf = (content: Content, changes?: Changes, store: StoreReader = readerOf(content)): Write => ({
  changes,
  isExplicit: false,
  store,
  onProgress: ignore,
  onFault: (fault) => {
    throw fault;
  },
});

// A store whose last row and values cannot be read, so that a write ends in the middle.
const brokenReader = (content: Content): StoreReader => {
  const refuse = () => {
    throw new RangeError('no');
  };
  return {
    ...readerOf(content),
    getContent: refuse,
    getRow: (tableId, rowId) => (tableId === 'shops' ? refuse() : readerOf(content).getRow(tableId, rowId)),
    getValues: refuse,
  };
};

// The text of a content; a table without rows is none.
const textOf = (content: Content = [{}, {}]): string =>
  exactText(applyChanges(dropEmptyTables(content), [{}, {}, 1]));

const dropEmptyTables = ([tables, values]: Content): Content => {
  const full: Content[0] = emptyObject();
  for (const tableId of Object.keys(tables)) {
    if (Object.keys(tables[tableId] ?? {}).length > 0) {
      full[tableId] = tables[tableId] ?? {};
    }
  }
  return [full, values];
};

const readNews = async (storage: Storage, before: Content): Promise<Content | undefined> => {
  const news = (await storage.readOutside?.()) ?? {kind: 'unknown'};
  if (news.kind === 'changes') {
    return applyChanges(before, news.changes);
  }
  if (news.kind === 'content') {
    return replaceWithin(before, news.stored);
  }
  const stored: StoredContent | undefined = await storage.read(ignore);
  return stored?.content;
};

const replaceWithin = (
  [tables, values]: Content,
  {content, tableIds = new Set(), valueIds}: StoredContent,
): Content => {
  const kept = Object.entries(tables).filter(([tableId]) => !tableIds.has(tableId));
  return [{...Object.fromEntries(kept), ...content[0]}, valueIds === undefined ? content[1] : values];
};

/** Something that can be waited for, however often it happens. */
const createSignal = () => {
  let resolve: () => void = ignore;
  return {
    send: () => resolve(),
    next: () =>
      new Promise<void>((resolveNext) => {
        resolve = resolveNext;
      }),
  };
};
