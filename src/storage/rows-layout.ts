// Layout `rows`: one database row a row of the store, its cells as one JSON text, and a log of what changed. Values lie
// there too, as rows of a table of their own.
//
//   holdfast      n | table_id | row_id | cells            n keeps the order in which rows were added
//                 1 | pets     | fido   | {"species":"dog"}
//   holdfast_log  seq | table_id | row_id
//
// An edit is merged into the stored row by the database itself, so that writers who know nothing of one another lose
// nothing: two that change different cells of one row both keep theirs, and one that changes a row that another has
// just deleted brings it back whole.

import {isEmptyChanges} from '../base/changes.ts';
import {isHoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import {statement} from '../sql/statement.ts';
import {createAnnouncements} from './announcements.ts';
import {createChangeLog} from './change-log.ts';
import {readerOf} from './content-reader.ts';
import type {ResolvedRows} from './database-config.ts';
import {createDatabaseWatch} from './database-watch.ts';
import {createGate} from './gate.ts';
import {createLogPosition} from './log-position.ts';
import type {MigratableLayout} from './migration.ts';
import {createRowsReader} from './rows-reader.ts';
import {createRowsReading} from './rows-reading.ts';
import {createRowsTable, kindOfRows, PLAIN_COLUMN, wrongKind} from './rows-table.ts';
import {createRowsWriter} from './rows-writer.ts';
import {createStampedRowsLayout} from './stamped-rows-layout.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, Write} from './storage.ts';
import {createFragmentsReader, type Fragments} from './tinybase-fragments.ts';

/** The layout of a plain store, as that of a mergeable one begins with it. */
export interface PlainRows {
  readonly storage: Storage;
  readonly migratable: MigratableLayout;
}

export const createRowsLayout = (
  connection: Connection,
  config: ResolvedRows,
  ports: Ports = hostPorts,
): Storage => {
  const plain = createPlainRows(connection, config, ports);
  return {
    ...plain.storage,
    forMergeable: () => createStampedRowsLayout(connection, config, {ports, plain}),
  };
};

const createPlainRows = (connection: Connection, config: ResolvedRows, ports: Ports): PlainRows => {
  const {dialect, limits} = connection;
  const tableName = config.storeTableName;
  const table = dialect.quoteTable(tableName);
  const log = createChangeLog(dialect, limits, `${tableName}_log`);
  const reader = createRowsReader(dialect, limits, {tableName, columnName: PLAIN_COLUMN});
  const writer = createRowsWriter(dialect, limits, tableName);
  const watch = createDatabaseWatch(connection, {
    intervalSeconds: config.autoLoadIntervalSeconds,
    announcements: createAnnouncements(connection, [{tableName: `${tableName}_log`}], ports),
    ports,
  });
  const position = createLogPosition();
  const fragments =
    config.fragmentsPrefix === undefined ? undefined : createFragmentsReader(dialect, config.fragmentsPrefix);
  let hasTables = false;

  const reading = createRowsReading(connection, {tableName, columnName: PLAIN_COLUMN, reader, log});
  const createTables = [createRowsTable(dialect, tableName, PLAIN_COLUMN), log.create];
  const isThere = dialect.describe([tableName]);

  const migratable: MigratableLayout = {
    scope: tableName,
    hasData: async (query) =>
      (await query(isThere)).length > 0 || (await runSteps(query, readFragments())) !== undefined,
    readAll: async (query) => {
      const kind = kindOfRows(await query(isThere));
      if (kind === 'stamped') {
        throw wrongKind(tableName);
      }
      if (kind === 'none') {
        const found = await runSteps(query, readFragments());
        // What a step does not get to see it would delete.
        if (found?.fault !== undefined) {
          throw found.fault;
        }
        return found?.content ?? [{}, {}];
      }
      return reading.readWithin(query);
    },
    replaceAll: async (query, content) => {
      for (const create of createTables) {
        await query(create);
      }
      await query(statement(`DELETE FROM ${table}`));
      await runSteps(query, writer.writeWhole(readerOf(content), ignoreProgress));
      await runSteps(query, log.appendEverything());
    },
  };
  const gate = createGate(connection, migratable, config);

  function* readFragments(): Steps<Fragments | undefined> {
    return fragments === undefined ? undefined : yield* fragments.read();
  }

  // Makes the tables, and takes over what TinyBase wrote where there were none.
  function* prepareTables(onFault: Write['onFault']): Steps {
    const found =
      fragments !== undefined && (yield isThere).length === 0 ? yield* fragments.read() : undefined;
    yield* createTables;
    if (found !== undefined) {
      yield* writer.writeWhole(readerOf(found.content), ignoreProgress);
      found.fault === undefined || onFault(found.fault);
    }
  }

  const readAll = async (onProgress: ProgressListener): Promise<StoredContent | undefined> => {
    await gate.pass();
    await watch.noteRead();
    const kind = kindOfRows(await connection.query(isThere));
    if (kind === 'none') {
      hasTables = false;
      return (await connection.transaction('read', readFragments)).result;
    }
    if (kind === 'stamped') {
      throw wrongKind(tableName);
    }
    const {newest, ...stored} = await reading.read(onProgress);
    hasTables = true;
    position.moveTo(newest);
    return stored;
  };

  function* writeSteps(write: Write): Steps<readonly number[]> {
    if (log.hold !== undefined) {
      yield log.hold;
    }
    if (!hasTables) {
      yield* prepareTables(write.onFault);
    }
    if (write.changes === undefined) {
      yield* writer.writeWhole(write.store, write.onProgress);
      if (write.since !== undefined) {
        yield* writer.writeChanges(write.since, write.store, ignoreProgress);
      }
      return yield* log.appendEverything();
    }
    return yield* log.append(yield* writer.writeChanges(write.changes, write.store, write.onProgress));
  }

  const storage: Storage = {
    read: readAll,

    write: async (write) => {
      await gate.pass();
      if (write.changes !== undefined && isEmptyChanges(write.changes)) {
        return 'stored';
      }
      try {
        const result = await connection.transaction('write', () => writeSteps(write), watch.around());
        hasTables = true;
        position.noteOwn(result.result);
        watch.noteWrite(result);
        return 'stored';
      } catch (error) {
        const wasThere = hasTables;
        hasTables = false;
        if (isHoldfastError(error, 'driver/missing')) {
          if (kindOfRows(await connection.query(isThere)) === 'stamped') {
            throw wrongKind(tableName, error);
          }
          // The table was dropped under our feet.
          if (wasThere) {
            return 'whole-needed';
          }
        }
        throw error;
      }
    },

    readOutside: async (): Promise<OutsideChange | undefined> => {
      if (!(await watch.takeChange())) {
        return undefined;
      }
      await gate.pass();
      if (!hasTables && (await connection.query(isThere)).length === 0) {
        return undefined;
      }
      const {result} = await connection.transaction('read', function* () {
        const news = yield* log.readNews(position.seq(), position.isOwn);
        return {news, changes: news.kind === 'rows' ? yield* reader.readRows(news.entries) : undefined};
      });
      const {news, changes} = result;
      if (news.kind === 'rows' && changes !== undefined) {
        position.moveTo(news.seq);
        return {kind: 'changes', changes};
      }
      return news.kind === 'unknown' ? {kind: 'unknown'} : undefined;
    },

    watch: async (listener) => watch.start(() => listener()),
    close: () => connection.close(),
  };
  return {storage, migratable};
};

const ignoreProgress: ProgressListener = () => undefined;
