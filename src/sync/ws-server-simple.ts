// A server that only hands messages between the clients of each path: nothing is kept, counted or listened to.

import {createWsServer, type WebSocketServerLike} from './ws-server.ts';

export interface WsServerSimple<Server = WebSocketServerLike> {
  getWebSocketServer(): Server;
  /** Sees every client off, and closes the server that was given. */
  destroy(): Promise<void>;
}

export const createWsServerSimple = <Server extends WebSocketServerLike>(
  webSocketServer: Server,
): WsServerSimple<Server> => {
  const {getWebSocketServer, destroy} = createWsServer(webSocketServer);
  return {getWebSocketServer, destroy};
};
