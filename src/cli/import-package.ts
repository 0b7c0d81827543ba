// Loads a package that only some servers need, or says what to install.

import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {CliError} from './cli-error.ts';

/** Looks beside Holdfast first, and then in the folder that the server was started in. */
export const importPackage = async (name: string, what: string): Promise<unknown> => {
  for (const specifier of [() => name, () => inCurrentFolder(name)]) {
    try {
      return await import(specifier());
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
    }
  }
  throw new CliError(`${what} needs the package ${name}. Install it: npm install ${name}`);
};

const inCurrentFolder = (name: string): string =>
  pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href;

const isMissing = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String((error as {code?: unknown} | null)?.code));
