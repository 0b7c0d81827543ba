// Child processes of tests: bundled once, so that each starts in well under 100 ms, and gone when the test has ended.

import {type ChildProcess, spawn} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {onTestFinished} from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles a script into a file, and returns how to start it. */
export const bundleScript = async (
  source: URL,
  bundlePath: string,
): Promise<(...args: string[]) => ChildProcess> => {
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: bundlePath,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
  });
  const children = new Set<ChildProcess>();
  onTestFinished(() => {
    for (const child of children) {
      child.kill('SIGKILL');
    }
  });
  return (...args) => {
    const child = spawn(process.execPath, [bundlePath, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Packages are looked for here, since the bundle lies elsewhere.
      env: {...process.env, NODE_PATH: join(ROOT, 'node_modules')},
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
};

/** What a child printed, once it is gone, and how it went. */
export const collectOutput = (
  child: ChildProcess,
): Promise<{readonly output: string; readonly code: number | null; readonly signal: string | null}> =>
  new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({output, code, signal}));
  });
