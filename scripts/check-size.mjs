// Bundles entry points as an application would, and checks how large they are and what is absent from them.
// `node scripts/check-size.mjs [root]`. Prints a table; exits 1 when ours is larger than TinyBase's, or holds what it should not.
import {existsSync} from 'node:fs';
import {join, relative} from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {ROOT} from './run.mjs';

/** No larger than: the entry of ours, and the one of TinyBase that does the same. */
const NO_LARGER = [
  ['src/entry/store.ts', 'tinybase/store'],
  ['src/entry/mergeable-store.ts', 'tinybase/mergeable-store'],
];

/** Who imports this entry must not get files of these folders, nor platform modules beyond those named. */
const ABSENT = [
  {
    entry: 'src/entry/store.ts',
    folders: ['persister', 'storage', 'coordinator', 'driver', 'sql', 'sync'],
    platform: [],
  },
  {
    entry: 'src/entry/persisters/persister-file.ts',
    folders: ['sql', 'driver', 'coordinator', 'store', 'sync'],
    platform: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:path'],
  },
  {
    entry: 'src/entry/persisters/persister-better-sqlite3.ts',
    folders: ['store', 'sync'],
    platform: undefined,
  },
  {entry: 'src/entry/persisters/persister-sqlite-node.ts', folders: ['store', 'sync'], platform: undefined},
  {entry: 'src/entry/persisters/persister-sqlite3.ts', folders: ['store', 'sync'], platform: undefined},
];

const root = process.argv[2] ?? ROOT;
const findings = [];

const bundle = async (entry, options = {}) => {
  const result = await build({
    stdin: {contents: `export * from ${JSON.stringify(entry)};`, resolveDir: root, loader: 'ts'},
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  const [{contents}] = result.outputFiles;
  const externals = Object.values(result.metafile.inputs)
    .flatMap(({imports}) => imports)
    .filter(({external}) => external)
    .map(({path}) => path);
  return {
    minified: contents.length,
    gzipped: gzipSync(contents, {level: 9}).length,
    inputs: Object.keys(result.metafile.inputs).map((path) => relative(root, join(root, path))),
    externals: [...new Set(externals)].sort(),
  };
};

const bytes = (count) => `${count.toLocaleString('en')} B`.padStart(10);
const line = (name, {minified, gzipped}) =>
  console.log(`${name.padEnd(48)} ${bytes(minified)} minified ${bytes(gzipped)} gzipped`);

for (const [ours, theirs] of NO_LARGER) {
  const mine = await bundle(`./${ours}`);
  const other = await bundle(theirs);
  line(ours, mine);
  line(theirs, other);
  if (mine.gzipped > other.gzipped) {
    findings.push(`${ours} is ${mine.gzipped - other.gzipped} bytes larger than ${theirs}`);
  }
}
for (const {entry, folders, platform} of ABSENT) {
  if (!existsSync(join(root, entry))) {
    findings.push(`${entry} is missing`);
    continue;
  }
  const result = await bundle(`./${entry}`, {packages: 'external'});
  line(entry, result);
  const unwanted = result.inputs.filter((path) =>
    folders.some((folder) => path.startsWith(`src/${folder}/`)),
  );
  if (unwanted.length > 0) {
    findings.push(`${entry} pulls in ${unwanted.join(', ')}`);
  }
  const packages = result.externals.filter((name) => !name.startsWith('node:'));
  const foreign =
    platform === undefined ? packages : result.externals.filter((name) => !platform.includes(name));
  if (foreign.length > 0) {
    findings.push(`${entry} imports ${foreign.join(', ')}`);
  }
}

findings.forEach((finding) => {
  console.log(finding);
});
process.exitCode = findings.length === 0 ? 0 : 1;
