// Compiles src/ to dist/ (ESM and declarations), unless nothing changed since the last time.
// `--force` compiles in any case. Writes beside and swaps, so that a reader of dist/ never sees half of it.
import {createHash} from 'node:crypto';
import {existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ROOT, run} from './run.mjs';

const STAMP = join(ROOT, 'node_modules', '.cache', 'holdfast', 'build');
const DIST = join(ROOT, 'dist');

const fingerprint = () => {
  const hash = createHash('sha256');
  const sources = globSync('src/**/*.ts', {cwd: ROOT}).filter((path) => !path.endsWith('.test.ts'));
  const others = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];
  for (const path of [...sources.sort(), ...others]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  }
  return hash.digest('hex');
};

const current = fingerprint();
const isFresh = existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === current;
if (isFresh && !process.argv.includes('--force')) {
  process.exit(0);
}

const fresh = `${DIST}.${process.pid}`;
const {code} = await run('tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh]);
if (code === 0) {
  rewriteDeclarations(fresh);
  swap(fresh);
  mkdirSync(join(STAMP, '..'), {recursive: true});
  writeFileSync(STAMP, current);
}
rmSync(fresh, {recursive: true, force: true});
process.exitCode = code;

/** The compiler rewrites `./x.ts` to `./x.js` in its JavaScript, and leaves it in its declarations. */
function rewriteDeclarations(folder) {
  for (const path of globSync('**/*.d.ts', {cwd: folder})) {
    const text = readFileSync(join(folder, path), 'utf8');
    const rewritten = text.replaceAll(
      /(\b(?:from|import)\s*\(?\s*['"]\.\.?\/[^'"\n]*)\.ts(['"])/g,
      '$1.js$2',
    );
    writeFileSync(join(folder, path), rewritten);
  }
}

/** Two builds may end at once: the later one wins. */
function swap(folder) {
  for (let attempt = 1; ; attempt++) {
    rmSync(DIST, {recursive: true, force: true});
    try {
      renameSync(folder, DIST);
      return;
    } catch (error) {
      if (attempt === 5 || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) {
        throw error;
      }
    }
  }
}
