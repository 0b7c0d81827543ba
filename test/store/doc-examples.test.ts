// Runs every example in the doc comments of the installed tinybase's store and common modules with only the package name replaced by
// ours, and holds what it logs against the `// ->` comments.

import {readFileSync} from 'node:fs';
import {transformSync} from 'esbuild';
import {afterAll, describe, expect, test} from 'vitest';
import * as holdfast from '../../src/entry/index.ts';

type Example = {readonly title: string; readonly code: string};

/** The `js` blocks of a declaration file, each titled by the declaration below its comment. */
const readExamples = (name: string): Example[] => {
  const path = new URL(`../../node_modules/tinybase/@types/${name}/index.d.ts`, import.meta.url);
  const examples: Example[] = [];
  for (const [, comment = '', declaration = ''] of readFileSync(path, 'utf8').matchAll(
    /\/\*\*(.*?)\*\/\s*([^\n]*)/gs,
  )) {
    const text = comment.replace(/^\s*\* ?/gm, '');
    let number = 0;
    for (const [, code = ''] of text.matchAll(/```js\n(.*?)```/gs)) {
      const subject = declaration.replace(/^export /, '').match(/^(?:type |interface |function )?(\w+)/)?.[1];
      examples.push({title: `${name}: ${subject} ${++number}`, code});
    }
  }
  return examples;
};

const evaluate = (text: string): unknown => new Function(`return (${text});`)();

/** Runs an example; each `// ->` must be what was logged next, save that `undefined` may also say that nothing was logged. */
const run = (code: string): number => {
  const logged: unknown[] = [];
  let checkedCount = 0;
  const expectLogged = (text: string) => {
    checkedCount++;
    if (text === 'undefined' && logged.length === 0) return;
    expect(logged.length, `nothing was logged where ${text} was expected`).toBeGreaterThan(0);
    expect(logged.shift()).toEqual(evaluate(text));
  };
  const withChecks = code.replace(
    /^(\s*)\/\/ -> (.*)$/gm,
    (_, space, text) => `${space};expectLogged(${JSON.stringify(text)});`,
  );
  const script = transformSync(withChecks, {loader: 'ts', format: 'cjs'}).code;
  const require = () => holdfast;
  const console = {log: (...things: unknown[]) => logged.push(things.length > 1 ? things : things[0])};
  new Function('require', 'module', 'console', 'expectLogged', script)(
    require,
    {exports: {}},
    console,
    expectLogged,
  );
  expect(logged, 'logged and not expected').toEqual([]);
  return checkedCount;
};

/** Why an example cannot run here, if it cannot. */
const reasonToSkip = (code: string): string | undefined => {
  const missing: string[] = [];
  for (const [, names = '', from] of code.matchAll(/import \{([^}]*)\} from '([^']*)'/g)) {
    if (from !== 'tinybase') missing.push(`${from}`);
    else missing.push(...names.split(/,\s*/).filter((name) => name.trim() && !(name.trim() in holdfast)));
  }
  return missing.length
    ? `needs ${missing.map((name) => name.trim()).join(', ')}, which is not built yet`
    : undefined;
};

const examples = [...readExamples('store'), ...readExamples('common')];
const skipped = examples.flatMap(({title, code}) => {
  const reason = reasonToSkip(code);
  return reason ? [`${title}: ${reason}`] : [];
});

describe('[ST2] the examples in the documentation of TinyBase run with only the package name replaced', () => {
  let checkedCount = 0;

  for (const {title, code} of examples) {
    test(title, (context) => {
      const reason = reasonToSkip(code);
      if (reason !== undefined) {
        context.skip(reason);
        return;
      }
      checkedCount += run(code);
    });
  }

  test('[ST2] all examples of the store run', () => {
    expect(examples.length).toBeGreaterThan(150);
    expect(skipped.filter((line) => line.startsWith('store:'))).toEqual([]);
  });

  afterAll(() => {
    console.log(
      `${examples.length} examples, ${examples.length - skipped.length} run, ${checkedCount} results checked`,
    );
    for (const line of skipped) console.log(`not run: ${line}`);
  });
});
