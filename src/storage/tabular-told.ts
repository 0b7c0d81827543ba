// Finds out what others changed in the tables of the `tabular` layout where the database tells of it: reads the rows that it
// told of, and the whole of a table that tells nothing (a view, one whose condition looks into other tables). Knows the
// mapping; how the database is made to tell is the business of the announcements.

import {emptyObject, isReplacement, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, RowChanges, TableChanges} from '../base/content.ts';
import type {Announcements} from './announcements.ts';
import type {LogEntry} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import type {Steps} from './steps.ts';
import type {TableNews} from './table-news.ts';
import type {FeedNews, TabularFeed} from './tabular-feed.ts';
import {keptWhereDropped, loadedScope, type TabularLoader} from './tabular-load.ts';
import type {DamageListener} from './tabular-reader.ts';
import type {Schema} from './tabular-schema.ts';

export const createTabularTold = (
  config: ResolvedTabular,
  loader: TabularLoader,
  announcements: Announcements,
): TabularFeed => {
  const {load, valuesLoad, valuesTableName} = config;
  const keptNames = keptWhereDropped(config);
  // What the newest own transactions wrote, by what they are told as.
  const ownChanges = new Map<string, Changes | undefined>();

  const noteOwn = (id: string, changes: Changes | undefined): void => {
    ownChanges.set(id, changes);
    const [oldest] = ownChanges.keys();
    if (ownChanges.size > MAX_OWN && oldest !== undefined) {
      ownChanges.delete(oldest);
    }
  };

  // The tables to be read whole: all that are loaded into one table of the store together.
  const wholeTableIds = (news: ReadonlyMap<string, TableNews>, hasChanged: boolean): ReadonlySet<Id> =>
    new Set(
      load
        .filter(
          ({tableName, condition}) =>
            news.get(tableName) === 'any' ||
            (hasChanged && condition !== undefined && SELECTS.test(condition)),
        )
        .map(({tableId}) => tableId),
    );

  function* loadWhole(
    schema: Schema,
    news: ReadonlyMap<string, TableNews>,
    wholeIds: ReadonlySet<Id>,
    onDamage: DamageListener,
  ): Steps<FeedNews> {
    // A table of which rows are told goes with them, lest they are told of for nothing.
    const some = load.filter(
      ({tableName, tableId}) =>
        (wholeIds.has(tableId) || news.has(tableName)) &&
        // One that somebody dropped takes no rows from the store.
        (schema.has(tableName) || !keptNames.has(tableName)),
    );
    const withValues = valuesLoad !== false && news.has(valuesTableName);
    const part = {...config, load: some, valuesLoad: withValues ? valuesLoad : false};
    const content: Content = (yield* loader.loadAll(schema, ignore, onDamage, part)) ?? [{}, {}];
    return {kind: 'content', stored: {content, ...loadedScope(part)}};
  }

  // What the database made of one's own writes: the cells of those rows that were not written.
  const withoutOwn = (tableId: Id, [tables]: Changes, ids: ReadonlySet<string>): Changes => {
    const changes = noChanges();
    for (const [rowId, row] of Object.entries(tables[tableId] ?? {})) {
      const own = [...ids].map((id) => ownChanges.get(id)?.[0][tableId]?.[rowId]);
      if (row === undefined || own.some((each) => each === undefined || isReplacement(each))) {
        continue;
      }
      const cells: RowChanges = emptyObject();
      for (const [cellId, cell] of Object.entries(row)) {
        if (!own.some((each) => Object.hasOwn(each as RowChanges, cellId))) {
          cells[cellId] = cell;
        }
      }
      rowsIn(changes, tableId)[rowId] = cells;
    }
    return changes;
  };

  function* loadRows(
    schema: Schema,
    news: ReadonlyMap<string, TableNews>,
    onDamage: DamageListener,
  ): Steps<FeedNews> {
    const entries: LogEntry[] = [];
    const echoes: {readonly tableId: Id; readonly entry: LogEntry; readonly ids: ReadonlySet<string>}[] = [];
    const tableIdsOf = new Map([
      ...load.map(({tableName, tableId}) => [tableName, tableId] as const),
      ...(valuesLoad === false ? [] : [[valuesTableName, undefined] as const]),
    ]);
    for (const [table, tableId] of tableIdsOf) {
      const rows = news.get(table);
      for (const [row, ids] of rows === undefined || rows === 'any' ? [] : rows) {
        if (![...ids].every((id) => ownChanges.has(id))) {
          entries.push({table, row});
        } else if (tableId !== undefined && schema.get(table)?.isOurs === false) {
          echoes.push({tableId, entry: {table, row}, ids});
        }
      }
    }
    const changes = yield* loader.loadEntries(schema, entries, onDamage);
    for (const {tableId, entry, ids} of echoes) {
      const [echoed] = withoutOwn(tableId, yield* loader.loadEntries(schema, [entry], onDamage), ids);
      for (const [rowId, cells] of Object.entries(echoed[tableId] ?? {})) {
        rowsIn(changes, tableId)[rowId] ??= cells;
      }
    }
    return {kind: 'changes', changes};
  }

  return {
    start: async () => undefined,
    *noteRead() {
      announcements.forget();
      yield* [];
    },
    *observeOwn(write, changes) {
      const id = yield* announcements.takeOwnId();
      if (id !== undefined) {
        noteOwn(id, changes);
      }
      yield* write;
      return undefined;
    },
    noteOwn: ignore,
    tell: announcements.tell,
    hasNews: () => announcements.hasNews(),
    *readNews(readSchema, hasChanged, onDamage) {
      announcements.take();
      const schema = yield* readSchema();
      const news = yield* announcements.readNews(hasChanged);
      const wholeIds = wholeTableIds(news, hasChanged);
      if (wholeIds.size > 0 || news.get(valuesTableName) === 'any') {
        return yield* loadWhole(schema, news, wholeIds, onDamage);
      }
      return news.size === 0 ? {kind: 'nothing'} : yield* loadRows(schema, news, onDamage);
    },
    noteNews: () => announcements.settle(),
  };
};

const rowsIn = ([tables]: Changes, tableId: Id): TableChanges => {
  const rows = tables[tableId] ?? emptyObject<TableChanges>();
  tables[tableId] = rows;
  return rows;
};

const MAX_OWN = 1_000;

// A condition that looks into other tables, whose changes are not told of.
const SELECTS = /\bselect\b/i;

const ignore = (): void => undefined;
