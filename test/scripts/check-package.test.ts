import {describe, expect, test} from 'vitest';
import {type Files, runScript, treeOf} from './scripts.ts';

const packageJson = {
  name: 'a-package',
  version: '1.0.0',
  type: 'module',
  license: 'MIT',
  files: ['dist'],
  exports: {'.': './dist/index.js'},
};
const good: Files = {
  'package.json': JSON.stringify(packageJson),
  'dist/index.js': 'export const one = 1;\n',
  'dist/index.d.ts': 'export declare const one = 1;\n',
};
const without = (path: string): Files =>
  Object.fromEntries(Object.entries(good).filter(([name]) => name !== path));

describe.each(['publint', 'attw'])('check-package %s', (tool) => {
  test('is content with a sound package', () => {
    const {code, output} = runScript('check-package.mjs', tool, treeOf(good));
    expect(code, output).toBe(0);
  });
});

describe('check-package', () => {
  test('publint finds an export that is not in the tarball', () => {
    const {code, output} = runScript('check-package.mjs', 'publint', treeOf(without('dist/index.js')));
    expect(output).toContain('the file does not exist');
    expect(code).toBe(1);
  });

  test('attw finds that there are no declarations', () => {
    const {code, output} = runScript('check-package.mjs', 'attw', treeOf(without('dist/index.d.ts')));
    expect(output).toContain('does not contain types');
    expect(code).toBe(1);
  });

  test('attw finds a declaration that imports what is not there', () => {
    const broken = {...good, 'dist/index.d.ts': "export * from './gone.js';\n"};
    const {code, output} = runScript('check-package.mjs', 'attw', treeOf(broken));
    expect(output).toContain('Internal resolution error');
    expect(code).toBe(1);
  });
});
