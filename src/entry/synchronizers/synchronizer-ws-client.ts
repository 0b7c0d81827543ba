export {createPresence, type Presence, type PresenceStateListener} from '../../sync/presence.ts';
export type {PresenceState} from '../../sync/server-presence.ts';
export type {WebSocketLike} from '../../sync/web-socket.ts';
export {createWsSynchronizer, type WsSynchronizer} from '../../sync/ws-synchronizer.ts';
