// Entry: a persister over PostgreSQL in Node, through the package pg.

import {requireHandle} from '../../driver/handle.ts';
import {type PgClient, type PgPool, pgDriver} from '../../driver/pg-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {PgClient, PgPool};

export interface PgPersister<Pg = PgPool | PgClient, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The pool or client that the persister was made with. */
  getPg(): Pg;
}

/**
 * Keeps a store in a PostgreSQL database.
 *
 * @param pg A `Pool` or a connected `Client` of pg, open for as long as the persister lives; it stays the caller's to end. A pool lends a
 *   connection for each transaction, and one more for as long as the persister loads automatically.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createPgPersister = async <Pg extends PgPool | PgClient, StoreType extends PersistableStore>(
  store: StoreType,
  pg: Pg,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): Promise<PgPersister<Pg, StoreType>> => {
  requireHandle(pg, ['connect', 'query'], 'a Pool or a Client of pg');
  return createDatabasePersister(
    store,
    pgDriver(pg),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getPg: () => pg},
  );
};
