// Entry: a persister over Electric's client of version 0.12.

import {type ElectricSqlClient, electricSqlDriver} from '../../driver/electric-sql-driver.ts';
import {requireHandle} from '../../driver/handle.ts';
import {createDatabasePersister} from '../../persister/database-persister.ts';
import type {IgnoredErrorHandler, SqlCommandHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import type {DatabasePersisterConfig} from '../../storage/database-config.ts';
import type {Store} from '../../store/store.ts';

export type {ElectricSqlClient};

export interface ElectricSqlPersister<Client = ElectricSqlClient, StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The client that the persister was made with. */
  getElectricClient(): Client;
}

/**
 * Keeps a store in a SQLite database.
 *
 * @param electricClient What `electrify` of `electric-sql` resolves with over a SQLite database, open for as long as the
 * persister lives; it stays the caller's to close. It is told of each write, so that live queries hear of it.
 * @param configOrStoreTableName How content lies in the database; a string names the table of mode `json`.
 * @param onSqlCommand Told of every SQL command before it is sent.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createElectricSqlPersister = <
  Client extends ElectricSqlClient,
  StoreType extends PersistableStore,
>(
  store: StoreType,
  electricClient: Client,
  configOrStoreTableName?: DatabasePersisterConfig | string,
  onSqlCommand?: SqlCommandHandler,
  onIgnoredError?: IgnoredErrorHandler,
): ElectricSqlPersister<Client, StoreType> => {
  const {adapter, notifier} = (electricClient ?? {}) as Partial<ElectricSqlClient>;
  requireHandle(adapter, ['runExclusively'], 'a client that electrify of electric-sql resolved with');
  requireHandle(
    notifier,
    ['potentiallyChanged', 'subscribeToPotentialDataChanges', 'subscribeToDataChanges'],
    'a client that electrify of electric-sql resolved with',
  );
  return createDatabasePersister(
    store,
    electricSqlDriver(electricClient),
    {configOrStoreTableName, onSqlCommand, onIgnoredError},
    {getElectricClient: () => electricClient},
  );
};
