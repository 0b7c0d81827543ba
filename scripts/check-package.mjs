// Packs the package as it would be published, and has two independent tools judge the tarball.
// `node scripts/check-package.mjs publint|attw`. Exits 1 when the tool objects.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {run} from './run.mjs';

const TOOLS = {
  publint: (tarball) => ['publint', ['run', tarball, '--strict']],
  attw: (tarball) => ['attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']],
};

const folder = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
try {
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    output: 'keep',
  });
  const [{filename}] = JSON.parse(packed.text.slice(packed.text.search(/^\[/m)));
  const {code} = await run(...TOOLS[process.argv[2]](join(folder, filename)));
  process.exitCode = code;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
