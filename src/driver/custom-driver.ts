// Drivers: any SQL database, through functions of the application: one of SQLite's family, and one of PostgreSQL's.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {POSTGRES_LIMITS, type StatementsDriver} from './driver.ts';

interface CustomFunctions<ListenerHandle> {
  /** Runs a command, and resolves with its rows. All commands must reach one and the same connection. */
  readonly executeCommand: (sql: string, params?: SqlValue[]) => Promise<readonly SqlRow[]>;
  readonly delChangeListener: (listenerHandle: ListenerHandle) => void | Promise<void>;
  readonly destroy: () => void;
}

export interface CustomSqliteFunctions<ListenerHandle> extends CustomFunctions<ListenerHandle> {
  readonly addChangeListener: (listener: (tableName: string) => void) => ListenerHandle;
}

export interface CustomPostgreSqlFunctions<ListenerHandle> extends CustomFunctions<ListenerHandle> {
  /** Listens to a channel; the listener is called with what is told there. */
  readonly addChangeListener: (channel: string, listener: (text: string) => void) => Promise<ListenerHandle>;
}

export const customSqliteDriver = <ListenerHandle>(
  functions: CustomSqliteFunctions<ListenerHandle>,
): StatementsDriver => ({
  ...common(functions),
  dialect: 'sqlite',
  // What every build of SQLite takes, for nothing is known of this one.
  limits: {maxParams: 999, maxSqlBytes: 1_000_000},
  watch: (onMaybeChanged) => {
    const handle = functions.addChangeListener(() => onMaybeChanged());
    return () => {
      void functions.delChangeListener(handle);
    };
  },
});

export const customPostgreSqlDriver = <ListenerHandle>(
  functions: CustomPostgreSqlFunctions<ListenerHandle>,
): StatementsDriver => ({
  ...common(functions),
  dialect: 'postgres',
  limits: POSTGRES_LIMITS,
  listen: async (channels, onTold) => {
    const handles: ListenerHandle[] = [];
    for (const channel of channels) {
      handles.push(await functions.addChangeListener(channel, (text = '') => onTold(channel, text)));
    }
    return {
      stop: async () => {
        for (const handle of handles) {
          await functions.delChangeListener(handle);
        }
      },
    };
  },
});

const common = <ListenerHandle>({executeCommand, destroy}: CustomFunctions<ListenerHandle>) =>
  ({
    kind: 'statements',
    // All commands reach one connection through it, and so do those of another persister that was given the same function.
    handle: executeCommand,
    query: async ({sql, params}: {readonly sql: string; readonly params: readonly SqlValue[]}) =>
      (await executeCommand(sql, [...params])) ?? [],
    close: destroy,
  }) as const;
