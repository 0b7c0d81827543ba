// Entry: a persister over PostgreSQL, through the package postgres.

import {requireHandle} from '../../driver/handle.ts';
import {type PostgresReservedSql, type PostgresSql, postgresDriver} from '../../driver/postgres-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {PostgresReservedSql, PostgresSql};

export interface PostgresPersister<Sql = PostgresSql | PostgresReservedSql, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The function that the persister was made with. */
  getSql(): Sql;
}

/**
 * Keeps a store in a PostgreSQL database.
 *
 * @param sql What `postgres(…)` returned, or a connection that its `reserve()` has lent, open for as long as the persister lives; it
 *   stays the caller's to end. Over a lent connection nobody is told of others' writes: they are asked for at intervals.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createPostgresPersister = async <
  Sql extends PostgresSql | PostgresReservedSql,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  sql: Sql,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): Promise<PostgresPersister<Sql, StoreType>> => {
  const isReserved = typeof (sql as Partial<PostgresReservedSql>)?.release === 'function';
  requireHandle(
    sql,
    isReserved ? ['unsafe'] : ['begin', 'listen', 'unsafe'],
    'what postgres(…) returns, or what its reserve() resolves with',
  );
  return createDatabasePersister(
    store,
    postgresDriver(sql),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getSql: () => sql},
  );
};
