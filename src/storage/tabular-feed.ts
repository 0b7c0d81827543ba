// Has the database log the changes of tables that Holdfast made and that are both loaded and saved, whoever makes them,
// and reads that log. Nobody else's table is given a trigger: what changed in it is found by reading it. Where a database tells
// of writes by itself, `tabular-told.ts` stands in its place.

import type {Changes} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import type {Connection} from '../driver/connection.ts';
import {createChangeLog, type LogEntry} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import {createLogPosition} from './log-position.ts';
import type {Steps} from './steps.ts';
import type {StoredContent} from './storage.ts';
import type {TabularLoader} from './tabular-load.ts';
import type {DamageListener} from './tabular-reader.ts';
import type {Schema, TableSchema} from './tabular-schema.ts';

const LOG_TABLE = 'holdfast_log';

/** What the log has to say: changes, nothing, or that everything must be read. */
export type FeedNews =
  | {readonly kind: 'nothing'}
  | {readonly kind: 'unknown'}
  | {readonly kind: 'changes'; readonly changes: Changes; readonly seq?: number}
  | {readonly kind: 'content'; readonly stored: StoredContent};

/** The entries after one sequence number, up to another. */
interface OwnEntries {
  readonly afterSeq: number;
  readonly upToSeq: number;
}

export interface TabularFeed {
  /** Begins to log, where that is possible. */
  start(readSchema: () => Steps<Schema>): Promise<void>;
  /** Everything logged so far is known. */
  noteRead(): Steps;
  /** Wraps the steps of a write of these changes, and answers with the entries that they added, where there is a log. */
  observeOwn(write: Steps, changes: Changes | undefined): Steps<OwnEntries | undefined>;
  /** Told, once they are committed, of the entries that a write added. */
  noteOwn(entries: OwnEntries): void;
  /** Has a write tell of rows of which it wrote only what lies beside them. */
  tell(entries: readonly LogEntry[]): Steps;
  /** Whether there is news, whatever the counters say. */
  hasNews(): boolean;
  /** What is news; `hasChanged` says whether anything at all was changed since the last time. */
  readNews(readSchema: () => Steps<Schema>, hasChanged: boolean, onDamage: DamageListener): Steps<FeedNews>;
  /** Told, once it is taken, how far the news went. */
  noteNews(seq: number | undefined): void;
}

export const createTabularFeed = (
  connection: Connection,
  config: ResolvedTabular,
  loader: TabularLoader,
): TabularFeed => {
  const {dialect, limits} = connection;
  const log = createChangeLog(dialect, limits, LOG_TABLE);
  const position = createLogPosition();
  // The tables that are logged; undefined: there is no log.
  let loggedNames: string | undefined;
  // Something may have been written, before the log began, that is not read yet.
  let isBehind = false;

  // The loaded tables that are there, if each is one whose changes may be logged.
  const observed = (schema: Schema): readonly TableSchema[] | undefined => {
    const {load, save, valuesLoad, valuesSave, valuesTableName} = config;
    const savedNames = new Set([
      ...save.map(({tableName}) => tableName),
      ...(valuesSave === false ? [] : [valuesTableName]),
    ]);
    const names = [
      ...load.map(({tableName}) => tableName),
      ...(valuesLoad === false ? [] : [valuesTableName]),
    ];
    const tables = names.map((name) => schema.get(name)).filter((table) => table !== undefined);
    return names.every((name) => savedNames.has(name)) &&
      tables.length > 0 &&
      tables.every((table) => table.isOurs)
      ? tables
      : undefined;
  };

  const namesOf = (tables: readonly TableSchema[]): string => JSON.stringify(tables.map(({name}) => name));

  function* startLog(readSchema: () => Steps<Schema>): Steps<{names: string; seq: number} | undefined> {
    const tables = observed(yield* readSchema());
    if (tables === undefined) {
      return undefined;
    }
    yield log.create;
    for (const {name, keyName} of tables) {
      yield* log.observe(name, keyName);
    }
    return {names: namesOf(tables), seq: yield* newestSeq()};
  }

  function* newestSeq(): Steps<number> {
    return Number((yield log.readNewest)[0]?.seq);
  }

  return {
    start: async (readSchema) => {
      const namesBefore = loggedNames;
      loggedNames = undefined;
      try {
        const {result} = await connection.transaction('write', () => startLog(readSchema));
        if (result !== undefined) {
          loggedNames = result.names;
          if (namesBefore === undefined) {
            position.moveTo(result.seq);
          }
          isBehind ||= loggedNames !== namesBefore;
        }
      } catch (error) {
        // A database that can only be read has no log: what changed is found by reading the tables.
        if (!isHoldfastError(error)) {
          throw error;
        }
      }
    },

    *noteRead() {
      if (loggedNames !== undefined) {
        position.moveTo(yield* newestSeq());
        isBehind = false;
      }
    },

    *observeOwn(write) {
      // Where a counter tells one's own writes from others', the log need not be asked.
      if (loggedNames === undefined || connection.changeCounter !== undefined) {
        yield* write;
        return undefined;
      }
      const afterSeq = yield* newestSeq();
      yield* write;
      return {afterSeq, upToSeq: yield* newestSeq()};
    },

    noteOwn: ({afterSeq, upToSeq}) => {
      if (afterSeq === position.seq()) {
        position.moveTo(upToSeq);
      } else {
        position.noteOwn(Array.from({length: upToSeq - afterSeq}, (_, index) => afterSeq + 1 + index));
      }
    },

    *tell(entries) {
      // The log may be others'.
      if (entries.length > 0 && (yield dialect.describe([LOG_TABLE])).length > 0) {
        yield* log.append(entries);
      }
    },

    hasNews: () => false,

    *readNews(readSchema, _hasChanged, onDamage) {
      const schema = yield* readSchema();
      const tables = observed(schema);
      // A table that came to be since may have been written to without a log.
      if (isBehind || tables === undefined || namesOf(tables) !== loggedNames) {
        isBehind = false;
        return {kind: 'unknown'};
      }
      const news = yield* log.readNews(position.seq(), position.isOwn);
      return news.kind === 'rows'
        ? {kind: 'changes', changes: yield* loader.loadEntries(schema, news.entries, onDamage), seq: news.seq}
        : {kind: news.kind};
    },

    noteNews: (seq) => {
      if (seq !== undefined) {
        position.moveTo(seq);
      }
    },
  };
};
