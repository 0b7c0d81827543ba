// A server in a Durable Object of Cloudflare's: one object is one path. Its clients' sockets hibernate: while nobody says anything the object
// leaves the memory, sockets stay open, and whoever speaks first wakes it. Knows how sockets come and go there; the server proper knows the rest.
//
//   asleep ──a message──▶ constructed ──every socket is taken up again──▶ serving ──nothing for some seconds──▶ asleep

import {DurableObject} from 'cloudflare:workers';
import type {Id, Ids} from '../base/content.ts';
import {byteLength} from '../storage/byte-length.ts';
import type {HibernatingWebSocket} from './hibernating-web-socket.ts';
import type {PathPersister} from './room-keeper.ts';
import type {ServerConnection} from './server-connection.ts';
import type {Access, SyncServerOptions, UpgradeRequest} from './server-options.ts';
import type {PresenceState} from './server-presence.ts';
import {createSyncServer, type SyncServer} from './sync-server.ts';
import {malformed} from './wire.ts';

/** What is remembered of a client while the object is asleep. */
interface Attachment {
  readonly clientId: Id;
  readonly url: string;
  readonly access: Access;
  /** What it says of itself, if it has said anything. */
  readonly presence?: {readonly state: PresenceState} | undefined;
}

interface RequestLike {
  readonly url: string;
  readonly method: string;
  readonly headers: Iterable<[string, string]> & {get(name: string): string | null};
}

type Promised<Thing> = Thing | Promise<Thing>;

/**
 * Extend it, and give the class to your Worker's configuration; `getWsServerDurableObjectFetch` leads requests to it. Methods that are
 * overridden and not of these are to call `super`: the constructor, `fetch`, `webSocketMessage`, `webSocketClose` and `webSocketError`.
 * Sockets are not shared between channels there.
 */
