// Runs a check script on a small tree made for the purpose, as `npm run check` runs it on the repository.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {onTestFinished} from 'vitest';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Files = {readonly [path: string]: string};

/** A folder with these files (path to text), until the test is over. */
export const treeOf = (files: Files): string => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-script-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), text);
  }
  return root;
};

/** The exit code and the output of a script of scripts/. */
export const runScript = (
  script: string,
  ...args: readonly string[]
): {code: number | null; output: string} => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [join(ROOT, 'scripts', script), ...args], {
    encoding: 'utf8',
  });
  return {code: status, output: stdout + stderr};
};
