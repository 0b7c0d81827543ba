// Reads everything that lies in the tables of the `rows` layout, and moves damaged rows aside, once each is found damaged. Knows what the
// tables are called; nothing of when they are read, nor what stands in a row.

import type {Content} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import type {Connection} from '../driver/connection.ts';
import {statement} from '../sql/statement.ts';
import type {ChangeLog} from './change-log.ts';
import type {Query} from './migration.ts';
import type {RowsRead, RowsReader} from './rows-reader.ts';
import type {IsRowAside} from './rows-stragglers.ts';
import {runSteps, type Steps} from './steps.ts';
import type {ProgressListener} from './storage.ts';

export interface RowsReading {
  /** Everything, and how far the log had come; damaged rows are moved aside, and told of in `fault`. */
  read(onProgress: ProgressListener): Promise<{content: Content; newest: number; fault?: Error}>;
  /** The same inside a transaction of somebody else's; what it moves aside, the next `read` tells of. */
  readWithin(query: Query): Promise<Content>;
  /** Tells the rows that were ever moved aside. */
  readAside(): Promise<IsRowAside>;
}

export interface RowsReadingOptions {
  readonly tableName: string;
  /** The column that the cells stand in. */
  readonly columnName: string;
  readonly reader: RowsReader;
  readonly log: ChangeLog;
}

export const createRowsReading = (
  connection: Connection,
  {tableName, columnName, reader, log}: RowsReadingOptions,
): RowsReading => {
  const {dialect} = connection;
  const {counterType, keyType, columnTypes} = dialect;
  const table = dialect.quoteTable(tableName);
  const quarantineName = `${tableName}_quarantine`;
  // In a damaged row even what must be there may be missing.
  const quarantineColumns = `n ${counterType}, table_id ${keyType}, row_id ${keyType}, cells ${columnTypes.text}`;
  // How many rows a migration has put aside; the load that follows tells of them.
  let putAside = 0;

  // Damaged rows leave the table, for they would make every later merge into them fail, and are kept beside it.
  // Answers with how many that were: another writer may have mended one since it was read.
  function* moveToQuarantine(rowNumbers: readonly number[]): Steps<number> {
    const damaged = yield* reader.findDamaged(rowNumbers);
    yield dialect.createTable(quarantineName, quarantineColumns);
    for (const n of damaged) {
      const only = `WHERE n = ${dialect.placeholder(1)}`;
      yield statement(
        `INSERT INTO ${dialect.quoteTable(quarantineName)} (table_id, row_id, cells) SELECT table_id, row_id, ${columnName} FROM ${table} ${only}`,
        [n],
      );
      yield statement(`DELETE FROM ${table} ${only}`, [n]);
    }
    return damaged.length;
  }

  const toldOf = (rowCount: number, isMoved: boolean): Error =>
    new HoldfastError(
      'storage/unreadable',
      `${rowCount} of the rows in table "${tableName}" hold no JSON of a row; ` +
        (isMoved
          ? `they were moved to "${quarantineName}", and the rest was read.`
          : 'they stay where they are, for the database can only be read, and the rest was read.'),
      {table: tableName, rowCount, ...(isMoved ? {quarantine: quarantineName} : {})},
    );

  // How many rows were damaged still, and moved; undefined where nothing can be moved.
  const putAsideDamaged = async (rowNumbers: readonly number[]): Promise<number | undefined> => {
    try {
      return (await connection.transaction('write', () => moveToQuarantine(rowNumbers))).result;
    } catch (error) {
      if (isHoldfastError(error, 'driver/read-only')) {
        return undefined;
      }
      throw error;
    }
  };

  function* readEverything(
    onProgress: ProgressListener,
    isCareful: boolean,
  ): Steps<{newest: number; read: RowsRead}> {
    const newest = Number((yield log.readNewest)[0]?.seq);
    return {newest, read: yield* reader.readAll(onProgress, isCareful)};
  }

  const readTable = async (onProgress: ProgressListener) => {
    const readWith = (isCareful: boolean) =>
      connection.transaction('read', () => readEverything(onProgress, isCareful));
    try {
      return await readWith(false);
    } catch (error) {
      // A text that is too long is refused in words of the driver's own.
      if (isHoldfastError(error, 'driver/too-large') || isHoldfastError(error, 'driver/statement-failed')) {
        return readWith(true);
      }
      throw error;
    }
  };

  const readOnce: (
    ...args: [onProgress: ProgressListener, isSecond: boolean]
  ) => ReturnType<RowsReading['read']> = async (onProgress, isSecond) => {
    const {newest, read} = (await readTable(onProgress)).result;
    const {content, unreadable} = read;
    if (unreadable.length > 0) {
      const movedCount = await putAsideDamaged(unreadable);
      if (movedCount === undefined) {
        return {content, newest, fault: toldOf(unreadable.length, false)};
      }
      if (movedCount < unreadable.length && !isSecond) {
        putAside += movedCount;
        return readOnce(onProgress, true);
      }
      // In a damaged file a row may be found by one way and not by another: it is told of, at least.
      putAside += unreadable.length;
    }
    const rowCount = putAside;
    putAside = 0;
    return {content, newest, ...(rowCount === 0 ? {} : {fault: toldOf(rowCount, true)})};
  };

  const readAside = async (): Promise<IsRowAside> => {
    const rowTexts = new Map<unknown, Set<unknown>>();
    if ((await connection.query(dialect.describe([quarantineName]))).length > 0) {
      const selectIds = `SELECT DISTINCT table_id AS "table", row_id AS "row" FROM ${dialect.quoteTable(quarantineName)}`;
      for (const {table: tableText, row} of await connection.query(statement(selectIds))) {
        rowTexts.set(tableText, (rowTexts.get(tableText) ?? new Set()).add(row));
      }
    }
    return (tableText, rowText) => rowTexts.get(tableText)?.has(rowText) ?? false;
  };

  return {
    readAside,
    read: (onProgress) => readOnce(onProgress, false),

    readWithin: async (query) => {
      const {content, unreadable} = await runSteps(query, reader.readAll(ignoreProgress, true));
      if (unreadable.length > 0) {
        putAside = await runSteps(query, moveToQuarantine(unreadable));
      }
      return content;
    },
  };
};

const ignoreProgress: ProgressListener = () => undefined;
