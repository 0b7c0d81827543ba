export type {UpgradeRequest} from '../../sync/server-connection.ts';
export {
  type Access,
  type ClientIdsListener,
  createWsServer,
  type PathIdsListener,
  type WebSocketServerLike,
  type WsServer,
  type WsServerOptions,
  type WsServerStats,
} from '../../sync/ws-server.ts';
