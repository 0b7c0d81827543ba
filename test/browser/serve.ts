// Serves pages to a browser from a free port of this machine: a page that loads `/holdfast.js`, the files that it is given,
// and, under `/components/`, what test/components has installed. Knows nothing of what is tested there.

import {readFile} from 'node:fs/promises';
import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, normalize} from 'node:path';
import {componentFolder} from '../components/component.ts';

/** Texts and bytes by their path, which begins with a slash. */
export type Files = {readonly [path: string]: string | Uint8Array};

// Packages that Holdfast itself imports by their names, where an application has them.
const IMPORTS = JSON.stringify({imports: {'expo-sqlite': '/expo-sqlite.js'}});
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Holdfast</title>' +
  `<script type="importmap">${IMPORTS}</script><script src="/holdfast.js"></script>`;

// With these a page may share memory with its workers, which some virtual file systems want.
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

const TYPES: {readonly [extension: string]: string} = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};

export const serve = async (files: Files): Promise<{url: string; close(): Promise<void>}> => {
  const find = async (path: string): Promise<string | Uint8Array | undefined> => {
    const [, component, inside] = /^\/components\/([\w-]+)(\/.+)$/.exec(path) ?? [];
    return component === undefined || inside === undefined
      ? files[path]
      : readFile(`${componentFolder(component)}node_modules${normalize(inside)}`);
  };

  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const found = path === '/' ? PAGE : await find(path).catch(() => undefined);
    const type = path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'text/javascript');
    response.writeHead(found === undefined ? 404 : 200, {...HEADERS, 'content-type': type});
    response.end(found);
  };

  const server = createServer((request, response) => {
    void answer(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
