// Runs code blocks of a document, and compares what they print with the comments that say so:
//
//   console.log(store.getTables());
//   // -> {pets: {fido: {species: 'dog'}}}
//
// `// ->` takes the oldest print that no comment has taken yet; `// -> undefined` also stands for no print at all.
// `// ...` waits. `// -> StorageEvent('storage', {…})` fires that event. A print that no comment takes is a failure.
// The blocks of one run share a scope: what one declares, the next ones use.
import {stripTypeScriptTypes} from 'node:module';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'vitest';
import type {Block} from './blocks.ts';

export type ExamplesOptions = {
  /** What an import of the block gets. */
  readonly importModule: (specifier: string) => Promise<object>;
  /** Further variables that the blocks see. */
  readonly globals?: {readonly [name: string]: unknown};
  /** How long `// ...` waits. Default 50. */
  readonly pauseMs?: number;
  /** Fires an event that a comment names. Without it such a comment is a failure. */
  readonly fireEvent?: (type: string, init: object, className: string) => void;
};

export type Examples = {
  /** Runs the next block to its end. Rejects when it throws or prints something else, and for every block after that. */
  readonly next: () => Promise<void>;
};

/** Prepares blocks to be run one after another in one scope. Nothing runs before the first `next()`. */
export const startExamples = (blocks: readonly Block[], options: ExamplesOptions): Examples => {
  const prints: unknown[][] = [];
  const hooks = {
    importModule: options.importModule,
    pause: () => sleep(options.pauseMs ?? 50),
    check: (line: number, text: string, getExpected: () => unknown[]) => {
      const expected = getExpected();
      const actual = prints.shift() ?? [undefined];
      expect(actual, `line ${line}: // -> ${text}`).toEqual(expected);
    },
    fire: (className: string, type: string, init: object) => {
      if (options.fireEvent === undefined) {
        throw new Error(`the block wants a ${className}, and this run cannot fire one`);
      }
      options.fireEvent(type, init, className);
    },
  };
  const print = (...parts: unknown[]): void => {
    prints.push(parts.map(snapshot));
  };
  const globals = {...options.globals, console: {...console, log: print}, __example: hooks};
  const body = translateBlocks(blocks);
  const Generator = async function* () {}.constructor as new (
    ...source: string[]
  ) => (...values: unknown[]) => AsyncGenerator<void>;
  const run = new Generator(...Object.keys(globals), body)(...Object.values(globals));
  let isStarted = false;
  let isBroken = false;
  let nextIndex = 0;

  return {
    next: async () => {
      if (!isStarted) {
        isStarted = true;
        await run.next();
      }
      const block = blocks[nextIndex++];
      if (block === undefined) {
        throw new Error('there is no further block');
      }
      if (isBroken) {
        throw new Error('a block before this one failed, and they share a scope');
      }
      isBroken = true;
      await run.next();
      isBroken = false;
      expect(
        prints.splice(0).flat(),
        `the block at line ${block.line} printed what no comment expects`,
      ).toEqual([]);
    },
  };
};

/**
 * The body of an asynchronous generator that runs one block a step. It sees a `console` whose prints are compared, and
 * `__example`: `importModule(specifier)`, `pause()`, `check(line, text, getExpected)` and `fire(className, type, init)`.
 */
export const translateBlocks = (blocks: readonly Block[]): string =>
  blocks.map((block) => `yield;\n${translate(block)}`).join('\n');

/** What was printed, as it was then: the block may change the object afterwards. */
const snapshot = (value: unknown): unknown => {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
};

/** The block as statements inside an asynchronous generator. */
const translate = (block: Block): string => {
  const lines = stripTypeScriptTypes(block.code).split('\n');
  const output: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const comment = /^\/\/ ->(.*)$/.exec(line);
    if (line === '// ...') {
      output.push('await __example.pause();');
    } else if (comment !== null) {
      const {text, end} = expectation(lines, index, comment[1] ?? '');
      output.push(toStatement(text, block.line + index));
      index = end;
    } else {
      output.push(line);
    }
  }
  return withoutModuleSyntax(output.join('\n'));
};

/** The expression of a `// ->`, which may go on in further comment lines, or stand below it as a statement. */
const expectation = (lines: readonly string[], start: number, first: string): {text: string; end: number} => {
  let text = first.trim();
  let end = start;
  while (!isExpression(text) && end + 1 < lines.length) {
    end++;
    text = `${text}\n${(lines[end] ?? '').replace(/^\/\/ ?/, '')}`.replace(/;$/, '').trim();
  }
  return {text: isExpression(text) ? text : first.trim(), end: isExpression(text) ? end : start};
};

const isExpression = (text: string): boolean => {
  try {
    new Function(`return [${text}\n];`);
    return text !== '';
  } catch {
    return false;
  }
};

const toStatement = (text: string, line: number): string => {
  const event = /^(\w+Event)\(([\s\S]*)\)$/.exec(text);
  return event === null
    ? `__example.check(${line}, ${JSON.stringify(text)}, () => [${text}]);`
    : `__example.fire('${event[1]}', ${event[2]});`;
};

/** Imports become variables that a later block may import again; exports become plain declarations. */
const withoutModuleSyntax = (code: string): string =>
  code
    .replace(/^import\s+(['"][^'"]+['"]);?$/gm, 'await __example.importModule($1);')
    .replace(
      /^import\s+(?:\*\s+as\s+(\w+)|(\w+)?\s*,?\s*(?:\{([^}]*)\})?)\s+from\s+(['"][^'"]+['"]);?$/gm,
      (_, namespace?: string, defaultName?: string, names?: string, specifier?: string) => {
        const bindings = (names ?? '').replaceAll(/(\w+)\s+as\s+(\w+)/g, '$1: $2').trim();
        const pattern = [defaultName && `default: ${defaultName}`, bindings].filter(Boolean).join(', ');
        return `var ${namespace ?? `{${pattern}}`} = await __example.importModule(${specifier});`;
      },
    )
    .replace(/^export (?=const|let|class|function|async)/gm, '');