export class WsServerDurableObject<Env = unknown> extends DurableObject<Env> {
  #server: SyncServer | undefined;
  #connections = new Map<HibernatingWebSocket, ServerConnection>();
  #pathId: Id | undefined;
  // Clients that come back with the object have come before.
  #isWaking = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (ctx.getWebSockets(TAG).length > 0) {
      // Behind the constructors of subclasses, and before the message that woke it.
      void ctx.blockConcurrencyWhile(() => this.#wake());
    }
  }

  async fetch(request: RequestLike): Promise<Response> {
    const clientId = request.headers.get('sec-websocket-key');
    if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket' || clientId === null) {
      return askForUpgrade();
    }
    const {0: client, 1: socket} = new WebSocketPair();
    this.ctx.acceptWebSocket(socket as never, [TAG]);
    const {pathname, search} = new URL(request.url);
    const url = pathname + search;
    this.#connect(socket, {url, headers: Object.fromEntries(request.headers)}, clientId);
    return new Response(null, {status: 101, webSocket: client} as object);
  }

  webSocketMessage(socket: HibernatingWebSocket, message: string | ArrayBuffer): void {
    const connection = this.#connections.get(socket);
    if (typeof message !== 'string') {
      connection?.refuse(malformed('it is not text'));
    } else {
      connection?.receive(message, byteLength(message));
    }
  }

  webSocketClose(socket: HibernatingWebSocket, code: number, reason: string): void {
    this.#connections.get(socket)?.end();
    // It is on the object to close its side, but for codes that are never sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
  }

  webSocketError(socket: HibernatingWebSocket, error: unknown): void {
    this.onIgnoredError(error);
    this.#connections.get(socket)?.end();
  }

  /** Override it to keep the store of the path; without one, messages are handed on between clients alone. */
  createPersister(): Promised<PathPersister | undefined> {
    return undefined;
  }

  /** Override it to say who may do what, and how much. (Not in TinyBase.) */
  getServerOptions(): SyncServerOptions {
    return {};
  }

  /** The path that the object serves; `''` before its first client. */
  getPathId(): Id {
    return this.#pathId ?? '';
  }

  getClientIds(): Ids {
    return this.#started().getClientIds(this.getPathId());
  }

  /** Messages that are longer than so many characters are sent in pieces; default: none are. */
  getFragmentSize(): number | undefined {
    return undefined;
  }

  /** How long the object's own store waits for an answer. */
  getRequestTimeoutSeconds(): number {
    return 1;
  }

  /** Told of faults of the persister, and of what clients said that cannot be read. */
  onIgnoredError(_error: unknown): void {}

  /** Told when the first client comes (1), and when the last has gone (-1). */
  onPathId(_pathId: Id, _addedOrRemoved: 1 | -1): void {}

  /** Told when a client comes (1), and when it is gone (-1). */
  onClientId(_pathId: Id, _clientId: Id, _addedOrRemoved: 1 | -1): void {}

  /** Told of each message between clients; `toClientId` is empty where it is to all. */
  onMessage(_fromClientId: Id, _toClientId: Id, _remainder: string): void {}

  #started(): SyncServer {
    this.#server ??= createSyncServer({
      createPersisterForPath: () => this.createPersister(),
      onIgnoredError: (error) => this.onIgnoredError(error),
      requestTimeoutSeconds: this.getRequestTimeoutSeconds(),
      fragmentSize: this.getFragmentSize(),
      options: this.getServerOptions(),
      onPath: (pathId, addedOrRemoved) => {
        this.#pathId = pathId;
        this.#isWaking || this.onPathId(pathId, addedOrRemoved);
      },
      onClient: (pathId, clientId, addedOrRemoved) =>
        this.#isWaking || this.onClientId(pathId, clientId, addedOrRemoved),
      onPresence: () => undefined,
      onMessage: (fromId, toId, text) => this.onMessage(fromId, toId, text),
    });
    return this.#server;
  }

  #connect(socket: HibernatingWebSocket, request: UpgradeRequest, wantedId: Id, before?: Attachment): void {
    let attachment = before;
    // A host that does not take it will not know it when it wakes.
    const remember = (now: Attachment): void => {
      attachment = now;
      try {
        socket.serializeAttachment(now);
      } catch (error) {
        this.onIgnoredError(error);
      }
    };
    const connection = this.#started().connect(
      {
        // The host does not tell.
        bufferedBytes: () => 0,
        send: (text) => {
          socket.readyState === OPEN && socket.send(text);
        },
        close: (code, reason) => socket.close(code, reason),
        terminate: () => socket.close(1001, 'gone'),
      },
      request,
      {
        clientId: wantedId,
        isShared: false,
        access: before?.access,
        presence: before?.presence,
        onEnter: (access) => {
          // Who comes back with the object has it still.
          before === undefined && remember({clientId: connection.clientId, url: request.url ?? '', access});
        },
        onPresence: (state) => {
          attachment === undefined || remember({...attachment, presence: {state}});
        },
      },
    );
    this.#connections.set(socket, connection);
  }

  async #wake(): Promise<void> {
    this.#isWaking = true;
    for (const socket of this.ctx.getWebSockets(TAG)) {
      const attachment = socket.deserializeAttachment() as Attachment | null;
      if (attachment === null) {
        // It was still on its way in.
        socket.close(1012, 'come again');
      } else {
        const {clientId, url} = attachment;
        this.#connect(socket, {url, headers: {}}, clientId, attachment);
      }
    }
    // They are on the path some moments later.
    await Promise.all([...this.#connections.values()].map((connection) => connection.whenIdle()));
    this.#isWaking = false;
  }
}

/**
 * A Worker's `fetch` that leads each WebSocket to the object of its path, in the namespace of that name:
 * `export default {fetch: getWsServerDurableObjectFetch('MyDurableObjects')}`.
 */
export const getWsServerDurableObjectFetch =
  <Namespace extends string>(namespace: Namespace) =>
  (request: RequestLike, env: {readonly [name in Namespace]: NamespaceLike}): Promised<Response> => {
    const objects = env[namespace];
    const path = new URL(request.url).pathname;
    return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? objects.get(objects.idFromName(path) as never).fetch(request as never)
      : askForUpgrade();
  };

const askForUpgrade = (): Response =>
  new Response('This is a server of WebSockets: ask for an upgrade', {
    status: 426,
    headers: {upgrade: 'websocket'},
  });

declare const WebSocketPair: new () => {readonly 0: unknown; readonly 1: HibernatingWebSocket};
interface NamespaceLike {
  idFromName(name: string): unknown;
  get(id: never): {fetch(request: never): Promise<Response>};
}

const TAG = 'holdfast';
const OPEN = 1;
