// The examples in the declarations of the package `tinybase` for persisters, with only the package name replaced.
import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, test} from 'vitest';
import {type Block, docCommentBlocks} from '../examples/blocks.ts';
import {startExamples} from '../examples/examples.ts';
import {packageName} from '../examples/package-under-test.ts';
import {createPages} from './in-chromium.ts';
import {importSqliteWasm} from './sqlite-wasm.ts';

const pages = createPages();
beforeAll(pages.start);
afterAll(pages.stop);

const MODULES = [
  'persisters',
  'persisters/persister-browser',
  'persisters/persister-file',
  'persisters/persister-indexed-db',
  'persisters/persister-better-sqlite3',
  'persisters/persister-sqlite-node',
  'persisters/persister-sqlite-wasm',
];

const skipReason = ({flags, code}: Block): string | undefined =>
  flags === 'ignore'
    ? 'the document says that it does not run'
    : code.includes('createMergeableStore')
      ? 'needs createMergeableStore, which comes with the mergeable store'
      : undefined;

for (const module of MODULES) {
  const declarations = readFileSync(`node_modules/tinybase/@types/${module}/index.d.ts`, 'utf8');
  describe(`examples of ${module} on ${packageName}`, () => {
    for (const block of docCommentBlocks(declarations).filter(({language}) => language === 'js')) {
      const title = `line ${block.line}: ${block.subject}`;
      const reason = skipReason(block);
      const isForBrowsers = /persister-(browser|indexed-db)/.test(block.code);
      if (reason === undefined) {
        test(isForBrowsers ? `${title} (in Chromium)` : title, async () => {
          const examples = isForBrowsers
            ? await pages.startExamples([block])
            : startExamples([block], {importModule: importSqliteWasm});
          await examples.next();
        });
      } else {
        test(title, (context) => context.skip(reason));
      }
    }
  });
}
