import {describe, expect, test} from 'vitest';
import {runScript, treeOf} from './scripts.ts';

const persister = (name: string) => `src/entry/persisters/persister-${name}.ts`;
const good = {
  'node_modules/tinybase/package.json':
    '{"name": "tinybase", "type": "module", "exports": {"./store": "./store.js", "./mergeable-store": "./store.js"}}',
  'node_modules/tinybase/store.js': 'export const createStore = () => ["something", "of", "some", "length"];',
  'src/entry/store.ts': 'export const createStore = (): number => 1;',
  'src/entry/mergeable-store.ts': 'export const createMergeableStore = (): number => 1;',
  'src/sql/statement.ts': 'export const statement = 1;',
  [persister('file')]: "import {open} from 'node:fs/promises';\nexport const file = open;",
  [persister('better-sqlite3')]: "export * from '../../sql/statement.ts';",
  [persister('sqlite-node')]: "export * from '../../sql/statement.ts';",
  [persister('sqlite3')]: "export * from '../../sql/statement.ts';",
};

const incompressible = Array.from({length: 100}, (_, index) => (index * 2654435761) % 4294967296).join();

describe('check-size', () => {
  test('is content with a small store and separate platforms', () => {
    const {code, output} = runScript('check-size.mjs', treeOf(good));
    expect(output).toMatch(/^src\/entry\/store\.ts +\d+ B minified +\d+ B gzipped$/m);
    expect(output).toMatch(/^tinybase\/store +\d+ B minified +\d+ B gzipped$/m);
    expect(code).toBe(0);
  });

  test('finds a store that is larger, a foreign layer, and a foreign platform', () => {
    const {code, output} = runScript(
      'check-size.mjs',
      treeOf({
        ...good,
        'src/entry/mergeable-store.ts': `export const text = '${incompressible}';`,
        'src/entry/store.ts': `export {statement} from '../sql/statement.ts';\nexport const text = '${incompressible}';`,
        [persister('file')]: "import {connect} from 'node:net';\nexport const file = connect;",
        [persister('sqlite3')]: "import sqlite3 from 'sqlite3';\nexport const it = sqlite3;",
      }),
    );
    expect(output).toContain('bytes larger than tinybase/store');
    expect(output).toContain('bytes larger than tinybase/mergeable-store');
    expect(output).toContain('src/entry/store.ts pulls in src/sql/statement.ts');
    expect(output).toContain('src/entry/persisters/persister-file.ts imports node:net');
    expect(output).toContain('src/entry/persisters/persister-sqlite3.ts imports sqlite3');
    expect(code).toBe(1);
  });
});
