// Entry: what persisters have in common, and persisters made of an application's own functions.

export {HoldfastError, type HoldfastErrorCode, isHoldfastError} from '../base/errors.ts';
export {createCustomPersister} from '../persister/custom-persister.ts';
export {createCustomSqlitePersister} from '../persister/custom-sqlite-persister.ts';
export type {PersistableStore} from '../persister/persistable-store.ts';
export {
  type AnyPersister,
  type Durability,
  type DurabilityListener,
  type InitialContent,
  type PersistedStore,
  type Persister,
  type PersisterListener,
  type PersisterStats,
  Persists,
  type Progress,
  Status,
  type StatusListener,
} from '../persister/persister.ts';
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
