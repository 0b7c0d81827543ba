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
  return isReal || !/^tinybase(\/|$)/.test(specifier)
    ? import(/* @vite-ignore */ specifier)
    : importEntry(specifier.slice('tinybase/'.length));
};

/** What `holdfast`, or a subpath of it, exports, from the sources. */
export const importEntry = async (subpath: string): Promise<object> => {
  const name = subpath || 'index';
  const path = fileURLToPath(new URL(`${name}.ts`, ENTRY_FOLDER));
  if (!existsSync(path)) {
    throw new Error(`holdfast has no entry ${name}`);
  }
  return import(/* @vite-ignore */ path);
};
