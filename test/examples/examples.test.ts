import {describe, expect, test} from 'vitest';
import {type Block, docCommentBlocks, markdownBlocks} from './blocks.ts';
import {type ExamplesOptions, startExamples} from './examples.ts';

const options: ExamplesOptions = {
  importModule: async (specifier) => ({default: specifier, answer: 42}),
  pauseMs: 1,
};
const block = (code: string, line = 1): Block => ({language: 'js', flags: '', subject: '', code, line});
const run = (code: string, more: Partial<ExamplesOptions> = {}) =>
  startExamples([block(code)], {...options, ...more}).next();

describe('blocks', () => {
  test('of Markdown have a language, flags, a line and a heading', () => {
    expect(
      markdownBlocks('# One\n\n```js ignore\nfirst\n# no heading\n```\n\n## Two\n```\nsecond\n```\n'),
    ).toEqual([
      {language: 'js', flags: 'ignore', code: 'first\n# no heading', line: 4, subject: 'One'},
      {language: '', flags: '', code: 'second', line: 10, subject: 'Two'},
    ]);
  });

  test('of doc comments say what they describe', () => {
    const text =
      '/**\n * Text.\n * ```js\n * a();\n *   b();\n * ```\n */\nexport function create<T>(it: T): T;\n' +
      'export interface It {\n  /**\n   * ```js\n   * c();\n   * ```\n   */\n  getIt(): 1;\n}\n';
    expect(docCommentBlocks(text)).toEqual([
      {language: 'js', flags: '', code: 'a();\n  b();', line: 4, subject: 'create'},
      {language: 'js', flags: '', code: 'c();', line: 12, subject: 'getIt'},
    ]);
  });
});

describe('examples', () => {
  test.each([
    ['one print', "console.log({a: [1, 'b']});\n// -> {a: [1, 'b']}"],
    ['several prints', '[1, 2].forEach((n) => console.log(n));\n// -> 1\n// -> 2'],
    ['a print of several parts', "console.log('a', 1);\n// -> 'a', 1"],
    ['a comment of several lines', 'console.log([1, 2]);\n// -> [\n//   1,\n//   2,\n// ]'],
    [
      'an expression below the comment',
      "console.log([1, {a: 'b'}]);\n// ->\n[\n  1,\n  {a: 'b'},\n];\nif (false) {}",
    ],
    ['an object as it was', 'const o = {a: 1};\nconsole.log(o);\no.a = 2;\n// -> {a: 1}'],
    ['no print', '// -> undefined\n// The listener is not called.'],
    [
      'imports',
      "import it, {answer as a,\n  answer} from 'x';\nconsole.log(it, a, answer);\n// -> 'x', 42, 42",
    ],
    ['a namespace', "import * as it from 'x';\nconsole.log(it.answer);\n// -> 42"],
    ['types', "import type {T} from 'x';\nexport const t: T = 1;\nconsole.log(t);\n// -> 1"],
    ['a wait', 'setTimeout(() => console.log(1), 0);\n// ...\n// -> 1'],
  ])('understand %s', (_, code) => run(code, {pauseMs: 20}));

  test.each([
    ['another print', 'console.log(1);\n// -> 2', 'line 2: // -> 2'],
    ['a missing print', '// -> 1', 'line 1: // -> 1'],
    ['a print too many', 'console.log(1);', 'printed what no comment expects'],
    ['an error', "throw new Error('oh');", 'oh'],
    ['an event that cannot be fired', "// -> StorageEvent('storage', {})", 'cannot fire one'],
  ])('fail on %s', async (_, code, message) => {
    await expect(run(code)).rejects.toThrow(message);
  });

  test('share a scope, and stop at the first failure', async () => {
    const blocks = [
      "import {answer} from 'x';\nlet n = 1;",
      "import {answer} from 'x';\nn = answer;\nconsole.log(n);\n// -> 42",
    ];
    const examples = startExamples(
      [...blocks, 'throw 1;', 'n++;'].map((code) => block(code)),
      options,
    );
    await examples.next();
    await examples.next();
    await expect(examples.next()).rejects.toBe(1);
    await expect(examples.next()).rejects.toThrow('a block before this one failed');
  });

  test('fire events where they can', async () => {
    const fired: unknown[] = [];
    await run("// -> StorageEvent('storage', {key: 'pets'})", {
      fireEvent: (type, init, className) => fired.push([className, type, init]),
    });
    expect(fired).toEqual([['StorageEvent', 'storage', {key: 'pets'}]]);
  });
});
