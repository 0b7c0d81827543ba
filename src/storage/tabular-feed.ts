// Has the database log the changes of tables that Holdfast made and that are both loaded and saved, whoever makes them,
// and reads that log. Nobody else's table is given a trigger: what changed in it is found by reading it.

import type {Changes} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import type {Connection} from '../driver/connection.ts';
import {createChangeLog} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import {createLogPosition} from './log-position.ts';
import type {Steps} from './steps.ts';
import type {TabularLoader} from './tabular-load.ts';
import type {DamageListener} from './tabular-reader.ts';
import type {Schema, TableSchema} from './tabular-schema.ts';

const LOG_TABLE = 'holdfast_log';

/** What the log has to say: changes, nothing, or that everything must be read. */
export type FeedNews =
  | {readonly kind: 'nothing'}
  | {readonly kind: 'unknown'}
  | {readonly kind: 'changes'; readonly changes: Changes; readonly seq: number};

export interface TabularFeed {
  /** Begins to log, where that is possible. */
  start(readSchema: () => Steps<Schema>): Promise<void>;
  isLogged(): boolean;
  /** Everything logged so far is known. */
  noteRead(): Steps;
  readNews(schema: Schema, onDamage: DamageListener): Steps<FeedNews>;
  noteNews(seq: number): void;
}

export const createTabularFeed = (
  connection: Connection,
  config: ResolvedTabular,
  loader: TabularLoader,
): TabularFeed => {
  const {dialect} = connection;
  const log = createChangeLog(dialect, LOG_TABLE);
  const position = createLogPosition();
  let isLogged = false;

  // The loaded tables, if each is one whose changes may be logged.
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
    const tables = names.map((name) => schema.get(name));
    return names.every((name) => savedNames.has(name)) && tables.every((table) => table?.isOurs === true)
      ? (tables as TableSchema[])
      : undefined;
  };

  function* startLog(readSchema: () => Steps<Schema>): Steps<number | undefined> {
    const tables = observed(yield* readSchema());
    if (tables === undefined) {
      return undefined;
    }
    yield log.create;
    for (const {name, keyName} of tables) {
      yield* log.observe(name, keyName);
    }
    return Number((yield log.readNewest)[0]?.seq);
  }

  return {
    start: async (readSchema) => {
      isLogged = false;
      if (!dialect.hasSelfLogging) {
        return;
      }
      try {
        const {result} = await connection.transaction('write', () => startLog(readSchema));
        if (result !== undefined) {
          position.moveTo(result);
          isLogged = true;
        }
      } catch (error) {
        // A database that can only be read has no log: what changed is found by reading the tables.
        if (!isHoldfastError(error)) {
          throw error;
        }
      }
    },

    isLogged: () => isLogged,

    *noteRead() {
      if (isLogged) {
        position.moveTo(Number((yield log.readNewest)[0]?.seq));
      }
    },

    *readNews(schema, onDamage) {
      if (!isLogged || observed(schema) === undefined) {
        return {kind: 'unknown'};
      }
      const news = yield* log.readNews(position.seq(), position.isOwn);
      return news.kind === 'rows'
        ? {kind: 'changes', changes: yield* loader.loadEntries(schema, news.entries, onDamage), seq: news.seq}
        : {kind: news.kind};
    },

    noteNews: (seq) => position.moveTo(seq),
  };
};
