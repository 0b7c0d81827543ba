// Driver: any SQL database, through functions of the application.

import type {DialectName} from '../sql/dialect.ts';
import type {SqlRow, SqlValue} from '../sql/statement.ts';
import type {StatementsDriver} from './driver.ts';

export interface CustomDriverFunctions<ListenerHandle> {
  /** Runs a command, and resolves with its rows. All commands must reach one and the same connection. */
  readonly executeCommand: (sql: string, params?: SqlValue[]) => Promise<readonly SqlRow[]>;
  readonly addChangeListener: (listener: (tableName: string) => void) => ListenerHandle;
  readonly delChangeListener: (listenerHandle: ListenerHandle) => void | Promise<void>;
  readonly destroy: () => void;
}

export const customDriver = <ListenerHandle>(
  dialect: DialectName,
  {executeCommand, addChangeListener, delChangeListener, destroy}: CustomDriverFunctions<ListenerHandle>,
): StatementsDriver => ({
  kind: 'statements',
  dialect,
  // All commands reach one connection through it, and so do those of another persister that was given the same function.
  handle: executeCommand,
  // What every build of SQLite takes, for nothing is known of this one.
  limits: {maxParams: 999, maxSqlBytes: 1_000_000},
  query: async ({sql, params}) => (await executeCommand(sql, [...params])) ?? [],
  watch: (onMaybeChanged) => {
    const handle = addChangeListener(() => onMaybeChanged());
    return () => {
      void delChangeListener(handle);
    };
  },
  close: destroy,
});
