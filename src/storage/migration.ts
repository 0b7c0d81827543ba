// Brings stored data from the version it has to the version that the code expects: all steps and the stamp in one
// transaction. Knows nothing of layouts but how they read and write a whole content.
//
// The stamp lies in the table `holdfast_version`, a row a scope. Data without a stamp is of version 1, and where there
// is no data yet, there is nothing to migrate.

import type {Content} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import type {Connection} from '../driver/connection.ts';
import {type SqlRow, type SqlValue, type Statement, statement} from '../sql/statement.ts';

/** What a migration step works with. All of it belongs to one transaction. */
export interface MigrationTransaction {
  readonly fromVersion: number;
  readonly toVersion: number;
  /** Runs SQL of the step's own, and resolves with its rows. */
  query(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** The whole stored content; in `tabular` mode, the tables and values that are loaded. */
  getContent(): Promise<Content>;
  /** Stores another content in place of the whole one. */
  setContent(content: Content): Promise<void>;
}

/** The steps by the version each leads to. A version without a step needs no change of the data. */
export type Migrations = {[toVersion: number]: (tx: MigrationTransaction) => void | Promise<void>};

/** How a layout reads and writes everything inside a migration. */
export interface MigratableLayout {
  /** The scope of the version stamp. */
  readonly scope: string;
  /** Whether anything is stored yet. */
  hasData(query: Query): Promise<boolean>;
  readAll(query: Query): Promise<Content>;
  replaceAll(query: Query, content: Content): Promise<void>;
}

export type Query = (statement: Statement) => Promise<readonly SqlRow[]>;

const VERSION_TABLE = 'holdfast_version';

/**
 * Checks the stored version, and migrates when it is older. Rejects with `storage/newer-version` when it is newer, and
 * with `storage/migration-failed` when a step fails; the data is as it was, then.
 */
export const migrate = async (
  connection: Connection,
  layout: MigratableLayout,
  schemaVersion: number,
  steps: Migrations,
): Promise<void> => {
  if (
    (await readVersion(connection.dialect, (sent) => connection.query(sent), layout.scope)) === schemaVersion
  ) {
    return;
  }
  await connection.interactive(async (query) => {
    const hold = connection.dialect.hold(VERSION_TABLE);
    if (hold !== undefined) {
      await query(hold);
    }
    const stamped = await readVersion(connection.dialect, query, layout.scope);
    const stored = stamped ?? ((await layout.hasData(query)) ? 1 : schemaVersion);
    if (stored > schemaVersion) {
      throw new HoldfastError(
        'storage/newer-version',
        `The stored data is of version ${stored}, and this code knows versions up to ${schemaVersion}. ` +
          'Run the newer code; nothing was changed.',
        {storedVersion: stored, schemaVersion},
      );
    }
    for (let version = stored + 1; version <= schemaVersion; version++) {
      await runStep(query, layout, steps[version], {fromVersion: version - 1, toVersion: version});
    }
    await writeVersion(connection.dialect, query, layout.scope, schemaVersion);
  });
};

/** The version that a scope is stamped with; undefined where it has no stamp. */
export const readStamp = async (connection: Connection, scope: string): Promise<number | undefined> => {
  try {
    return versionOf(await connection.query(selectVersion(connection.dialect, scope)));
  } catch (error) {
    if (isHoldfastError(error, 'driver/missing')) {
      return undefined;
    }
    throw error;
  }
};

const runStep = async (
  query: Query,
  layout: MigratableLayout,
  step: Migrations[number] | undefined,
  versions: {fromVersion: number; toVersion: number},
): Promise<void> => {
  try {
    await step?.({
      ...versions,
      query: (sql, params) => query(statement(sql, params)),
      getContent: () => layout.readAll(query),
      setContent: (content) => layout.replaceAll(query, content),
    });
  } catch (error) {
    if (isHoldfastError(error, 'driver/busy')) {
      throw error;
    }
    throw new HoldfastError(
      'storage/migration-failed',
      `The migration to version ${versions.toVersion} failed: ${error instanceof Error ? error.message : String(error)}. ` +
        `The stored data is of version ${versions.fromVersion} still, or older, and unchanged.`,
      versions,
      error,
    );
  }
};

const readVersion = async (
  dialect: Connection['dialect'],
  query: Query,
  scope: string,
): Promise<number | undefined> => {
  const table = await query(dialect.describe([VERSION_TABLE]));
  if (table.length === 0) {
    return undefined;
  }
  return versionOf(await query(selectVersion(dialect, scope)));
};

const selectVersion = (dialect: Connection['dialect'], scope: string) =>
  statement(
    `SELECT version FROM ${dialect.quoteTable(VERSION_TABLE)} WHERE scope = ${dialect.placeholder(1)}`,
    [scope],
  );

const versionOf = (rows: readonly SqlRow[]): number | undefined =>
  rows[0] === undefined ? undefined : Number(rows[0].version);

const writeVersion = async (
  dialect: Connection['dialect'],
  query: Query,
  scope: string,
  version: number,
): Promise<void> => {
  const table = dialect.quoteTable(VERSION_TABLE);
  await query(
    dialect.createTable(VERSION_TABLE, `scope ${dialect.keyType} PRIMARY KEY, version INTEGER NOT NULL`),
  );
  await query(
    statement(
      `INSERT INTO ${table} (scope, version) VALUES (${dialect.placeholder(1)}, ${dialect.placeholder(2)}) ` +
        'ON CONFLICT (scope) DO UPDATE SET version = excluded.version',
      [scope, version],
    ),
  );
};
