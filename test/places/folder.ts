// A folder for one test, gone when the test has ended.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';

/** A function that names paths in a new folder; the folder goes with the test that is running. */
export const createFolder = (): ((...names: string[]) => string) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return (...names) => join(folder, ...names);
};
