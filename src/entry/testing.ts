// Entry: what certifies drivers, storages and persisters of one's own, and a driver that fails when it is told to.
//
// The suites take `{describe, test, expect}` of Vitest, or of a runner like it, as a parameter; `plainExpect` is for those
// without an `expect`. A driver is certified by three of them: `driverSuite` over the driver itself, and for each of
// `suiteModes` `storageSuite` over `createDatabaseStorage(driver, suiteConfigOf(mode))` and `persisterSuite` over
// `createDatabasePersister(store, driver, {configOrStoreTableName: suiteConfigOf(mode)})` of `holdfast/persisters`; `mergeableSuite` over the
// latter in mode `rows`.

export type {BatchDriver, Driver, DriverLimits, HostDriver, StatementsDriver} from '../driver/driver.ts';
export {type Fault, type FaultyDriver, faultyDriver, sqliteFaults} from '../driver/faulty-driver.ts';
export type {SqlRow, SqlValue, Statement} from '../sql/statement.ts';
export {createDatabaseStorage} from '../storage/create-layout.ts';
export type {OutsideChange, Storage, StoredContent, Write} from '../storage/storage.ts';
export {badInputSuite} from '../testing/bad-input.suite.ts';
export {type DriverPlace, driverSuite, type OpenDriver} from '../testing/driver.suite.ts';
export {mergeableSuite} from '../testing/mergeable.suite.ts';
export {type PersisterPlace, persisterSuite} from '../testing/persister.suite.ts';
export {plainExpect} from '../testing/plain-expect.ts';
export {type StoragePlace, storageSuite} from '../testing/storage.suite.ts';
export {suiteConfigOf, suiteModes, suiteTableIds} from '../testing/suite-config.ts';
export {type OpenTables, type TablesPlace, tablesSuite} from '../testing/tables.suite.ts';
export type {SuiteOptions, SuitePlace, TestContext, TestRunner} from '../testing/test-runner.ts';
