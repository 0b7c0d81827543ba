// Layout `tabular`: tables of the store as tables of the database, as the configuration maps them, and values as the
// one row `_` of a table of their own. Nothing is read or written that the configuration does not name, but for the
// log of changes (`holdfast_log`), which tables that Holdfast made keep by triggers once anybody watches.

import type {Id} from '../base/content.ts';
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
import {addChanges} from './stamped-changes.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, OutsideListener, Storage, StoredContent, Write} from './storage.ts';
import {createTabularFeed, type FeedNews, type TabularFeed} from './tabular-feed.ts';
import {createDamageReport, createTabularLoader, keptWhereDropped, loadedScope} from './tabular-load.ts';
import {createTabularReader, type DamageListener} from './tabular-reader.ts';
import {createTabularSaver} from './tabular-save.ts';
import {createTabularSchema, type Schema} from './tabular-schema.ts';
import {createTabularStamping, keptScope, stampedConfig} from './tabular-stamping.ts';
import {createTabularTold} from './tabular-told.ts';
import {createTabularWriter} from './tabular-writer.ts';

export const createTabularLayout = (
  connection: Connection,
  config: ResolvedTabular,
  ports: Ports = hostPorts,
): Storage => ({
  ...createStorage(connection, config, {ports, isStamped: false}),
  // What is stored decides what is written.
  ...(connection.readsWhereItWrites && {
    forMergeable: () => createStorage(connection, stampedConfig(config), {ports, isStamped: true}),
  }),
});

