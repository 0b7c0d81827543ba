export type {WebSocketLike} from '../../sync/web-socket.ts';
export {createWsSynchronizer, type WsSynchronizer} from '../../sync/ws-synchronizer.ts';
