// `holdfast serve`: a server of WebSockets and of the little HTTP beside it, over one database, from its start to its end in peace.

import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import {isHoldfastError} from '../base/errors.ts';
import {createWsServer, type WebSocketServerLike, type WsServer} from '../sync/ws-server.ts';
import {createPathGate} from './allowed-paths.ts';
import type {ServeArguments} from './arguments.ts';
import {CliError} from './cli-error.ts';
import {startHeartbeat} from './heartbeat.ts';
import {importPackage} from './import-package.ts';
import type {Log} from './log.ts';
import {type OpenStore, openStore} from './open-store.ts';
import {createTokenGate} from './token.ts';

export interface RunningServer {
  readonly url: string;
  /** Resolves with whether everything was stored in time. */
  stop(): Promise<boolean>;
}

/** The part of the package ws that is called. */
interface Ws {
  readonly WebSocketServer: new (
    options: object,
  ) => WebSocketServerLike & {
    readonly clients: Iterable<never>;
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (webSocket: unknown) => void,
    ): void;
    emit(event: 'connection', webSocket: unknown, request: IncomingMessage): void;
  };
}

/** What a server that anybody may reach is held to; a client that goes beyond may come back. */
const LIMITS = {
  maxMessageBytes: 16 * 1024 * 1024,
  maxMessagesPerSecond: 1_000,
  maxBytesPerSecond: 8 * 1024 * 1024,
  idlePathMs: 60_000,
};

/** Rejects with a `CliError` where it cannot start. */
export const serve = async (args: ServeArguments, log: Log, version: string): Promise<RunningServer> => {
  const {WebSocketServer} = (await importPackage('ws', 'holdfast serve')) as Ws;
  const store = await openStore(args.store);
  const isAllowed = createPathGate(args.paths);
  const hasToken = createTokenGate(args.authToken);
  const webSocketServer = new WebSocketServer({noServer: true, maxPayload: LIMITS.maxMessageBytes});
  const server = createWsServer(
    webSocketServer,
    (pathId) => store.createPersisterForPath(pathId),
    (error) => {
      // What clients say wrong is logged as their refusal.
      if (!(isHoldfastError(error) && error.code.startsWith('sync/'))) {
        log.write({level: 'warn', event: 'fault', timeMs: Date.now(), error});
      }
    },
    1,
    undefined,
    {
      ...LIMITS,
      authorize: (_request, pathId) => (isAllowed(pathId) ? 'read-write' : 'refused'),
      onLog: (entry) => log.write({...entry}),
    },
  );
  const http = createServer((request, response) => answer(request, response, {server, hasToken, args}));
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (hasToken(request)) {
      webSocketServer.handleUpgrade(request, socket, head, (webSocket) =>
        webSocketServer.emit('connection', webSocket, request),
      );
    } else {
      log.write({level: 'warn', event: 'client-refused', timeMs: Date.now(), reason: 'wrong-token'});
      socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nConnection: close\r\n\r\n');
    }
  });
  const stopHeartbeat = startHeartbeat(webSocketServer as never);
  try {
    await listen(http, args);
  } catch (error) {
    await server.destroy();
    await store.close();
    throw error;
  }

  const {port} = http.address() as {port: number};
  const authority = `${args.host.includes(':') ? `[${args.host}]` : args.host}:${port}`;
  const url = `ws://${authority}`;
  log.banner(`holdfast ${version}`, [
    ['url', url],
    ['store', store.description],
    ['paths', args.paths.length === 0 ? 'all' : args.paths.join(', ')],
    ['token', args.authToken === undefined ? 'none: everybody who reaches it may write' : 'required'],
    ['health', `http://${authority}/health`],
    ...(args.hasMetrics ? [['metrics', `http://${authority}/metrics`] as const] : []),
  ]);
  return {url, stop: () => stop({http, server, store, stopHeartbeat}, args)};
};

const listen = (http: Server, {port, host}: ServeArguments): Promise<void> =>
  new Promise((resolve, reject) => {
    http.once('error', (error: Error & {code?: string}) =>
      reject(
        new CliError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} of ${host} is in use. Take another with --port, or end what uses it`
            : `The server cannot listen on ${host}, port ${port}: ${error.message}`,
          1,
          error,
        ),
      ),
    );
    http.listen(port, host, resolve);
  });

const answer = (
  {url = '/', method}: IncomingMessage,
  response: ServerResponse,
  {
    server,
    hasToken,
    args,
  }: {server: WsServer; hasToken: (request: IncomingMessage) => boolean; args: ServeArguments},
): void => {
  const path = url.replace(/\?.*$/s, '');
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, {'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store'});
    response.end(method === 'HEAD' ? '' : body);
  };
  if (path === '/health') {
    const {status, reasons} = server.getHealth();
    // Who asks may be anybody: how many paths fail, and not which.
    send(
      status === 'ok' ? 200 : 503,
      'application/json',
      `${JSON.stringify({status, failingPaths: reasons.length})}\n`,
    );
  } else if (path === '/metrics' && args.hasMetrics) {
    hasToken({url, method, headers: response.req.headers} as IncomingMessage)
      ? send(200, 'text/plain; version=0.0.4', server.getMetrics())
      : send(401, 'text/plain', 'The token is missing, or wrong\n');
  } else {
    send(426, 'text/plain', 'This is a WebSocket server\n');
  }
};

const stop = async (
  {
    http,
    server,
    store,
    stopHeartbeat,
  }: {http: Server; server: WsServer; store: OpenStore; stopHeartbeat: () => void},
  {drainTimeoutMs}: ServeArguments,
): Promise<boolean> => {
  stopHeartbeat();
  http.close();
  const {isComplete} = await server.drain({timeoutMs: drainTimeoutMs});
  if (isComplete) {
    await server.destroy();
    await store.close();
  }
  http.closeAllConnections();
  return isComplete;
};
