export {getWsServerDurableObjectFetch, WsServerDurableObject} from '../../sync/durable-object-server.ts';
export type {PathPersister} from '../../sync/room-keeper.ts';
export type {Access, ServerLogEntry, SyncServerOptions, UpgradeRequest} from '../../sync/server-options.ts';
