// The contract of a dialect: how a family of databases spells what the layouts need. A dialect writes SQL and reads
// error codes; it never runs anything and knows neither drivers nor layouts.

import type {Statement} from './statement.ts';

export type DialectName = 'sqlite' | 'postgres';

/** What a column that Holdfast creates holds natively; anything else in it is spelt as text. */
export type ColumnKind = 'text' | 'number' | 'boolean' | 'json' | 'any';

/** What went wrong, as far as the engine treats it differently. */
export type FaultKind =
  | 'busy'
  | 'full'
  | 'corrupt'
  | 'constraint'
  | 'read-only'
  | 'closed'
  | 'missing'
  | 'other';

export interface Dialect {
  readonly name: DialectName;
  readonly beginRead: string;
  readonly beginWrite: string;
  readonly commit: string;
  readonly rollback: string;
  /** Whether a COMMIT that was refused because of a lock leaves the transaction as it is, to be committed again. */
  readonly canCommitAgain: boolean;
  /** The declared type of a created column, and of the key column of a created table. */
  readonly columnTypes: {readonly [kind in ColumnKind]: string};
  readonly keyType: string;
  /** The declared type of a key that counts up by itself. */
  readonly counterType: string;
  /**
   * One row `{version, total, schema}` of numbers that move when another connection changed anything, when this one
   * did, and when the schema was changed; undefined where others tell of their changes by themselves.
   */
  readonly changeCounter: Statement | undefined;

  /** Whether statements that write can return rows (RETURNING). */
  readonly hasReturning: boolean;
  /**
   * One row `{count, lastSeq}`, asked right behind a statement that wrote where there is no RETURNING: how many rows it
   * changed, and the last number that a counting key gave out.
   */
  readonly writeReport: Statement | undefined;

  /** Whether a table can be made to log its changes by plain triggers that anybody may create. */
  readonly hasSelfLogging: boolean;

  /** A name of a table or column in quotes. */
  quote(name: string): string;
  /** The placeholder of the n-th parameter, counted from 1. */
  placeholder(index: number): string;
  /** What a column of that declared type holds natively. */
  kindOfType(declaredType: string): ColumnKind;
  /**
   * One row a column of the named tables and views, in order:
   * `{tableName, isView, isOurs, columnName, declaredType, isKey, isUnique}` with 0 or 1 for the flags.
   */
  describe(tableNames: readonly string[]): Statement;
  /** A hidden column that numbers rows in the order of their insertion, unless these columns hide it. */
  rowOrder(columnNames: readonly string[]): string | undefined;
  /** Names, in lower case, that no column can be given. */
  readonly reservedColumnNames: ReadonlySet<string>;
  /** The end of a `CREATE TABLE` that marks it as created here. */
  readonly ownershipMark: string;
  /** Merges a JSON object of changed cells into one of stored cells; a `null` in the patch deletes. */
  patchJson(stored: string, patch: string): string;
  /** A JSON text value of the column as an array member inside joined text. */
  quoteJson(expression: string): string;
  /** All texts of a column joined with commas. */
  joinTexts(expression: string): string;
  isJsonValid(expression: string): string;
  /** Which fault an error of a driver is. */
  classify(error: unknown): FaultKind;
}
