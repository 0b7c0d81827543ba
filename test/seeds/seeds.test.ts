// The code blocks of the documents in ./documents, from the documents' own text with only the package name replaced.
// A document's blocks run one after another in one scope, since each uses what the ones before it made.
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, test} from 'vitest';
import {type Block, markdownBlocks} from '../examples/blocks.ts';
import {type Examples, startExamples} from '../examples/examples.ts';
import {packageName} from '../examples/package-under-test.ts';
import {createPages} from './in-chromium.ts';
import {importSqliteWasm} from './sqlite-wasm.ts';

const DOCUMENTS = fileURLToPath(new URL('./documents/', import.meta.url));

type Seed = {
  /** How the document's number starts its file name. */
  readonly number: string;
  /** Said in the title: what it runs over. */
  readonly over: string;
  readonly start: (blocks: readonly Block[]) => Promise<Examples>;
};

const pages = createPages();
beforeAll(pages.start);
afterAll(pages.stop);

const SEEDS: readonly Seed[] = [
  {
    number: '000',
    over: 'sqlite-wasm',
    start: async (blocks) => startExamples(blocks, {importModule: importSqliteWasm}),
  },
  {number: '001', over: 'session storage in Chromium', start: pages.startExamples},
  {number: '002', over: 'session storage in Chromium', start: pages.startExamples},
];

/** A block is code to run unless it shows a prompt, or JSON alone. */
const isCode = ({code, language}: Block): boolean =>
  (language === '' || language === 'js') && !/^\s*[>{]/.test(code);

for (const {number, over, start} of SEEDS) {
  const [name = ''] = readdirSync(DOCUMENTS).filter((file) => file.startsWith(`${number}_`));
  const blocks = markdownBlocks(readFileSync(DOCUMENTS + name, 'utf8')).filter(isCode);
  describe(`seed ${number} on ${packageName} (over ${over})`, () => {
    let examples: Examples | undefined;
    for (const {line, subject} of blocks) {
      test(`line ${line}: ${subject}`, async () => {
        examples ??= await start(blocks);
        await examples.next();
      });
    }
  });
}
