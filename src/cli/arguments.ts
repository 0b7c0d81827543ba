// The arguments of `holdfast serve`: read, checked, and explained.

import {parseArgs} from 'node:util';
import {closest} from '../storage/options.ts';
import {CliError} from './cli-error.ts';

export type StoreLocation =
  | {readonly kind: 'sqlite'; readonly path: string}
  | {readonly kind: 'postgres'; readonly url: string}
  | {readonly kind: 'memory'};

export interface ServeArguments {
  readonly port: number;
  readonly host: string;
  readonly store: StoreLocation;
  readonly paths: readonly string[];
  readonly authToken: string | undefined;
  readonly hasMetrics: boolean;
  readonly logFormat: 'json' | 'text';
  readonly drainTimeoutMs: number;
}

export const HELP = `Usage: holdfast serve [options]

Serves mergeable stores to Holdfast's and TinyBase's WebSocket synchronizers, and keeps them.
The path of a client's URL is its room: ws://localhost:8040/todos

Options
  --port <number>          default 8040; 0 takes any that is free
  --host <name>            default 127.0.0.1, this machine alone; 0.0.0.0 lets others in
  --store <where>          sqlite:<file>     default sqlite:holdfast.db
                           postgres:<url>    as in postgres://user:password@host/database
                           memory            kept until the server ends
  --paths <patterns>       what is served, as in "todos/*,shared"; * is any part between
                           slashes, ** is anything; default all
  --auth-token <token>     clients must send it: "Authorization: Bearer <token>", or
                           ?token=<token> behind the path; also HOLDFAST_AUTH_TOKEN
  --metrics                serves /metrics for Prometheus (/health is always there)
  --log <text|json>        default text
  --drain-timeout <secs>   how long SIGTERM waits until all is stored; default 10
  --help, --version
`;

const OPTIONS = {
  port: {type: 'string', default: '8040'},
  host: {type: 'string', default: '127.0.0.1'},
  store: {type: 'string', default: 'sqlite:holdfast.db'},
  paths: {type: 'string', multiple: true, default: [] as string[]},
  'auth-token': {type: 'string'},
  metrics: {type: 'boolean', default: false},
  log: {type: 'string', default: 'text'},
  'drain-timeout': {type: 'string', default: '10'},
} as const;

/** Throws a `CliError` with exit code 2 for what cannot be meant. */
export const parseServeArguments = (
  args: readonly string[],
  environment: {readonly [name: string]: string | undefined},
): ServeArguments => {
  const values = parse(args);
  const authToken = values['auth-token'] ?? environment.HOLDFAST_AUTH_TOKEN;
  if (authToken !== undefined && authToken.trim() === '') {
    throw wrong('the token is empty; leave it out to let everybody in');
  }
  if (values.log !== 'text' && values.log !== 'json') {
    throw wrong(`--log is text or json, not "${values.log}"`);
  }
  return {
    port: parseNumber('--port', values.port, 65_535, true),
    host: values.host,
    store: parseStore(values.store),
    paths: values.paths.flatMap((patterns) => patterns.split(',')).filter((pattern) => pattern !== ''),
    authToken,
    hasMetrics: values.metrics,
    logFormat: values.log,
    drainTimeoutMs: parseNumber('--drain-timeout', values['drain-timeout'], 3_600, false) * 1_000,
  };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({args: [...args], options: OPTIONS, strict: true, allowPositionals: false}).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, unknown] = /Unknown option '--?([^']+)'/.exec(message) ?? [];
    const meant = unknown === undefined ? undefined : closest(unknown, Object.keys(OPTIONS));
    if (unknown !== undefined) {
      throw wrong(
        meant === undefined
          ? `there is no option --${unknown}`
          : `there is no option --${unknown}, but there is --${meant}`,
      );
    }
    throw wrong(message.replace(/\. .*$/s, ''));
  }
};

const wrong = (what: string): CliError => new CliError(`${what}. See: holdfast serve --help`, 2);

const parseNumber = (name: string, text: string, max: number, isWhole: boolean): number => {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!(number >= 0 && number <= max) || (isWhole && !Number.isInteger(number))) {
    throw wrong(`${name} is a ${isWhole ? 'whole ' : ''}number from 0 to ${max}, not "${text}"`);
  }
  return number;
};

const parseStore = (text: string): StoreLocation => {
  const [, kind, rest = ''] = /^(\w+)(?::(.*))?$/s.exec(text) ?? [];
  if (kind === 'sqlite' && rest !== '') {
    return {kind, path: rest};
  }
  // Both `postgres:postgres://…` and `postgres://…` say it.
  if ((kind === 'postgres' || kind === 'postgresql') && rest !== '') {
    return {kind: 'postgres', url: /^postgres(ql)?:\/\//.test(rest) ? rest : text};
  }
  if (text === 'memory') {
    return {kind: 'memory'};
  }
  throw wrong(`--store is sqlite:<file>, postgres:<url> or memory, not "${text}"`);
};
