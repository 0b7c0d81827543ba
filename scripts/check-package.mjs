// Packs the package as it would be published, and has an independent tool judge the tarball.
// `node scripts/check-package.mjs publint|attw [root]`. Exits 1 when the tool objects.
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ROOT, run} from './run.mjs';

const TOOLS = {
  publint: (tarball) => ['publint', ['run', tarball, '--strict']],
  attw: (tarball) => ['attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']],
};
/** attw is content with a package that has no declarations at all; we are not. */
const NO_TYPES = /does not contain types/;

const [tool, root = ROOT] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
try {
  const options = ['--ignore-scripts', '--pack-destination', folder];
  const packed = await run('npm', ['pack', ...options], {cwd: root, output: 'keep'});
  const [tarball] = readdirSync(folder);
  if (packed.code !== 0 || tarball === undefined) {
    throw new Error(`npm pack failed:\n${packed.text}`);
  }
  const {code, text} = await run(...TOOLS[tool](join(folder, tarball)), {output: 'keep'});
  console.log(text);
  process.exitCode = code === 0 && !NO_TYPES.test(text) ? 0 : 1;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
