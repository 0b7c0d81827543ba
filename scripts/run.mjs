// Starts a program and waits for it. Knows nothing of what the scripts run.
import {spawn} from 'node:child_process';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The environment in which `node` and the tools are those of this repository, however the script was started. */
const environment = (extra) => ({
  ...process.env,
  // Some tools colour whatever runs under CI; what does not go to a terminal is to be plain.
  ...(process.stdout.isTTY ? {} : {NO_COLOR: '1', FORCE_COLOR: undefined}),
  PATH: join(ROOT, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? ''),
  ...extra,
});

/**
 * Runs a command to its end.
 *
 * @param output `'show'` lets it write to the terminal, `'keep'` collects what it wrote (both streams in order).
 * @returns the exit code (1 where it could not start or was killed), and the collected output.
 */
export const run = (command, args, {cwd = ROOT, env = {}, output = 'show'} = {}) =>
  new Promise((resolve) => {
    const isKept = output === 'keep';
    const child = spawn(command, args, {
      cwd,
      env: environment(env),
      stdio: ['ignore', isKept ? 'pipe' : 'inherit', isKept ? 'pipe' : 'inherit'],
    });
    let text = '';
    const collect = (chunk) => {
      text += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({code: 1, text: `${text}${command}: ${error.message}\n`}));
    child.on('close', (code) => resolve({code: code ?? 1, text}));
  });

export const seconds = (startMs) => `${((Date.now() - startMs) / 1000).toFixed(1)} s`;
