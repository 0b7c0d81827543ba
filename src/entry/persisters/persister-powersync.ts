// Entry: a persister over PowerSync.

import {requireHandle} from '../../driver/handle.ts';
import {type PowerSyncDatabase, powerSyncDriver} from '../../driver/powersync-driver.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {PowerSyncDatabase};

export interface PowerSyncPersister<PowerSync = PowerSyncDatabase, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The database that the persister was made with. */
  getPowerSync(): PowerSync;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param powerSync A `PowerSyncDatabase`, open for as long as the persister lives; it stays the caller's to close.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createPowerSyncPersister = <
  PowerSync extends PowerSyncDatabase,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  powerSync: PowerSync,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): PowerSyncPersister<PowerSync, StoreType> => {
  requireHandle(powerSync, ['writeLock'], 'a PowerSyncDatabase');
  return createDatabasePersister(
    store,
    powerSyncDriver(powerSync),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getPowerSync: () => powerSync},
  );
};
