// Driver: SQLite in Expo applications, through `expo-sqlite`, by its asynchronous calls.
//
// A transaction is BEGIN and COMMIT over the caller's own connection: `withExclusiveTransactionAsync` opens another one each
// time, is not there on the web, and begins without the lock for writing.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';
import {namedHandle} from './named-handle.ts';

/** The part of expo-sqlite's `SQLiteDatabase` that is called. */
export interface ExpoSqliteDatabase {
  readonly databasePath: string;
  getAllAsync(sql: string, params: Bindable[]): Promise<unknown[]>;
}

type Bindable = Exclude<SqlValue, bigint>;

/** The part of the package that is called. */
interface ExpoSqliteModule {
  addDatabaseChangeListener(listener: () => void): {remove(): void};
}

export const expoSqliteDriver = (db: ExpoSqliteDatabase): StatementsDriver => ({
  kind: 'statements',
  dialect: 'sqlite',
  limits: SQLITE_LIMITS,
  // Whoever opens the same file is given the same connection.
  handle: namedHandle('expo-sqlite', db.databasePath),
  query: async ({sql, params}) =>
    (await db.getAllAsync(
      params.some(isLarge) ? castLarge(sql, params) : sql,
      params.map((param) => (isLarge(param) ? String(param) : param)),
    )) as SqlRow[],
  watch: (onMaybeChanged) => {
    let isWatched = true;
    let subscription: {remove(): void} | undefined;
    loadModule().then(
      ({addDatabaseChangeListener}) => {
        if (isWatched) {
          subscription = addDatabaseChangeListener(() => onMaybeChanged());
        }
      },
      // Where the package is not to be found under its name, changes are looked for at intervals.
      () => undefined,
    );
    return () => {
      isWatched = false;
      subscription?.remove();
    };
  },
});

// @ts-expect-error It is the application's own package, and nothing that this one has installed.
const loadModule = (): Promise<ExpoSqliteModule> => import('expo-sqlite');

// It takes no bigints, and on the web all whole numbers for integers of 64 bits, also those that are none. They go as text,
// and the database makes numbers of them.
const isLarge = (param: SqlValue | undefined): param is number | bigint =>
  typeof param === 'bigint' ||
  (typeof param === 'number' && Number.isInteger(param) && Math.abs(param) >= 2 ** 63);

const castLarge = (sql: string, params: readonly SqlValue[]): string => {
  let index = 0;
  return sql.replaceAll(QUOTED_OR_PLACEHOLDER, (found) => {
    const param = found === '?' ? params[index++] : undefined;
    return isLarge(param) ? `CAST(? AS ${typeof param === 'bigint' ? 'INTEGER' : 'REAL'})` : found;
  });
};

const QUOTED_OR_PLACEHOLDER = /"(?:[^"]|"")*"|'(?:[^']|'')*'|\?/g;