const createStorage = (
  connection: Connection,
  config: ResolvedTabular,
  {ports, isStamped}: {readonly ports: Ports; readonly isStamped: boolean},
): Storage => {
  const {dialect, limits} = connection;
  const schemas = createTabularSchema(dialect);
  const reader = createTabularReader(dialect, limits);
  const plainLoader = createTabularLoader(dialect, config, reader);
  const plainSaver = createTabularSaver(
    dialect,
    config,
    schemas,
    createTabularWriter(dialect, limits, schemas),
  );
  const keyNames = nameKeys(config);
  const announcements = createAnnouncements(connection, nameLoaded(config), ports);
  const watch = createDatabaseWatch(connection, {
    intervalSeconds: config.autoLoadIntervalSeconds,
    announcements,
    ports,
  });
  const stamping = isStamped
    ? createTabularStamping({
        connection,
        config,
        reader,
        saver: plainSaver,
        watch,
        ports,
        tell: (entries) => feed.tell(entries),
      })
    : undefined;
  const loader = stamping?.loader ?? plainLoader;
  const saver = stamping?.saver ?? plainSaver;
  const feed: TabularFeed =
    announcements === undefined
      ? createTabularFeed(connection, config, loader)
      : createTabularTold(config, loader, announcements);
  const listeners = new Set<OutsideListener>();
  // The tables as they were last seen; undefined: not known.
  let schema: Schema | undefined;
  let schemaCount: unknown;
  let isWatched = false;
  // Tables that were there. One that is saved to, and goes, was dropped by somebody: the store keeps its rows, and writes them
  // anew.
  let seenNames: ReadonlySet<string> = new Set();
  const keptNames = keptWhereDropped(config);
  const isDropped = (tableName: string, now: Schema): boolean =>
    seenNames.has(tableName) && !now.has(tableName) && keptNames.has(tableName);

  function* readSchema(): Steps<Schema> {
    schema = yield* schemas.read(keyNames);
    return schema;
  }

  // The schema as it was seen, if it is still so. Who knows an old one would take what a new column holds for deleted.
  function* knownSchema(): Steps<Schema | undefined> {
    if (stamping === undefined || schema === undefined || connection.changeCounter === undefined) {
      return stamping === undefined ? schema : undefined;
    }
    const before = schemaCount;
    schemaCount = (yield connection.changeCounter)[0]?.schema;
    return schemaCount === before ? schema : undefined;
  }

  function* save(write: Write): Steps {
    // Where a column holds values of one type, it is to be known for sure which.
    const known = (dialect.hasStrictColumns ? undefined : yield* knownSchema()) ?? (yield* readSchema());
    if (write.changes !== undefined && config.save.some(({tableName}) => isDropped(tableName, known))) {
      throw WHOLE_NEEDED;
    }
    yield* saver.saveAll(known, write);
  }

  // A row that the database refuses is named: where many went in one statement, they are tried one by one, and taken back.
  const nameRefused = async (error: unknown, write: Write): Promise<unknown> => {
    if (
      !isHoldfastError(error, 'driver/constraint') ||
      (error.details.rowIds as Id[] | undefined)?.length === 1
    ) {
      return error;
    }
    try {
      await connection.transaction('write', function* () {
        yield* saver.saveAll(yield* schemas.read(keyNames), {...write, onProgress: ignore}, true);
        throw error;
      });
    } catch (again) {
      return isHoldfastError(again, 'driver/constraint') ? again : error;
    }
    return error;
  };

  // What a transaction that reads begins with, so that nobody alters the tables that Holdfast made.
  const keepShapeNow = async (): Promise<Statement | undefined> => {
    if (!dialect.hasStrictColumns) {
      return undefined;
    }
    const rows = await connection.query(dialect.describe([...keyNames.keys()]));
    const ours = rows.filter(({isOurs}) => Number(isOurs) === 1);
    return dialect.keepShape([...new Set(ours.map(({tableName}) => String(tableName)))]);
  };

  const readSteps = async <Result>(read: () => Steps<Result>, isSecond = false): Promise<Result> => {
    const keepShape = await keepShapeNow();
    const steps = () => {
      stamping?.begin();
      return read();
    };
    try {
      const {result} = await connection.transaction('read', function* () {
        if (keepShape !== undefined) {
          yield keepShape;
        }
        return yield* steps();
      });
      return result;
    } catch (error) {
      // A table was dropped before it was locked.
      stamping?.forget();
      if (!isSecond && isHoldfastError(error, 'driver/missing') && (keepShape ?? stamping) !== undefined) {
        return readSteps(read, true);
      }
      throw error;
    }
  };

  // What others did, and what was stored in place of what was given.
  function* readNews(isNews: boolean, hasChanged: boolean, onDamage: DamageListener): Steps<FeedNews> {
    const news: FeedNews = isNews
      ? yield* feed.readNews(readSchema, hasChanged, onDamage)
      : {kind: 'nothing'};
    if (stamping?.hasUnheard() !== true || news.kind === 'unknown') {
      return news;
    }
    const unheard = yield* stamping.readUnheard(yield* readSchema(), onDamage);
    if (news.kind === 'nothing') {
      return {kind: 'changes', changes: unheard};
    }
    addChanges(news.kind === 'changes' ? news.changes : news.stored.content, unheard);
    return news;
  }

  const layout: MigratableLayout = {
    scope: 'tabular',
    hasData: async (query) => (await query(dialect.describe([...keyNames.keys()]))).length > 0,
    readAll: async (query) => {
      const damage = createDamageReport();
      const known = await runSteps(query, readSchema());
      const content = await runSteps(query, plainLoader.loadAll(known, ignore, damage.note));
      const fault = damage.fault();
      // What a step does not get to see it would delete.
      if (fault !== undefined) {
        throw fault;
      }
      return content ?? [{}, {}];
    },
    replaceAll: async (query, content) => {
      const known = await runSteps(query, readSchema());
      await runSteps(query, plainSaver.clear(known));
      const write = {changes: undefined, isExplicit: false, onProgress: ignore, onFault: ignore};
      await runSteps(query, plainSaver.saveAll(known, {...write, store: readerOf(content)}));
      schema = undefined;
    },
  };
  const gate = createGate(connection, layout, config);

  return {
    ...(isStamped ? {hasStampedCells: true} : {}),
    read: async (onProgress): Promise<StoredContent | undefined> => {
      await gate.pass();
      await watch.noteRead();
      const damage = createDamageReport();
      const content = await readSteps(function* () {
        yield* feed.noteRead();
        return yield* loader.loadAll(yield* readSchema(), onProgress, damage.note);
      });
      if (content !== undefined) {
        await stamping?.settle(content, readSchema);
      }
      const fault = damage.fault();
      const now: Schema = schema ?? new Map();
      const kept = config.load.filter(({tableName}) => !isDropped(tableName, now));
      seenNames = new Set([...now.keys(), ...[...seenNames].filter((name) => isDropped(name, now))]);
      const scope = isStamped ? keptScope(config) : loadedScope({...config, load: kept});
      return content && {content, ...scope, ...(fault === undefined ? {} : {fault})};
    },

    write: async (write) => {
      await gate.pass();
      for (let attempt = 1; ; attempt++) {
        const namesBefore = [...(schema?.keys() ?? [])];
        try {
          const written = await connection.transaction(
            'write',
            () => {
              stamping?.begin();
              return feed.observeOwn(save(write), write.changes);
            },
            watch.around(),
          );
          watch.noteWrite(written);
          if (stamping?.noteWritten()) {
            for (const listener of listeners) {
              listener();
            }
          }
          seenNames = new Set(schema?.keys());
          if (written.result !== undefined) {
            feed.noteOwn(written.result);
          }
          if (isWatched && (schema?.size ?? 0) > namesBefore.length) {
            await feed.start(readSchema);
          }
          return 'stored';
        } catch (error) {
          schema = undefined;
          stamping?.forget();
          if (error === WHOLE_NEEDED) {
            return 'whole-needed';
          }
          if (attempt > 1 || !mayBeOfSchema(error)) {
            throw await nameRefused(error, write);
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
      const isNews = hasChanged || feed.hasNews();
      if (!isNews && stamping?.hasUnheard() !== true) {
        return undefined;
      }
      await gate.pass();
      const damage = createDamageReport();
      const news = await readSteps(() => readNews(isNews, hasChanged, damage.note));
      if (news.kind === 'changes' || news.kind === 'content') {
        await stamping?.settle(news.kind === 'changes' ? news.changes : news.stored.content, readSchema);
      }
      stamping?.noteHeard();
      if (news.kind !== 'unknown') {
        feed.noteNews(news.kind === 'changes' ? news.seq : undefined);
      }
      switch (news.kind) {
        case 'changes':
          return {kind: 'changes', changes: news.changes, fault: damage.fault()};
        case 'content': {
          const fault = damage.fault();
          const {content} = news.stored;
          if (isStamped) {
            return {kind: 'changes', changes: [content[0], content[1], 1], fault};
          }
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
      listeners.add(listener);
      isWatched = true;
      return () => {
        isWatched = false;
        listeners.delete(listener);
        return stop();
      };
    },
    close: () => connection.close(),
  };
};

const ignore = (): void => undefined;

/** Thrown inside a transaction, to leave it. */
const WHOLE_NEEDED = new Error('the whole store is to be written');

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
