// Two writers on one place, each with a connection of its own, edit different cells: nobody loses anything.
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Cell, Content} from '../../src/base/content.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createStore} from '../../src/entry/store.ts';
import type {AnyPersister} from '../../src/persister/persister.ts';
import type {Store} from '../../src/store/store.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {createFolder} from '../contract/databases.ts';
import {configOf, layoutNames} from '../contract/storages.ts';
import {anyCell, check} from './arbitraries.ts';

const TABLE_IDS = ['pets', 'shops'];
const ROW_IDS = ['fido', 'felix', '__proto__'];
const WRITERS = ['one', 'other'] as const;

// Every row has a cell that nobody touches, so that no row goes with its last cell.
const BASE: Content = [
  Object.fromEntries(
    TABLE_IDS.map((tableId) => [tableId, Object.fromEntries(ROW_IDS.map((rowId) => [rowId, {base: rowId}]))]),
  ),
  {base: true},
];

type Step = {
  readonly writer: (typeof WRITERS)[number];
  readonly what:
    | {
        readonly kind: 'cell' | 'own row';
        readonly ids: readonly [string, string, number];
        readonly cell: Cell | undefined;
      }
    | {readonly kind: 'value'; readonly id: number; readonly cell: Cell | undefined}
    | {readonly kind: 'wait' | 'load' | 'turn'};
};

const anyIds = fc.tuple(fc.constantFrom(...TABLE_IDS), fc.constantFrom(...ROW_IDS), fc.nat(2));
const maybeCell = fc.option(anyCell, {nil: undefined, freq: 3});
const anyStep: fc.Arbitrary<Step> = fc.record({
  writer: fc.constantFrom(...WRITERS),
  what: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('cell' as const, 'own row' as const),
        ids: anyIds,
        cell: maybeCell,
      }),
    },
    {weight: 2, arbitrary: fc.record({kind: fc.constant('value' as const), id: fc.nat(2), cell: maybeCell})},
    {
      weight: 3,
      arbitrary: fc.record({kind: fc.constantFrom('wait' as const, 'load' as const, 'turn' as const)}),
    },
  ),
});

const edit = (store: Store, {writer, what}: Step): void => {
  switch (what.kind) {
    case 'cell': {
      const [tableId, rowId, cell] = what.ids;
      const ids = [tableId, rowId, `${writer} ${cell}`] as const;
      what.cell === undefined ? store.delCell(...ids) : store.setCell(...ids, what.cell);
      break;
    }
    case 'own row': {
      const ids = [what.ids[0], `${writer} ${what.ids[2]}`] as const;
      what.cell === undefined
        ? store.delRow(...ids)
        : store.setRow(...ids, {cell: what.cell, last: what.ids[1]});
      break;
    }
    case 'value': {
      const id = `${writer} ${what.id}`;
      what.cell === undefined ? store.delValue(id) : store.setValue(id, what.cell);
      break;
    }
    default:
      break;
  }
};

type Open = (store: Store) => {readonly persister: AnyPersister; close(): void};

const places: readonly (readonly [string, (folderPath: string) => Open])[] = [
  ...layoutNames.map(
    (layoutName) =>
      [
        layoutName,
        (folderPath: string): Open =>
          (store) => {
            const db = new DatabaseSync(join(folderPath, 'database.sqlite'));
            db.exec('PRAGMA synchronous = OFF');
            return {
              persister: createSqliteNodePersister(store, db, configOf(layoutName, TABLE_IDS)),
              close: () => db.close(),
            };
          },
      ] as const,
  ),
  [
    'file',
    (folderPath) => (store) => ({
      persister: createFilePersister(store, join(folderPath, 'store.json')),
      close: () => undefined,
    }),
  ],
];

describe.each(places)('%s', (_name, openPlace) => {
  const run = async (steps: readonly Step[], autoLoads: readonly boolean[]): Promise<void> => {
    const folder = createFolder();
    const open = openPlace(folder.path);
    const closing: (() => void)[] = [];
    const start = async (store: Store) => {
      const {persister, close} = open(store);
      closing.push(close);
      return persister;
    };
    try {
      const model = createStore().setContent(BASE);
      const first = await start(createStore().setContent(BASE));
      await first.save();
      await first.destroy();
      const stores = {one: createStore(), other: createStore()};
      const persisters = {one: await start(stores.one), other: await start(stores.other)};
      for (const [index, writer] of WRITERS.entries()) {
        await (autoLoads[index] ? persisters[writer].startAutoLoad() : persisters[writer].load());
        await persisters[writer].startAutoSave();
      }
      for (const step of steps) {
        edit(stores[step.writer], step);
        edit(model, step);
        switch (step.what.kind) {
          case 'wait':
            await persisters[step.writer].whenDurable();
            break;
          case 'load':
            await persisters[step.writer].load();
            break;
          case 'turn':
            await new Promise((resolve) => setImmediate(resolve));
            break;
          default:
            break;
        }
      }
      for (const writer of WRITERS) {
        await persisters[writer].whenDurable();
      }
      for (const writer of WRITERS) {
        await persisters[writer].load();
        expect(exactText(stores[writer].getContent())).toBe(exactText(model.getContent()));
        await persisters[writer].destroy();
      }
      const reopened = createStore();
      const last = await start(reopened);
      await last.load();
      await last.destroy();
      expect(exactText(reopened.getContent())).toBe(exactText(model.getContent()));
    } finally {
      for (const close of closing) {
        close();
      }
      folder.remove();
    }
  };

  test('[PR7] [RW2] two writers of different cells keep all their edits', async () => {
    await check(
      fc.asyncProperty(
        fc.array(anyStep, {minLength: 2, maxLength: 40}),
        fc.tuple(fc.boolean(), fc.boolean()),
        run,
      ),
      0.4,
    );
  });
});
