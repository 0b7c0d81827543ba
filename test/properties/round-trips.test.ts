// Whatever a store holds and whatever is done to it comes back equal from every layout, and loading it changes nothing.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {createStore} from '../../src/entry/store.ts';
import type {AnyPersister} from '../../src/persister/persister.ts';
import type {Store} from '../../src/store/store.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {configOf, layoutNames} from '../contract/storages.ts';
import {anyContent, anyEdit, anyId, check, edit} from './arbitraries.ts';

const TABLE_IDS = ['pets', 'shops', '__proto__'];

interface Place {
  open(store: Store): AnyPersister;
  /** What must not change when what was loaded is saved. */
  mark(): unknown;
  remove(): void;
}

const openDatabase = (layoutName: (typeof layoutNames)[number]): Place => {
  const db = new DatabaseSync(':memory:');
  return {
    open: (store) => createSqliteNodePersister(store, db, configOf(layoutName, TABLE_IDS)),
    mark: () =>
      layoutName === 'json'
        ? {...db.prepare('SELECT store FROM tinybase').get()}
        : {...db.prepare('SELECT total_changes() AS changes').get()},
    remove: () => db.close(),
  };
};

const openFile = (): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-property-'));
  const path = join(folder, 'store.json');
  return {
    open: (store) => createFilePersister(store, path),
    mark: () => readFileSync(path, 'utf8'),
    remove: () => rmSync(folder, {recursive: true}),
  };
};

const places: readonly (readonly [string, () => Place])[] = [
  ...layoutNames.map((layoutName) => [layoutName, () => openDatabase(layoutName)] as const),
  ['file', openFile],
];

describe.each(places)('%s', (name, openPlace) => {
  const tableIds = name === 'tabular' ? fc.constantFrom(...TABLE_IDS) : anyId;

  test('[PR6] [SG1] what is stored and edited comes back equal, and is stored again without a change', async () => {
    await check(
      fc.asyncProperty(
        anyContent(tableIds),
        fc.array(anyEdit(tableIds), {maxLength: 30}),
        async (content, edits) => {
          const place = openPlace();
          try {
            const store = createStore().setContent(content);
            const persister = place.open(store);
            await persister.startAutoSave();
            for (const what of edits) {
              edit(store, what);
              if (what.kind === 'wait') {
                await persister.whenDurable();
              }
            }
            await persister.whenDurable();
            await persister.destroy();

            const reopened = createStore();
            const second = place.open(reopened);
            await second.load();
            expect(exactText(reopened.getContent())).toBe(exactText(store.getContent()));
            const before = place.mark();
            await second.save();
            await second.load();
            await second.startAutoPersisting();
            await second.destroy();
            expect(exactText(reopened.getContent())).toBe(exactText(store.getContent()));
            expect(place.mark()).toEqual(before);
          } finally {
            place.remove();
          }
        },
      ),
    );
  });
});
