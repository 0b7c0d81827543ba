// The processes of the demo: the server, and each client. All of them are gone when the demo is, however it ends.
import {fork, spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));
/** For whatever is waited for; on a busy machine, too. */
const PATIENCE_MS = 20_000;

const children = new Set();
process.on('exit', () => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(1));
}

const watch = (child) => {
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
};

const withPatience = (what, start) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what} did not happen within ${PATIENCE_MS / 1000} s.`)),
      PATIENCE_MS,
    );
    const settle = (settleNow) => (result) => {
      clearTimeout(timer);
      settleNow(result);
    };
    start(settle(resolve), settle(reject));
  });

/** Starts `holdfast serve` in a folder; resolves once it listens. */
export const startServer = async (folder, args) => {
  const child = watch(
    spawn(process.execPath, [PROGRAM, 'serve', ...args, '--log', 'json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({code, signal})));
  let output = '';
  const url = await withPatience('The start of the server', (resolve, reject) => {
    const read = (text) => {
      output += text;
      const [, found] = /"url":"(ws:[^"]+)"/.exec(output) ?? [];
      found && resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    ended.then(() => reject(new Error(output.trim() || 'The server ended.')));
  });
  return {
    url,
    /** Resolves with `{code, signal}` once it is gone. */
    end: (signal) => {
      child.kill(signal);
      return withPatience('The end of the server', (resolve) => ended.then(resolve));
    },
  };
};

/** Starts a client; `ask('set', 'milk', {count: 2})` resolves with what its function of that name returns. */
export const startClient = (name) => {
  const child = watch(fork(CLIENT, [name]));
  const waiting = new Map();
  let lastId = 0;
  const forget = (why) => {
    for (const {reject} of waiting.values()) {
      reject(new Error(why));
    }
  };
  child.on('message', ({id, result, error}) => {
    const {resolve, reject} = waiting.get(id);
    waiting.delete(id);
    error === undefined ? resolve(result) : reject(new Error(`${name}: ${error}`));
  });
  child.once('close', () => forget(`The process of ${name} ended by itself.`));
  return {
    name,
    ask: (what, ...args) =>
      withPatience(`${name}: ${what} ${args.join(' ')}`, (resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, {resolve, reject});
        child.send({id, what, args});
      }),
    end: () => {
      forget(`${name} is gone.`);
      child.disconnect();
    },
  };
};
