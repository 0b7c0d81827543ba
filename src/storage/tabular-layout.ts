// Layout `tabular`: tables of the store as tables of the database, as the configuration maps them, and values as the
// one row `_` of a table of their own. Nothing is read or written that the configuration does not name, but for the
// log of changes (`holdfast_log`), which tables that Holdfast made keep by triggers once anybody watches.

import {isHoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import type {ObservedName} from '../sql/dialect.ts';
import type {Statement} from '../sql/statement.ts';
import {createAnnouncements} from './announcements.ts';
import {readerOf} from './content-reader.ts';
import type {ResolvedTabular} from './database-config.ts';
import {createDatabaseWatch} from './database-watch.ts';
import {createGate} from './gate.ts';
import type {MigratableLayout} from './migration.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, Storage, StoredContent, Write} from './storage.ts';
import {createTabularFeed, type TabularFeed} from './tabular-feed.ts';
import {createDamageReport, createTabularLoader, loadedScope} from './tabular-load.ts';
import {createTabularReader} from './tabular-reader.ts';
import {createTabularSaver, type SaveOrder} from './tabular-save.ts';
import {createTabularSchema, type Schema} from './tabular-schema.ts';
import {createTabularTold} from './tabular-told.ts';
import {createTabularWriter} from './tabular-writer.ts';

export const createTabularLayout = (
  connection: Connection,
  config: ResolvedTabular,
  ports: Ports = hostPorts,
): Storage => {
  const {dialect, limits} = connection;
  const schemas = createTabularSchema(dialect);
  const loader = createTabularLoader(dialect, config, createTabularReader(dialect, limits));
  const saver = createTabularSaver(dialect, config, schemas, createTabularWriter(dialect, limits, schemas));
  const keyNames = nameKeys(config);
  const announcements = createAnnouncements(connection, nameLoaded(config), ports);
  const feed: TabularFeed =
    announcements === undefined
      ? createTabularFeed(connection, config, loader)
      : createTabularTold(config, loader, announcements);
  const watch = createDatabaseWatch(connection, {
    intervalSeconds: config.autoLoadIntervalSeconds,
    announcements,
    ports,
  });
  // The tables as they were last seen; undefined: not known.
  let schema: Schema | undefined;
  let isWatched = false;

  function* readSchema(): Steps<Schema> {
    schema = yield* schemas.read(keyNames);
    return schema;
  }

  function* save(write: Write, order: SaveOrder): Steps {
    // Where a column holds values of one type, it is to be known for sure which.
    const known = dialect.hasStrictColumns ? undefined : schema;
    yield* saver.saveAll(known ?? (yield* readSchema()), write, order);
  }

  // What a transaction that reads begins with, so that nobody alters the tables that Holdfast made.
  const keepShapeNow = async (): Promise<Statement | undefined> => {
    if (!dialect.hasStrictColumns) {
      return undefined;
    }
    const rows = await connection.query(dialect.describe([...keyNames.keys()]));
    const ours = rows.filter(({isOurs}) => Number(isOurs) === 1);
    return dialect.keepShape([...new Set(ours.map(({tableName}) => String(tableName)))]);
  };

  const readSteps = async <Result>(steps: () => Steps<Result>, isSecond = false): Promise<Result> => {
    const keepShape = await keepShapeNow();
    if (keepShape === undefined) {
      return (await connection.transaction('read', steps)).result;
    }
    try {
      const {result} = await connection.transaction('read', function* () {
        yield keepShape;
        return yield* steps();
      });
      return result;
    } catch (error) {
      // A table was dropped before it was locked.
      if (!isSecond && isHoldfastError(error, 'driver/missing')) {
        return readSteps(steps, true);
      }
      throw error;
    }
  };

  const layout: MigratableLayout = {
    scope: 'tabular',
    hasData: async (query) => (await query(dialect.describe([...keyNames.keys()]))).length > 0,
    readAll: async (query) => {
      const damage = createDamageReport();
      const known = await runSteps(query, readSchema());
      const content = await runSteps(query, loader.loadAll(known, ignore, damage.note));
      const fault = damage.fault();
      // What a step does not get to see it would delete.
      if (fault !== undefined) {
        throw fault;
      }
      return content ?? [{}, {}];
    },
    replaceAll: async (query, content) => {
      const known = await runSteps(query, readSchema());
      await runSteps(query, saver.clear(known));
      const write = {changes: undefined, isExplicit: false, onProgress: ignore, onFault: ignore};
      await runSteps(query, saver.saveAll(known, {...write, store: readerOf(content)}));
      schema = undefined;
    },
  };
  const gate = createGate(connection, layout, config);

  return {
    read: async (onProgress): Promise<StoredContent | undefined> => {
      await gate.pass();
      await watch.noteRead();
      const damage = createDamageReport();
      const content = await readSteps(function* () {
        yield* feed.noteRead();
        return yield* loader.loadAll(yield* readSchema(), onProgress, damage.note);
      });
      const fault = damage.fault();
      return content && {content, ...loadedScope(config), ...(fault === undefined ? {} : {fault})};
    },

    write: async (write) => {
      await gate.pass();
      for (let attempt = 1, order: SaveOrder = 'sets-first'; ; attempt++) {
        const namesBefore = [...(schema?.keys() ?? [])];
        try {
          const written = await connection.transaction(
            'write',
            () => feed.observeOwn(save(write, order), write.changes),
            watch.around(),
          );
          watch.noteWrite(written);
          if (written.result !== undefined) {
            feed.noteOwn(written.result);
          }
          if (isWatched && (schema?.size ?? 0) > namesBefore.length) {
            await feed.start(readSchema);
          }
          return 'stored';
        } catch (error) {
          schema = undefined;
          if (mayBeOfOrder(error) && order !== 'single') {
            order = order === 'sets-first' ? 'deletions-first' : 'single';
            continue;
          }
          if (attempt > 1 || !mayBeOfSchema(error)) {
            throw error;
          }
          // Somebody may have altered the schema: it is read anew. A table that is gone is to be written whole.
          const {result: now} = await connection.transaction('read', readSchema);
          if (namesBefore.some((name) => !now.has(name))) {
            return 'whole-needed';
          }
        }
      }
    },

    readOutside: async (): Promise<OutsideChange | undefined> => {
      const hasChanged = await watch.takeChange();
      if (!hasChanged && !feed.hasNews()) {
        return undefined;
      }
      await gate.pass();
      const damage = createDamageReport();
      const news = await readSteps(() => feed.readNews(readSchema, hasChanged, damage.note));
      if (news.kind !== 'unknown') {
        feed.noteNews(news.kind === 'changes' ? news.seq : undefined);
      }
      switch (news.kind) {
        case 'changes':
          return {kind: 'changes', changes: news.changes, fault: damage.fault()};
        case 'content': {
          const fault = damage.fault();
          return {kind: 'content', stored: {...news.stored, ...(fault === undefined ? {} : {fault})}};
        }
        case 'unknown':
          // Tables may have come or gone.
          await feed.start(readSchema);
          return {kind: 'unknown'};
        case 'nothing':
          return undefined;
      }
    },

    watch: async (listener) => {
      await gate.pass();
      await feed.start(readSchema);
      const stop = await watch.start(() => listener());
      isWatched = true;
      return () => {
        isWatched = false;
        return stop();
      };
    },
    close: () => connection.close(),
  };
};

const ignore = (): void => undefined;

// A refused row may have come too early, or among too many to be named.
const mayBeOfOrder = (error: unknown): boolean => isHoldfastError(error, 'driver/constraint');

const mayBeOfSchema = (error: unknown): boolean =>
  isHoldfastError(error, 'driver/missing') || isHoldfastError(error, 'driver/statement-failed');

const nameLoaded = ({load, valuesLoad, valuesTableName}: ResolvedTabular): readonly ObservedName[] => [
  ...load.map(({tableName, rowIdColumnName}) => ({tableName, keyColumnName: rowIdColumnName})),
  ...(valuesLoad === false ? [] : [{tableName: valuesTableName, keyColumnName: '_id'}]),
];

const nameKeys = ({
  load,
  save,
  valuesLoad,
  valuesSave,
  valuesTableName,
}: ResolvedTabular): Map<string, string> => {
  const names = new Map<string, string>();
  for (const {tableName, rowIdColumnName} of [...load, ...save]) {
    names.set(tableName, rowIdColumnName);
  }
  if (valuesLoad !== false || valuesSave !== false) {
    names.set(valuesTableName, '_id');
  }
  return names;
};
