export {createWsServerSimple, type WsServerSimple} from '../../sync/ws-server-simple.ts';
