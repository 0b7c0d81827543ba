// The examples in the declarations of the package `tinybase` for persisters and synchronizers, with only the package name replaced.
import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, onTestFinished, test, vi} from 'vitest';
import {getHlcFunctions} from '../../src/merge/hlc.ts';
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
  'synchronizers',
  'synchronizers/synchronizer-broadcast-channel',
  'synchronizers/synchronizer-local',
  'synchronizers/synchronizer-ws-client',
  'synchronizers/synchronizer-ws-server',
  'synchronizers/synchronizer-ws-server-durable-object',
  'synchronizers/synchronizer-ws-server-simple',
];

/** The stamps in the examples are of this time. */
const STAMP = 'Nn1JUF-----Zjl0M';
const [, , , decodeHlc] = getHlcFunctions();

const skipReason = ({flags}: Block): string | undefined =>
  flags === 'ignore' ? 'the document says that it does not run' : undefined;

for (const module of MODULES) {
  const declarations = readFileSync(`node_modules/tinybase/@types/${module}/index.d.ts`, 'utf8');
  describe(`examples of ${module} on ${packageName}`, () => {
    for (const block of docCommentBlocks(declarations).filter(({language}) => language === 'js')) {
      const title = `line ${block.line}: ${block.subject}`;
      const reason = skipReason(block);
      const isForBrowsers = /persister-(browser|indexed-db)/.test(block.code);
      if (reason === undefined) {
        test(isForBrowsers ? `${title} (in Chromium)` : title, async () => {
          if (block.code.includes(STAMP)) {
            vi.useFakeTimers({now: decodeHlc(STAMP)[0], toFake: ['Date']});
            onTestFinished(() => void vi.useRealTimers());
          }
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
