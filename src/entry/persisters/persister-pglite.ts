// Entry: a persister over PostgreSQL inside the process, through PGlite.

import {requireHandle} from '../../driver/handle.ts';
import {type PgliteDatabase, pgliteDriver} from '../../driver/pglite-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {PgliteDatabase};
/** For `exposeDriver` of `holdfast/persisters/persister-worker`. */
export {pgliteDriver};

export interface PglitePersister<Pglite = PgliteDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database that the persister was made with. */
  getPglite(): Pglite;
}

/**
 * Keeps a store in a PostgreSQL database.
 *
 * @param pglite A `PGlite`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createPglitePersister = async <
  Pglite extends PgliteDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  pglite: Pglite,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): Promise<PglitePersister<Pglite, StoreType>> => {
  requireHandle(pglite, ['listen', 'query', 'transaction'], 'a PGlite');
  return createDatabasePersister(
    store,
    pgliteDriver(pglite),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getPglite: () => pglite},
  );
};
