export type {PathPersister} from '../../sync/room-keeper.ts';
export type {Access, ServerLogEntry, UpgradeRequest} from '../../sync/server-options.ts';
export type {PresenceState} from '../../sync/server-presence.ts';
export type {DrainOptions, DrainResult, ServerHealth, ServerStats} from '../../sync/sync-server.ts';
export {
  type ClientIdsListener,
  createWsServer,
  type PathIdsListener,
  type PresenceListener,
  type WebSocketServerLike,
  type WsServer,
  type WsServerOptions,
  type WsServerStats,
} from '../../sync/ws-server.ts';
