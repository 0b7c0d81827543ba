// Driver: SQLite in Electric's client of version 0.12 (`electric-sql`), over any of its SQLite adapters.

import type {SqlRow, SqlValue} from '../sql/statement.ts';
import {SQLITE_LIMITS, type StatementsDriver} from './driver.ts';

/** The part of an `ElectricClient` that is called. */
export interface ElectricSqlClient {
  readonly adapter: {
    /** Keeps everybody else from the database until the work is done. */
    runExclusively<Result>(work: (adapter: ElectricSqlAdapter) => Promise<Result>): Promise<Result>;
  };
  readonly notifier: {
    /** Has Electric look for what changed, and live queries with it. */
    potentiallyChanged(): void;
    subscribeToPotentialDataChanges(listener: () => void): () => void;
    subscribeToDataChanges(listener: () => void): () => void;
  };
}

interface ElectricSqlAdapter {
  run(statement: {sql: string; args: SqlValue[]}): Promise<unknown>;
  query(statement: {sql: string; args: SqlValue[]}): Promise<object[]>;
}

export const electricSqlDriver = ({adapter, notifier}: ElectricSqlClient): StatementsDriver => {
  const pin: NonNullable<StatementsDriver['pin']> = async (work) => {
    let hasWritten = false;
    const result = await adapter.runExclusively((pinned) =>
      work(async ({sql, params}) => {
        const sent = {sql, args: [...params]};
        if (RETURNS_ROWS.test(sql)) {
          return (await pinned.query(sent)) as SqlRow[];
        }
        await pinned.run(sent);
        hasWritten ||= !ENDS_OR_BEGINS.test(sql);
        return [];
      }),
    );
    hasWritten && notifier.potentiallyChanged();
    return result;
  };
  return {
    kind: 'statements',
    dialect: 'sqlite',
    limits: SQLITE_LIMITS,
    // An adapter has one way for statements with rows, and one for those without.
    hasReturning: false,
    query: (sent) => pin((query) => query(sent)),
    pin,
    watch: (onMaybeChanged) => {
      const unsubscribes = [
        notifier.subscribeToPotentialDataChanges(() => onMaybeChanged()),
        notifier.subscribeToDataChanges(() => onMaybeChanged()),
      ];
      return () => {
        for (const unsubscribe of unsubscribes) {
          unsubscribe();
        }
      };
    },
  };
};

// Of PRAGMAs, those that ask.
const RETURNS_ROWS = /^\s*(SELECT\b|PRAGMA\b(?!.*=))/i;
const ENDS_OR_BEGINS = /^\s*(BEGIN|COMMIT|ROLLBACK)\b/i;
