// The contract of a dialect: how a family of databases spells what the layouts need. A dialect writes SQL and reads
// error codes; it never runs anything and knows neither drivers nor layouts.

import type {Statement} from './statement.ts';

export type DialectName = 'sqlite' | 'postgres';

/**
 * What a column holds natively; anything else in one that Holdfast creates is spelt as text. A `decimal` is of digits that a
 * number may not hold: it is a number where that does, and else its text.
 */
export type ColumnKind = 'text' | 'number' | 'decimal' | 'boolean' | 'json' | 'any';

/** What went wrong, as far as the engine treats it differently. */
export type FaultKind =
  | 'busy'
  | 'full'
  | 'corrupt'
  | 'constraint'
  | 'read-only'
  | 'closed'
  | 'missing'
  | 'too-large'
  | 'other';

/** A table whose changes are logged, and how much of the log is kept. */
export interface ObservedTable {
  readonly tableName: string;
  readonly keyColumnName: string;
  readonly pruneInterval: number;
  readonly keptEntries: number;
}

/** A table, and the column that names its rows where that is to be told. */
export interface ObservedName {
  readonly tableName: string;
  readonly keyColumnName?: string | undefined;
}

/** How a database is made to tell of writes to tables, for as long as somebody listens. */
export interface Announcing {
  /** Where writes to a table are told of, and that it was made. */
  channelOf(tableName: string): string;
  /**
   * Makes those of the tables that are there tell of writes, where it may, on behalf of a listener: by its id, and the server's
   * process that listens (undefined: the one that runs this).
   */
  begin(observed: readonly ObservedName[], listenerId: string, processId: number | undefined): Statement;
  /** Lets go of what a listener has begun in these schemas, and removes what no living listener uses. */
  end(listenerId: string, schemaNames: readonly string[]): Statement;
  /** One row a table that is there, by its place in the list: `{place, schemaName, fullName, oid, isTold}`. */
  find(observed: readonly ObservedName[]): Statement;
  tell(channel: string, text: string): Statement;
  /** Says of rows what the triggers say of those that are written to: where only what lies beside them was. */
  tellRows(observed: ObservedName, rows: readonly string[]): Statement;
  /** One row `{id}`: what the transaction's writes are told as. */
  readonly ownId: Statement;
}

export interface Dialect {
  readonly name: DialectName;
  readonly beginRead: string;
  readonly beginWrite: string;
  readonly commit: string;
  /** Has a transaction that has begun wait for locks that long at most; undefined where none waits by itself. */
  limitWait(timeoutMs: number): Statement | undefined;
  readonly rollback: string;
  /** Whether a COMMIT that was refused because of a lock leaves the transaction as it is, to be committed again. */
  readonly canCommitAgain: boolean;
  /** The declared type of a created column, and of the key column of a created table. */
  readonly columnTypes: {readonly [kind in ColumnKind]: string};
  readonly keyType: string;
  /** The declared type of a key that counts up by itself. */
  readonly counterType: string;
  /**
   * One row `{version, total, schema}` that moves when another connection changed anything, when this one
   * did, and when the schema was changed; undefined where others tell of their changes by themselves.
   */
  readonly changeCounter: Statement | undefined;
  /** Whether the counter is the server's: it moves with one's own writes as with others', whoever asks. */
  readonly isCounterShared: boolean;

  /** Whether statements that write can return rows (RETURNING). */
  readonly hasReturning: boolean;
  /**
   * One row `{count, lastSeq}`, asked right behind a statement that wrote where there is no RETURNING: how many rows it
   * changed, and the last number that a counting key gave out.
   */
  readonly writeReport: Statement | undefined;

  /** Whether a column holds values of its type alone, so that others' spelling makes it a column of text. */
  readonly hasStrictColumns: boolean;
  /** A created table with more columns than this has them all as text: a row has to fit into a page. */
  readonly maxTypedColumns: number;
  /** The most bytes that a name has. */
  readonly maxNameBytes: number;
  /** The names that a table's name as it is configured is made of: its schema's, if there is one, and its own. */
  partsOfName(tableName: string): readonly string[];

  /** Whether merging JSON refuses or changes what JavaScript's says: NULs, lone surrogates, -0. */
  readonly hasStrictJson: boolean;

