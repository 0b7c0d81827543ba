// A Worker whose Durable Objects are rooms of a server, kept in their SQLite, and tell what became of them.

import {createMergeableStore} from '../../src/entry/mergeable-store.ts';
import {createDurableObjectSqlStoragePersister} from '../../src/entry/persisters/persister-durable-object-sql-storage.ts';
import {
  getWsServerDurableObjectFetch,
  WsServerDurableObject,
} from '../../src/entry/synchronizers/synchronizer-ws-server-durable-object.ts';

type Env = {readonly TESTED: never};

const serve = getWsServerDurableObjectFetch('TESTED');
const told = {objects: 0, events: [] as unknown[][]};

export class Tested extends WsServerDurableObject<Env> {
  // Set behind the constructor of the class that it extends.
  readonly note = (...event: unknown[]): void => void told.events.push(event);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    told.objects++;
  }
  override createPersister() {
    this.note('persister');
    return createDurableObjectSqlStoragePersister(createMergeableStore(), this.ctx.storage as never);
  }
  override getServerOptions() {
    return {
      authorize: (request: {readonly url?: string | undefined}) => {
        this.note('authorize');
        return request.url?.includes('reader') ? ('read' as const) : ('read-write' as const);
      },
    };
  }
  override onClientId(pathId: string, _clientId: string, addedOrRemoved: number) {
    this.note('client', pathId, addedOrRemoved, this.getPathId(), this.getClientIds().length);
  }
  override onPathId(pathId: string, addedOrRemoved: number) {
    this.note('path', pathId, addedOrRemoved);
  }
  override onIgnoredError(error: {readonly code?: string}) {
    this.note('error', error.code);
  }
  override getFragmentSize() {
    return 1_000;
  }
}

export default {
  fetch: (request: Request, env: Env) =>
    new URL(request.url).pathname === '/told' ? Response.json(told) : serve(request, env),
};
