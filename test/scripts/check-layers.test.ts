import {describe, expect, test} from 'vitest';
import {type Files, runScript, treeOf} from './scripts.ts';

const check = (files: Files, leaves = '') => runScript('check-layers.mjs', treeOf(files), leaves);

describe('check-layers', () => {
  test('is content with arrows that point down', () => {
    const {code, output} = check({
      'src/base/a.ts': 'export type A = 1;\nexport const now = (process: () => number) => process();',
      'src/sql/b.ts': "import type {A} from '../base/a.ts';\nexport const b: A = 1;",
      'src/storage/c.ts':
        "import {b} from '../sql/b.ts';\nexport const c = {process: b, window: b};\nc.window;",
    });
    expect(output).toBe('3 files keep to the layers\n');
    expect(code).toBe(0);
  });

  test.each([
    [
      'a value from above',
      "import {x} from '../sql/x.ts';",
      'base/ imports sql/x.ts, but sql/ stands above it',
    ],
    ['a type from above', "import type {x} from '../sql/x.ts';", 'but sql/ stands above it'],
    ['a type expression from above', "export type X = import('../sql/x.ts').x;", 'but sql/ stands above it'],
    ['a re-export from above', "export {x} from '../sql/x.ts';", 'but sql/ stands above it'],
    [
      'a dynamic import from above',
      "export const x = () => import('../sql/x.ts');",
      'but sql/ stands above it',
    ],
    ['a Node module', "import {readFileSync} from 'node:fs';", 'imports node:fs; only leaves'],
    ['a package', "import Database from 'better-sqlite3';", 'imports better-sqlite3; only leaves'],
    ['a file outside', "import {x} from '../../test/x.ts';", 'which is outside of the layers'],
    ['a test', "import {x} from './x.test.ts';", 'which is for tests'],
    ['a global', 'export const x = process.env;', 'process belongs to the platform'],
    ['a shorthand global', 'export const x = {fetch};', 'fetch belongs to the platform'],
    [
      'a declared global',
      'declare const setTimeout: () => void;\nsetTimeout();',
      'a.ts:2: setTimeout belongs',
    ],
    ['the clock', 'export const x = Date.now();', 'Date.now belongs to the platform'],
    ['the clock as an object', 'export const x = new Date();', 'new Date() belongs to the platform'],
    ['randomness', 'export const x = Math.random();', 'Math.random belongs to the platform'],
    ['a file that cannot be parsed', 'export const = 1;', 'cannot be parsed'],
  ])('finds %s', (_, text, finding) => {
    const {code, output} = check({'src/base/a.ts': text, 'src/sql/x.ts': 'export type x = 1;'});
    expect(output).toContain(finding);
    expect(code).toBe(1);
  });

  test('finds siblings that import each other, and files in no layer', () => {
    const {code, output} = check({
      'src/store/a.ts': "import type {B} from '../collection/b.ts';\nexport type A = B;",
      'src/collection/b.ts': 'export type B = 1;',
      'src/utils/c.ts': 'export type C = 1;',
      'src/d.ts': 'export type D = 1;',
    });
    expect(output).toContain('store/ imports collection/b.ts, but collection/ stands beside it');
    expect(output).toContain('utils/c.ts: stands in no layer');
    expect(output).toContain('d.ts: stands in no layer');
    expect(code).toBe(1);
  });

  test('lets a leaf touch its platform, and only entry touch the leaf', () => {
    const leaf = {'src/driver/leaf.ts': "import 'node:fs';\nexport const x = process.env;"};
    expect(
      check({...leaf, 'src/entry/a.ts': "export * from '../driver/leaf.ts';"}, 'driver/leaf.ts').code,
    ).toBe(0);
    const {code, output} = check(
      {...leaf, 'src/persister/a.ts': "import '../driver/leaf.ts';"},
      'driver/leaf.ts,driver/gone.ts',
    );
    expect(output).toContain('imports the leaf driver/leaf.ts; leaves are for entry/ and for tests');
    expect(output).toContain('driver/gone.ts: listed as a leaf, but there is no such file');
    expect(code).toBe(1);
  });
});
