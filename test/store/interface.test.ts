// The interface as a whole: every method and every type of TinyBase's store is there, under the same name, and no more is shipped than TinyBase ships.

import {readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {buildSync} from 'esbuild';
import * as tinybase from 'tinybase';
import {describe, expect, expectTypeOf, test} from 'vitest';
import {createStore, defaultSorter, type Store} from '../../src/entry/index.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const exportedTypes = (text: string) =>
  [...text.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name);

const gzippedBytes = (contents: string): number => {
  const resolveDir = new URL('../..', import.meta.url).pathname;
  const {outputFiles} = buildSync({
    stdin: {contents, resolveDir},
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', {level: 9}).length;
};

describe('[ST17] the interface is TinyBase’s', () => {
  test('[ST17] every method is there, and no other', () => {
    const theirs = Object.keys(tinybase.createStore()).filter((name) => name !== '_');
    expect(Object.keys(createStore()).sort()).toEqual(theirs.sort());
    expect(Object.isFrozen(createStore())).toBe(true);
    expect(createStore().isMergeable()).toBe(false);
  });

  test('[ST17] every type is there', () => {
    const contract = read('src/store/store.ts');
    const ours = [
      ...exportedTypes(contract),
      ...(contract.match(/export type \{([^}]*)\}/)?.[1]?.match(/\w+/g) ?? []),
    ];
    const theirs = exportedTypes(read('node_modules/tinybase/@types/store/index.d.ts'));
    expect(theirs.length).toBeGreaterThan(70);
    expect(theirs.filter((name) => !ours.includes(name))).toEqual([]);
    const common = exportedTypes(read('node_modules/tinybase/@types/common/index.d.ts'));
    // Those that are left belong to mergeable stores.
    expect(common.filter((name) => !ours.includes(name))).toEqual(['GetNow', 'Hlc', 'Hash']);
  });

  test('[ST17] types agree', () => {
    expectTypeOf<Store['getContent']>().toEqualTypeOf<tinybase.Store['getContent']>();
    expectTypeOf<Store['getListenerStats']>().toEqualTypeOf<tinybase.Store['getListenerStats']>();
    expectTypeOf<Store['getTransactionLog']>().toEqualTypeOf<tinybase.Store['getTransactionLog']>();
    expectTypeOf<Store['applyChanges']>().parameters.toEqualTypeOf<
      Parameters<tinybase.Store['applyChanges']>
    >();
    expectTypeOf<keyof tinybase.Store>().toExtend<keyof Store>();
    createStore().addCellListener(null, 'r', null, (store, _tableId, _rowId, _cellId, newCell) =>
      store.setValue('v', newCell),
    );
    // @ts-expect-error a default must fit its own type
    createStore().setTablesSchema({t: {c: {type: 'number', default: 'text'}}});
  });

  test('[ST17] methods can be taken off the store', () => {
    const {setCell, getCell, addTablesListener, getListenerStats} = createStore();
    addTablesListener(() => {});
    setCell('t', 'r', 'c', 1);
    expect([getCell('t', 'r', 'c'), getListenerStats().tables]).toEqual([1, 1]);
  });

  test('[ST17] the default order is TinyBase’s', () => {
    const keys = [undefined, null, 0, -1, 1, '', 'a', 'B', true, false, [2], {a: 1}];
    for (const key1 of keys) {
      for (const key2 of keys) expect(defaultSorter(key1, key2)).toBe(tinybase.defaultSorter(key1, key2));
    }
  });
});

test('[ST18] the store entry, bundled, minified and gzipped, is no larger than tinybase/store', () => {
  const ours = gzippedBytes("export * from './src/entry/store.ts'");
  const theirs = gzippedBytes("export * from 'tinybase/store'");
  console.log(`gzipped: holdfast/store ${ours} bytes, tinybase/store ${theirs} bytes`);
  expect(ours).toBeLessThanOrEqual(theirs);
});
