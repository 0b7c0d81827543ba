// Entry: a persister over the SQLite of a Durable Object.

import {
  type DurableObjectSql,
  type DurableObjectSqlHost,
  durableObjectSqlDriver,
} from '../../driver/durable-object-sql-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig, DpcFragmented} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {DpcFragmented, DurableObjectSql, DurableObjectSqlHost};

export type DurableObjectSqlDatabasePersisterConfig = DatabasePersisterConfig | DpcFragmented;

export interface DurableObjectSqlStoragePersister<Sql = DurableObjectSql, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The object's `ctx.storage.sql`. */
  getSqlStorage(): Sql;
}

/**
 * Keeps a store in the SQLite of a Durable Object.
 *
 * Pass `ctx.storage`: then a save is all or nothing, `save()` and `whenDurable()` resolve once the host says that it is on
 * the disk, and migrations run. TinyBase takes `ctx.storage.sql`, and so does this; but the transactions of the host are
 * not there: what a save had written before a fault (a value that is too large, a row that a table of yours refuses) stays
 * written, while all of that save stays pending and is tried again; migrations are refused; and a save resolves before the
 * host has written to the disk, which until then keeps back whatever the object sends.
 *
 * A row, a text and the store in mode `json` have 2 MB at most; what is larger fails with `driver/too-large`, and stays
 * pending. Nobody but the object itself writes there: `startAutoSave` behind a `load` is enough where nothing else in the
 * object does. The timer of `startAutoLoad` keeps the object from being put to sleep.
 *
 * @param sqlStorage The object's `ctx.storage`, or the `sql` in it.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`, but for
 * `fragmented`, which is a mode.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createDurableObjectSqlStoragePersister = <
  Sql extends DurableObjectSql,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  sqlStorage: Sql | (DurableObjectSqlHost & {readonly sql: Sql}),
  configOrStoreTableName?: DurableObjectSqlDatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): DurableObjectSqlStoragePersister<Sql, StoreType> => {
  const sql = sqlOf(sqlStorage);
  const expected = "a Durable Object's ctx.storage, with SQLite, or its ctx.storage.sql";
  requireHandle(sql, ['exec'], expected);
  if (sql !== sqlStorage) {
    requireHandle(sqlStorage, ['transactionSync', 'transaction', 'sync'], expected);
  }
  return createDatabasePersister(
    store,
    durableObjectSqlDriver(sqlStorage),
    {
      configOrStoreTableName:
        configOrStoreTableName === 'fragmented' ? {mode: 'fragmented'} : configOrStoreTableName,
      onSqlCommand,
      onIgnoredError,
    },
    {getSqlStorage: () => sql},
  );
};

const sqlOf = <Sql extends DurableObjectSql>(given: Sql | {readonly sql: Sql}): Sql =>
  (given as {readonly sql?: Sql} | undefined)?.sql ?? (given as Sql);
