// Installs the real components that tests run against: every folder of test/components with a lockfile of its own.
// They are apart from the root's packages because they are heavy, and running the product does not need them.
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {ROOT, run, seconds} from './run.mjs';

const COMPONENTS = join(ROOT, 'test', 'components');
const LOCK_TIMEOUT_MS = 10 * 60_000;

/** Installs what changed since the last time. Returns the names of the components that failed. */
export const installComponents = async () => {
  const failed = [];
  for (const name of readdirSync(COMPONENTS).sort()) {
    const folder = join(COMPONENTS, name);
    if (existsSync(join(folder, 'package-lock.json'))) {
      const isInstalled = await withLock(folder, () => installComponent(name, folder));
      if (!isInstalled) {
        failed.push(name);
      }
    }
  }
  return failed;
};

const installComponent = async (name, folder) => {
  const stamp = join(folder, 'node_modules', '.holdfast-installed');
  const {holdfast = {}, allowScripts} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const isCompiled = allowScripts !== undefined;
  const nodedir = headersFolder();
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package.json')))
    .update(readFileSync(join(folder, 'package-lock.json')))
    .update(isCompiled ? (nodedir ?? '') : '')
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return true;
  }
  const startMs = Date.now();
  console.log(`installing test/components/${name}${holdfast.note ? ` (${holdfast.note})` : ''} …`);
  const ticker = setInterval(() => console.log(`  … still at it after ${seconds(startMs)}`), 20_000);
  const {code, text} = await run('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: nodedir === undefined ? {} : {npm_config_nodedir: nodedir},
    output: 'keep',
  });
  clearInterval(ticker);
  if (code !== 0) {
    console.log(text.trimEnd());
    console.log(`test/components/${name} could not be installed: its tests will fail`);
    return false;
  }
  writeFileSync(stamp, wanted);
  console.log(`  done in ${seconds(startMs)}`);
  return true;
};

/**
 * Whose headers to compile against: those of the oldest Node that is supported, since what is compiled against a newer
 * one crashes on it. Headers that come with a package need no download.
 */
const headersFolder = () =>
  [join(COMPONENTS, 'nodes', 'node_modules', 'node20'), dirname(dirname(process.execPath))].find((folder) =>
    existsSync(join(folder, 'include', 'node', 'node_api.h')),
  );

/** One installation of a folder at a time, also where two test runs start together. */
const withLock = async (folder, body) => {
  const lock = join(folder, '.installing');
  const deadlineMs = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    }
    if (isAbandoned(lock) || Date.now() > deadlineMs) {
      rmSync(lock, {recursive: true, force: true});
    } else {
      await sleep(500);
    }
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  try {
    return await body();
  } finally {
    rmSync(lock, {recursive: true, force: true});
  }
};

const isAbandoned = (lock) => {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
};
