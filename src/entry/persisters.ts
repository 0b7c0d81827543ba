// Entry: what persisters have in common, and persisters made of an application's own functions.

export {HoldfastError, type HoldfastErrorCode, isHoldfastError} from '../base/errors.ts';

import type {Persister as EnginePersister, Persists} from '../persister/persister.ts';
import type {Store} from '../store/store.ts';

export {
  type BatchDriver,
  type Driver,
  type DriverLimits,
  type HostDriver,
  POSTGRES_LIMITS,
  SQLITE_LIMITS,
  type StatementsDriver,
} from '../driver/driver.ts';
export {createCustomPersister} from '../persister/custom-persister.ts';
export {createCustomPostgreSqlPersister} from '../persister/custom-postgresql-persister.ts';
export {createCustomSqlitePersister} from '../persister/custom-sqlite-persister.ts';
export {createDatabasePersister, type DatabasePersisterOptions} from '../persister/database-persister.ts';
export type {PersistableStore} from '../persister/persistable-store.ts';
export {
  type Durability,
  type DurabilityListener,
  type InitialContent,
  type PersistedChanges,
  type PersistedContent,
  type PersisterListener,
  type PersisterStats,
  Persists,
  type Progress,
  Status,
  type StatusListener,
} from '../persister/persister.ts';
export type {SqlRow, SqlValue, Statement} from '../sql/statement.ts';
export type {
  DatabasePersisterConfig,
  DpcJson,
  DpcRows,
  DpcTabular,
  DpcTabularCondition,
  DpcTabularLoad,
  DpcTabularSave,
  DpcTabularValues,
  DpcTabularValuesIn,
} from '../storage/database-config.ts';
export type {Migrations, MigrationTransaction} from '../storage/migration.ts';

/** A persister that keeps a store, `Store` unless another type is said. */
export type Persister<Persist extends Persists = Persists.StoreOnly, StoreType = Store> = EnginePersister<
  Persist,
  StoreType
>;

/** Any persister of a store. */
export type AnyPersister = Persister<Persists>;

/** The store that a persister keeps. */
export type PersistedStore<Persist extends Persists = Persists.StoreOnly> = Persist extends Persists
  ? Store
  : never;
