// An example of a driver that is none of Holdfast's: SQLite behind a queue of messages, as in a worker or a server. Here
// it is node:sqlite in the same process, and the messages are promises.
import {createDatabasePersister, SQLITE_LIMITS} from 'holdfast/persisters';

/** A database whose calls are answered some turns later. */
export const openRemoteDatabase = (DatabaseSync, path, options) => {
  const db = new DatabaseSync(path, options);
  return {
    ask: async (sql, params) => {
      await undefined;
      return db.prepare(sql).all(...params);
    },
    close: () => db.isOpen && db.close(),
  };
};

/** The driver: how SQL runs there, and nothing else. */
export const remoteDriver = (remote) => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  // There is one connection: whoever has the same handle waits for the end of a transaction.
  handle: remote,
  query: ({sql, params}) => remote.ask(sql, params),
});

/** The persister for it. */
export const createWorkerPersister = (store, remote, configOrStoreTableName, onSqlCommand, onIgnoredError) =>
  createDatabasePersister(
    store,
    remoteDriver(remote),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getRemote: () => remote},
  );
