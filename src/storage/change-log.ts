// The log of changed rows that lies beside the data, so that others load only what is new: a sequence number, a table
// and a row each. It is pruned; who fell behind it loads in full. Knows how the log is written and read; what its
// table and row ids stand for is the layout's business.

import type {DriverLimits} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {type Statement, statement} from '../sql/statement.ts';
import type {Steps} from './steps.ts';

/** Stands for "more than is worth listing": whoever reads it loads in full. */
const EVERYTHING = '\uFFFDeverything';

/** More rows than this in one write are logged as one entry. */
const MAX_ENTRIES_A_WRITE = 256;
/** How many entries are kept at least. */
const KEPT_ENTRIES = 16_384;
/** How many entries are added between two prunings. */
const PRUNE_INTERVAL = 1_024;

const EVERYTHING_ENTRY: readonly LogEntry[] = [{table: EVERYTHING, row: ''}];

/** A row of a table, as the log names them. */
export interface LogEntry {
  readonly table: string;
  readonly row: string;
}

/** What the log says has happened. */
type LogNews =
  | {readonly kind: 'nothing'}
  | {readonly kind: 'rows'; readonly entries: readonly LogEntry[]; readonly seq: number}
  | {readonly kind: 'unknown'; readonly seq: number};

export interface ChangeLog {
  /** The statement that makes the log's table. */
  readonly create: Statement;
  /** What a transaction that will append does first, so that two such ones wait here and not for one another's rows. */
  readonly hold: Statement | undefined;
  /**
   * Statements that log these rows; the last one answers with the sequence numbers. Where the SQL `unless` is true, the
   * database refuses the entry, and with it the transaction.
   */
  append(entries: readonly LogEntry[], unless?: string): Steps<readonly number[]>;
  /** Logs that more changed than is worth listing. */
  appendEverything(unless?: string): Steps<readonly number[]>;
  /** The newest sequence number, 0 in an empty log. */
  readonly readNewest: Statement;
  /** What happened after a sequence number. */
  readNews(afterSeq: number, isOwn: (seq: number) => boolean): Steps<LogNews>;
  /** Statements that have the database log the changes of a table by itself, keyed by a column. */
  observe(tableName: string, keyColumnName: string): readonly Statement[];
}

export const createChangeLog = (
  dialect: Dialect,
  {maxParams}: DriverLimits,
  logTableName: string,
): ChangeLog => {
  const log = dialect.quoteTable(logTableName);
  const p1 = dialect.placeholder(1);
  let appendedCount = 0;
  const entriesAStatement = Math.max(1, Math.floor(maxParams / 2));

  function* append(entries: readonly LogEntry[], unless: string | undefined): Steps<readonly number[]> {
    const seqs: number[] = [];
    for (let start = 0; start < entries.length; start += entriesAStatement) {
      seqs.push(...(yield* insert(entries.slice(start, start + entriesAStatement), unless)));
    }
    appendedCount += entries.length;
    if (appendedCount >= PRUNE_INTERVAL) {
      appendedCount = 0;
      yield statement(`DELETE FROM ${log} WHERE seq <= (SELECT max(seq) FROM ${log}) - ${KEPT_ENTRIES}`);
    }
    return seqs;
  }

  function* insert(entries: readonly LogEntry[], unless: string | undefined): Steps<readonly number[]> {
    const places = entries.map((_, index) => {
      const table = dialect.placeholder(index * 2 + 1);
      // No entry is of no table.
      const checked = unless === undefined ? table : `CASE WHEN ${unless} THEN NULL ELSE ${table} END`;
      return `(${index === 0 ? checked : table}, ${dialect.placeholder(index * 2 + 2)})`;
    });
    const sql = `INSERT INTO ${log} (table_id, row_id) VALUES ${places.join(', ')}`;
    return yield* seqsOf(
      statement(
        dialect.hasReturning ? `${sql} RETURNING seq` : sql,
        entries.flatMap(({table, row}) => [table, row]),
      ),
      entries.length,
    );
  }

  function* seqsOf(insert: Statement, count: number): Steps<readonly number[]> {
    const rows = yield insert;
    if (dialect.hasReturning || dialect.writeReport === undefined) {
      return rows.map((row) => Number(row.seq));
    }
    // The numbers that one transaction is given follow one another.
    const lastSeq = Number((yield dialect.writeReport)[0]?.lastSeq);
    return Array.from({length: count}, (_, index) => lastSeq - count + 1 + index);
  }

  return {
    create: dialect.createLog(logTableName),
    hold: dialect.hold(logTableName),

    append: (entries, unless) =>
      append(entries.length > MAX_ENTRIES_A_WRITE ? EVERYTHING_ENTRY : entries, unless),
    appendEverything: (unless) => append(EVERYTHING_ENTRY, unless),

    readNewest: statement(`SELECT coalesce(max(seq), 0) AS "seq" FROM ${log}`),

    *readNews(afterSeq, isOwn) {
      const edges = yield statement(
        `SELECT coalesce((SELECT min(seq) FROM ${log}), 0) AS "oldest", coalesce((SELECT max(seq) FROM ${log}), 0) AS "newest"`,
      );
      const oldest = Number(edges[0]?.oldest);
      const newest = Number(edges[0]?.newest);
      if (newest === afterSeq) {
        return {kind: 'nothing'};
      }
      // A log that ends before what was seen was begun anew.
      if (newest < afterSeq || oldest > afterSeq + 1 || newest - afterSeq > KEPT_ENTRIES) {
        return {kind: 'unknown', seq: newest};
      }
      const rows = yield statement(
        `SELECT seq, table_id, row_id FROM ${log} WHERE seq > ${p1} AND seq <= ${newest} ORDER BY seq`,
        [afterSeq],
      );
      const others = rows.filter((row) => !isOwn(Number(row.seq)));
      if (others.some((row) => row.table_id === EVERYTHING)) {
        return {kind: 'unknown', seq: newest};
      }
      const entries = others.map((row) => ({table: String(row.table_id), row: String(row.row_id)}));
      return {kind: 'rows', entries, seq: newest};
    },

    observe: (tableName, keyColumnName) =>
      dialect.observe(logTableName, {
        tableName,
        keyColumnName,
        pruneInterval: PRUNE_INTERVAL,
        keptEntries: KEPT_ENTRIES,
      }),
  };
};