  /**
   * Waits until no other write transaction holds this name, and holds it to the end of this one; undefined where one
   * transaction at a time writes anyway.
   */
  hold(name: string): Statement | undefined;
  /** What a SELECT ends with that keeps others from changing the rows it finds until the transaction ends. */
  readonly holdRows: string;
  /** Makes a table with these columns, unless there is one of that name. */
  createTable(tableName: string, columns: string): Statement;
  /** Makes a table of these columns, the key's first, that is marked as created here. */
  createOwnTable(tableName: string, columns: readonly string[]): Statement;
  /** Keeps what a column stands for beside it, where its name is too long for a name; `describe` tells it as `spelling`. */
  noteSpelling(tableName: string, columnName: string, spelling: string): Statement | undefined;
  /** Makes a column one of text, in which what it holds is spelt: `mark`, then its JSON. */
  widen(tableName: string, columnName: string, mark: string): Statement | undefined;
  /** Keeps others from altering these tables until the end of the transaction, which it opens; undefined where none can. */
  keepShape(tableNames: readonly string[]): Statement | undefined;
  /** Makes the table of a log of changes, unless it is there. Its numbers are in the order of the commits. */
  createLog(logTableName: string): Statement;
  /** Has the database log the changes of a table by itself, keyed by a column, and prune the log; nothing where it announces them. */
  observe(logTableName: string, observed: ObservedTable): readonly Statement[];
  /** How it tells of writes; undefined where it tells nobody. */
  readonly announcing: Announcing | undefined;

  /** What an INSERT says to give a column that numbers itself a number. */
  readonly overriding: string;
  /** A table's name as it is configured, in quotes. */
  quoteTable(name: string): string;
  /** A name of a column in quotes. */
  quote(name: string): string;
  /** The placeholder of the n-th parameter, counted from 1. */
  placeholder(index: number): string;
  /** The placeholder of a parameter for a column of this kind and declared type. */
  placeholderFor(kind: ColumnKind, index: number, declaredType: string): string;
  /** A column as it is selected: as text, a number or a boolean, whatever a driver would make of its type. */
  selectColumn(expression: string, kind: ColumnKind, declaredType: string): string;
  /** As `selectColumn`, of others' tables: a whole number that JavaScript has no number for is selected as text. */
  selectForeign(expression: string, kind: ColumnKind, declaredType: string): string;
  /** The key of others' tables as text. */
  selectKey(expression: string): string;
  /** One row `{isNumeric}`: whether a key column holds numbers, where its kind does not say; undefined where it does. */
  probeKey(tableName: string, keyName: string, kind: ColumnKind): Statement | undefined;
  /** Whether a column of that declared type can hold what a text spells. */
  canHold(declaredType: string, text: string): boolean;
  /** What a column of that declared type holds natively. */
  kindOfType(declaredType: string): ColumnKind;
  /** Whether a column of that declared type turns text that spells a whole number of 64 bits into that number. */
  holdsWhole(declaredType: string): boolean;
  /**
   * One row a column of the named tables and views, in order:
   * `{tableName, isView, isOurs, columnName, declaredType, isKey, isNullable, isGenerated}` with 0 or 1 for the flags, a
   * `spelling` where one was noted, and `parents`: a JSON array of those of the tables that the table's rows refer to.
   */
  describe(tableNames: readonly string[]): Statement;
  /**
   * One row `{valueCount, areAll, isEvident}` of the first rows of a table: how much stands in these columns, whether all of it is
   * JSON of text, numbers, booleans and null, and whether any is other than a number. Undefined where tables of TinyBase's
   * are like anybody's.
   */
  readonly probeJsonText: ((tableName: string, columnNames: readonly string[]) => Statement) | undefined;
  /** A hidden column that numbers rows in the order of their insertion, unless these columns hide it. */
  rowOrder(columnNames: readonly string[]): string | undefined;
  /** Names, in lower case, that no column can be given. */
  readonly reservedColumnNames: ReadonlySet<string>;
  /** Merges a JSON object of changed cells into one of stored cells; a `null` in the patch deletes. */
  patchJson(stored: string, patch: string): string;
  /** The members of a JSON object of texts, to select `key` and `value` from. */
  eachText(json: string): string;
  /** The JSON object of what is selected as `key` and `value`; NULL in some databases where that is nothing. */
  readonly objectOfTexts: string;
  /** Behind an expression: its texts are compared by code points. */
  readonly byCodePoints: string;
  /** A JSON text value of the column as an array member inside joined text. */
  quoteJson(expression: string): string;
  /** All texts of a column joined with commas. */
  joinTexts(expression: string): string;
  isJsonValid(expression: string): string;
  /** Has references between rows be looked at when the transaction commits, where they can be. */
  readonly deferReferences: Statement;
  /** The constraint that a row did not meet, as far as an error of a driver says: `NOT NULL pets.name`. */
  constraintOf(error: unknown): string | undefined;
  /** Which fault an error of a driver is; `isOfRow`: of a statement that gave a table values, which may be what it refuses. */
  classify(error: unknown, isOfRow?: boolean): FaultKind;
}
