// Compiled, not run: the published declarations resolve and say what they should, with no package's types beside them.
import {createMergeableStore, createStore, type Store} from 'holdfast';
import {
  createCustomPersister,
  createDatabasePersister,
  type DatabasePersisterConfig,
  type Persister,
  SQLITE_LIMITS,
  type StatementsDriver,
} from 'holdfast/persisters';
import {createBetterSqlite3Persister} from 'holdfast/persisters/persister-better-sqlite3';
import {createFilePersister} from 'holdfast/persisters/persister-file';
import {createSqliteNodePersister} from 'holdfast/persisters/persister-sqlite-node';
import {createSqlite3Persister} from 'holdfast/persisters/persister-sqlite3';
import {createStore as createStoreFromSubpath} from 'holdfast/store';
import {
  createPresence,
  createWsSynchronizer,
  type Presence,
  type PresenceState,
  type WebSocketLike,
  type WsSynchronizer,
} from 'holdfast/synchronizers/synchronizer-ws-client';

const store: Store = createStore().setTables({pets: {fido: {species: 'dog'}}});
const another: Store = createStoreFromSubpath();
const config: DatabasePersisterConfig = {
  mode: 'tabular',
  tables: {load: {pets: 'pets'}, save: {pets: 'pets'}},
};

const persister: Persister = createFilePersister(store, 'pets.json');
await persister.save();
await persister.whenDurable();

// The store that a persister keeps has its own type; handlers may be narrower, as with TinyBase.
persister.getStore().setValues({open: true});
createFilePersister(store, 'pets.json', (error: Error) => error.message.trim())
  .getStore()
  .setCell('pets', 'fido', 'species', 'wolf');
const custom: Persister = createCustomPersister(
  store,
  async () => undefined,
  async (getContent) => {
    getContent();
  },
  (listener) => listener,
  (listener) => listener(),
);

// A driver of one's own.
const driver: StatementsDriver = {
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  query: async ({sql, params}) => [{sql, count: params.length}],
};
const own = createDatabasePersister(store, driver, {configOrStoreTableName: config}, {getOwn: () => 'own'});
const handle: string = own.getOwn();

// A socket is whatever has the methods that are called; presence and a synchronizer share it.
declare const socket: WebSocketLike & {readonly isMine: true};
const synchronizer: WsSynchronizer<typeof socket> = await createWsSynchronizer(
  createMergeableStore(),
  socket,
);
const isMine: true = synchronizer.getWebSocket().isMine;
const presence: Presence = createPresence(socket, 'channel').setState({name: 'Ada', cursor: [1, 2]});
const presenceListenerId: string = presence.addListener((one, clientId: string, state: PresenceState) => {
  one.setState([clientId, state]);
});
// @ts-expect-error A store is no socket.
createPresence(store);

// @ts-expect-error A store has no such method.
store.setCel('pets', 'fido', 'species', 'cat');
// @ts-expect-error A persister needs a database.
createSqliteNodePersister(store);
// @ts-expect-error There is no such mode.
const wrong: DatabasePersisterConfig = {mode: 'tabula'};

export {
  another,
  config,
  createBetterSqlite3Persister,
  createSqlite3Persister,
  custom,
  handle,
  isMine,
  presenceListenerId,
  wrong,
};
