// Transactions over a pool of SQLite connections that lends, for each call, the one that has been idle longest, or opens one
// more. With `n` of them every n-th call reaches the one connection that BEGIN reached, unless somebody calls in between; and
// which one that is, is found out by asking. What goes astray shows:
// - a write is refused, for the transaction holds the lock for writing from its start, or for want of a table that the
//   transaction has just made: it is sent again;
// - COMMIT and ROLLBACK find no transaction: they are sent again;
// - a read finds what was there before the transaction. That is what is wanted until the first write; from then on it
//   names a table that is not there for other connections, and is sent again.
// Knows nothing of whose pool it is.

import type {SqlRow, SqlValue, Statement} from '../sql/statement.ts';
import type {StatementsDriver} from './driver.ts';

type Query = StatementsDriver['query'];

/** Runs one statement over any of the connections; its errors have SQLite's messages. */
type Send = (sql: string, params?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** A driver's `transact` over the pool that `send` reaches. */
export const createPoolTransact = (send: Send): NonNullable<StatementsDriver['transact']> => {
  // A ROLLBACK did not get through.
  let isLeftOpen = false;

  const query: Query = ({sql, params}) => send(sql, params);

  const end = async (sql: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
    isLeftOpen = true;
    try {
      await persist(
        (message) => NO_TRANSACTION.test(message) || /database is locked/.test(message),
        () => send(sql),
      );
      isLeftOpen = false;
    } catch (error) {
      // SQLite itself has rolled back, or the connection is gone: none has a transaction after so many calls.
      isLeftOpen = !NO_TRANSACTION.test(String(error));
      throw error;
    }
  };

  // How many calls on the connection of the transaction is reached. It alone refuses a checkpoint.
  const reach = async (): Promise<number> => {
    for (let calls = 1; calls <= MAX_CALLS; calls++) {
      try {
        await send('PRAGMA wal_checkpoint(NOOP)');
      } catch (error) {
        if (/table is locked/.test(String(error))) {
          return calls;
        }
        throw error;
      }
    }
    throw new Error('The connection that the transaction began on is gone');
  };

  // Queries by the connection that BEGIN reached last.
  const pin = async (): Promise<{queryPinned: Query; release: () => Promise<void>}> => {
    let stride = await reach();
    let isAstray = false;
    let hasWritten = false;
    let hasMark = false;
    let hasChangedSchema = false;
    // What the schema is now, other connections do not see: what they cannot make sense of may go well the next time.
    const mayBeAstray = (message: string, calls: number): boolean =>
      ASTRAY.test(message) || (hasChangedSchema && calls < CALLS_TO_BE_SURE);
    const sendPinned = (sql: string, params?: readonly SqlValue[]) =>
      persist(mayBeAstray, async () => {
        if (isAstray) {
          await reach();
          stride = await reach();
        }
        for (let call = 1; call < stride; call++) {
          await send('SELECT 1');
        }
        isAstray = true;
        const rows = await send(sql, params);
        isAstray = false;
        hasChangedSchema ||= CHANGES_SCHEMA.test(sql);
        return rows;
      });
    return {
      queryPinned: async ({sql, params}: Statement) => {
        if (!READS_ONLY.test(sql)) {
          hasWritten = true;
          return sendPinned(sql, params);
        }
        if (hasWritten && !hasMark) {
          await sendPinned(`CREATE TABLE ${MARK} (n)`);
          hasMark = true;
        }
        return sendPinned(hasMark ? markRead(sql) : sql, params);
      },
      release: async () => {
        hasMark && (await sendPinned(`DROP TABLE ${MARK}`));
      },
    };
  };

  return async (mode, work) => {
    if (isLeftOpen) {
      await end('ROLLBACK').catch((error) => {
        if (isLeftOpen) {
          throw error;
        }
      });
    }
    // While it holds the lock, what others read is the same for every connection.
    try {
      await send('BEGIN IMMEDIATE');
    } catch (error) {
      if (mode === 'read' && /readonly database/.test(String(error))) {
        return work(query);
      }
      throw error;
    }
    try {
      if (mode === 'read') {
        const result = await work(query);
        await end('COMMIT');
        return result;
      }
      const {queryPinned, release} = await pin();
      const result = await work(queryPinned);
      await release();
      await end('COMMIT');
      return result;
    } catch (error) {
      // The first fault is the one to tell of.
      await end('ROLLBACK').catch(() => undefined);
      throw error;
    }
  };
};

const NO_TRANSACTION = /no transaction is active/;

const MAX_CALLS = 200;
const CALLS_TO_BE_SURE = 5;
const MAX_WAIT_MS = 10_000;

const CHANGES_SCHEMA = /^\s*(CREATE|ALTER|DROP)\b/i;
const READS_ONLY = /^\s*(SELECT|WITH)\b/i;

const MARK = 'holdfast_mark';
const ASTRAY = /database is locked|no such table: (main\.)?holdfast_mark/;

const markRead = (sql: string): string =>
  `SELECT found.* FROM (${sql.replace(/[\s;]+$/, '')}) AS found WHERE (SELECT count(*) FROM ${MARK}) >= 0`;

// Tries again after such faults, for some time.
const persist = async <Result>(
  isSuch: (message: string, calls: number) => boolean,
  run: () => Promise<Result>,
): Promise<Result> => {
  const endMs = Date.now() + MAX_WAIT_MS;
  for (let calls = 1; ; calls++) {
    try {
      return await run();
    } catch (error) {
      if (!isSuch(String(error), calls) || calls >= MAX_CALLS || Date.now() > endMs) {
        throw error;
      }
    }
  }
};
