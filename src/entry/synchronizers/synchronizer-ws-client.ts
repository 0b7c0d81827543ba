export {
  createReconnectingWebSocket,
  type ReconnectingWebSocket,
  type ReconnectingWebSocketOptions,
} from '../../sync/reconnecting-web-socket.ts';
export type {WebSocketLike} from '../../sync/web-socket.ts';
export {createWsSynchronizer, type WsSynchronizer} from '../../sync/ws-synchronizer.ts';
