#!/usr/bin/env node
// The program `holdfast`: reads its arguments, serves, and ends in peace when it is told to.

import {createRequire} from 'node:module';
import {HELP, parseServeArguments} from './arguments.ts';
import {CliError} from './cli-error.ts';
import {createLog} from './log.ts';
import {serve} from './serve.ts';

const {version} = createRequire(import.meta.url)('../../package.json') as {version: string};

const main = async ([command, ...rest]: readonly string[]): Promise<void> => {
  const all = [command, ...rest];
  if (all.includes('--version') || command === 'version') {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (command === undefined || command === 'help' || all.includes('--help') || all.includes('-h')) {
    process.stdout.write(HELP);
    process.exitCode = command === undefined ? 2 : 0;
    return;
  }
  if (command !== 'serve') {
    throw new CliError(`There is no command "${command}". See: holdfast --help`, 2);
  }
  const args = parseServeArguments(rest, process.env);
  const log = createLog(args.logFormat, process.stdout, {
    hasColors: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR,
  });
  const server = await serve(args, log, version);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) {
      // Whoever asks twice does not want to wait.
      process.exit(130);
    }
    isStopping = true;
    server.stop().then(
      (isComplete) => {
        if (!isComplete) {
          process.stderr.write(
            `holdfast: not everything could be stored in ${args.drainTimeoutMs / 1_000} s\n`,
          );
        }
        process.exit(isComplete ? 0 : 1);
      },
      (error) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

const fail = (error: unknown): void => {
  const isExpected = error instanceof CliError;
  process.stderr.write(
    `holdfast: ${isExpected ? error.message : ((error as Error)?.stack ?? String(error))}\n`,
  );
  process.exit(isExpected ? error.exitCode : 1);
};

// Whoever reads the log may stop reading.
process.stdout.on('error', () => undefined);

main(process.argv.slice(2)).catch(fail);
