// The mergeable store’s interface as a whole: every example of its declarations runs, and every method and type is there.

import {readFileSync} from 'node:fs';
import * as tinybase from 'tinybase';
import {afterEach, beforeEach, describe, expect, expectTypeOf, test, vi} from 'vitest';
import {createMergeableStore, type MergeableStore} from '../../src/entry/mergeable-store.ts';
import {getHlcFunctions} from '../../src/merge/hlc.ts';
import {docCommentBlocks} from '../examples/blocks.ts';
import {startExamples} from '../examples/examples.ts';
import {importFromDocument} from '../examples/package-under-test.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const declarations = read('node_modules/tinybase/@types/mergeable-store/index.d.ts');

describe('[ST2] the examples in the documentation of mergeable stores run with only the package name replaced', () => {
  const blocks = docCommentBlocks(declarations).filter(({language}) => language === 'js');

  // The stamps in the examples are of this time.
  const [, , , decodeHlc] = getHlcFunctions();
  beforeEach(() => {
    vi.useFakeTimers({now: decodeHlc('Nn1JUF-----FnHIC')[0], toFake: ['Date']});
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(blocks.map((block) => [`line ${block.line}: ${block.subject}`, block] as const))(
    '%s',
    async (_title, block) => {
      await startExamples([block], {importModule: importFromDocument}).next();
    },
  );

  test('[ST2] all of them', () => {
    expect(blocks.length).toBe(19);
  });
});

describe('[ST17] the interface of mergeable stores is TinyBase’s', () => {
  test('[ST17] every method is there, and no other', () => {
    const theirs = Object.keys(tinybase.createMergeableStore()).filter((name) => !name.startsWith('_'));
    expect(theirs.length).toBe(109);
    expect(Object.keys(createMergeableStore()).sort()).toEqual(theirs.sort());
    expect(Object.isFrozen(createMergeableStore())).toBe(true);
    expect(createMergeableStore().isMergeable()).toBe(true);
  });

  test('[ST17] every type is there', () => {
    const ours = ['src/merge/mergeable.ts', 'src/store/mergeable-store.ts'].map(read).join('\n');
    const theirs = [...declarations.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name);
    expect(theirs.length).toBe(15);
    for (const name of theirs) {
      expect(ours).toMatch(new RegExp(`^export (type|interface) ${name}\\b`, 'm'));
    }
  });

  test('[ST17] types agree', () => {
    type Theirs = tinybase.MergeableStore;
    expectTypeOf<keyof Theirs>().toExtend<keyof MergeableStore>();
    expectTypeOf<ReturnType<MergeableStore['getMergeableContent']>>().toEqualTypeOf<
      ReturnType<Theirs['getMergeableContent']>
    >();
    expectTypeOf<MergeableStore['getMergeableContentHashes']>().toEqualTypeOf<
      Theirs['getMergeableContentHashes']
    >();
    expectTypeOf<MergeableStore['getMergeableTableDiff']>().toEqualTypeOf<Theirs['getMergeableTableDiff']>();
    expectTypeOf<MergeableStore['getMergeableRowDiff']>().toEqualTypeOf<Theirs['getMergeableRowDiff']>();
    expectTypeOf<MergeableStore['getMergeableRowHashes']>().toEqualTypeOf<Theirs['getMergeableRowHashes']>();
    expectTypeOf<MergeableStore['getMergeableCellHashes']>().toEqualTypeOf<
      Theirs['getMergeableCellHashes']
    >();
    expectTypeOf<MergeableStore['getMergeableCellDiff']>().toEqualTypeOf<Theirs['getMergeableCellDiff']>();
    expectTypeOf<MergeableStore['getMergeableValueDiff']>().toEqualTypeOf<Theirs['getMergeableValueDiff']>();
    expectTypeOf<MergeableStore['getTransactionMergeableChanges']>().toEqualTypeOf<
      Theirs['getTransactionMergeableChanges']
    >();
    expectTypeOf<MergeableStore['applyMergeableChanges']>().parameters.toEqualTypeOf<
      Parameters<Theirs['applyMergeableChanges']>
    >();
    expectTypeOf(createMergeableStore).parameters.toEqualTypeOf<
      Parameters<typeof tinybase.createMergeableStore>
    >();
  });

  test('[ST17] methods can be taken off a mergeable store', () => {
    const {setCell, getMergeableContent, applyMergeableChanges, getContent} = createMergeableStore('s');
    const other = createMergeableStore('other').setValue('v', 1);
    setCell('t', 'r', 'c', 1);
    applyMergeableChanges(other.getMergeableContent());
    expect(getContent()).toEqual([{t: {r: {c: 1}}}, {v: 1}]);
    expect(Object.keys(getMergeableContent()[0][0])).toEqual(['t']);
  });
});
