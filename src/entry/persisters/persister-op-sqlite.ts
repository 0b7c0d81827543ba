// Entry: a persister over SQLite in React Native, through op-sqlite.

import {requireHandle} from '../../driver/handle.ts';
import {type OpSqliteDatabase, opSqliteDriver} from '../../driver/op-sqlite-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {OpSqliteDatabase};

export interface OpSqlitePersister<Db = OpSqliteDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database handle that the persister was made with. */
  getDb(): Db;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param db A database that `open` of `@op-engineering/op-sqlite` returned, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createOpSqlitePersister = <Db extends OpSqliteDatabase, StoreType extends PersistableStore>(
  store: StoreType,
  db: Db,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): OpSqlitePersister<Db, StoreType> => {
  requireHandle(db, ['execute'], 'a database of @op-engineering/op-sqlite');
  return createDatabasePersister(
    store,
    opSqliteDriver(db),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getDb: () => db},
  );
};
