export {createPresence, type Presence, type PresenceStateListener} from '../../sync/presence.ts';
export {
  createReconnectingWebSocket,
  type ReconnectingWebSocket,
  type ReconnectingWebSocketOptions,
} from '../../sync/reconnecting-web-socket.ts';
export type {PresenceState} from '../../sync/server-presence.ts';
export type {WebSocketLike} from '../../sync/web-socket.ts';
export {createWsSynchronizer, type WsSynchronizer} from '../../sync/ws-synchronizer.ts';
