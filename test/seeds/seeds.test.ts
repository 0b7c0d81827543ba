// The code blocks of the documents in ./documents, from the documents' own text with only the package name replaced.
// A document's blocks run one after another in one scope, since each uses what the ones before it made.
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, test} from 'vitest';
import {type Block, markdownBlocks} from '../examples/blocks.ts';
import {type ExamplesOptions, startExamples} from '../examples/examples.ts';
import {packageName} from '../examples/package-under-test.ts';
import {sessionStorageOptions} from './session-storage.ts';
import {importSqliteWasm} from './sqlite-wasm.ts';

const DOCUMENTS = fileURLToPath(new URL('./documents/', import.meta.url));

type Seed = {
  /** How the document's number starts its file name. */
  readonly number: string;
  /** Said in the title: what is not the real thing yet. */
  readonly over: string;
  readonly options: ExamplesOptions;
};

const SESSION_STORAGE = 'over createCustomPersister and a Storage in memory, in the place of session storage';

const SEEDS: readonly Seed[] = [
  {number: '000', over: 'over sqlite-wasm', options: {importModule: importSqliteWasm}},
  {number: '001', over: SESSION_STORAGE, options: sessionStorageOptions()},
  {number: '002', over: SESSION_STORAGE, options: sessionStorageOptions()},
];

/** A block is code to run unless it shows a prompt, or JSON alone. */
const isCode = ({code, language}: Block): boolean =>
  (language === '' || language === 'js') && !/^\s*[>{]/.test(code);

for (const {number, over, options} of SEEDS) {
  const [name = ''] = readdirSync(DOCUMENTS).filter((file) => file.startsWith(`${number}_`));
  const blocks = markdownBlocks(readFileSync(DOCUMENTS + name, 'utf8')).filter(isCode);
  describe(`seed ${number} on ${packageName} (${over})`, () => {
    const examples = startExamples(blocks, options);
    for (const {line, subject} of blocks) {
      test(`line ${line}: ${subject}`, () => examples.next());
    }
  });
}
