// Driver: SQLite in React Native, through `react-native-sqlite-storage`.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import type {StatementsDriver} from './driver.ts';
import {namedHandle} from './named-handle.ts';

/** The part of react-native-sqlite-storage's database that is called, whether its promises are enabled or not. */
export interface ReactNativeSqliteDatabase {
  readonly dbname: string;
  /** The databases that are open, by name. */
  readonly openDBs: object;
  executeSql(
    sql: string,
    params: SqlValue[],
    onResult: (result: ReactNativeSqliteResult) => void,
    onError: (error: {readonly message?: unknown}) => false,
  ): unknown;
}

interface ReactNativeSqliteResult {
  readonly rows: {raw(): unknown[]};
}

export const reactNativeSqliteDriver = (db: ReactNativeSqliteDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  // Devices have SQLite in versions of many years.
  limits: {maxParams: 999, maxSqlBytes: 1_000_000},
  // All handles of one name share one connection.
  handle: namedHandle('react-native-sqlite-storage', db.dbname),
  hasReturning: false,
  query: ({sql, params}) =>
    new Promise((resolve, reject) => {
      // What is asked of a closed database would wait until it is open again.
      if (!Object.hasOwn(db.openDBs, db.dbname)) {
        throw new Error(`The database "${db.dbname}" is closed`);
      }
      db.executeSql(
        sql,
        [...params],
        ({rows}) => resolve(rows.raw() as SqlRow[]),
        (error) => {
          // Errors of the native half are objects with a message.
          reject(error instanceof Error ? error : new Error(String(error.message)));
          return false;
        },
      );
    }),
});
