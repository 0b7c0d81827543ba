// The package that the blocks of a document run against: ours, from its sources under the document's names.
// `HOLDFAST_EXAMPLES_OF=tinybase` runs them against the real `tinybase`, which shows that the runner is right.
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const ENTRY_FOLDER = new URL('../../src/entry/', import.meta.url);

const isReal = process.env.HOLDFAST_EXAMPLES_OF === 'tinybase';

/** What the blocks run against, for titles. */
export const packageName = isReal ? 'tinybase' : 'holdfast';

/** What an import in a document gets, with only the package name replaced. */
export const importFromDocument = async (specifier: string): Promise<object> => {
  if (isReal || !/^tinybase(\/|$)/.test(specifier)) {
    return import(/* @vite-ignore */ specifier);
  }
  const subpath = specifier.slice('tinybase/'.length) || 'index';
  const path = fileURLToPath(new URL(`${subpath}.ts`, ENTRY_FOLDER));
  if (!existsSync(path)) {
    throw new Error(`holdfast has no entry ${subpath}`);
  }
  return import(/* @vite-ignore */ path);
};
