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
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
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
import {createRowsReader, type RowsRead} from './rows-reader.ts';
import {createRowsWriter} from './rows-writer.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, ProgressListener, Storage, StoredContent, Write} from './storage.ts';
import {createFragmentsReader, type Fragments} from './tinybase-fragments.ts';

export const createRowsLayout = (
  connection: Connection,
  config: ResolvedRows,
  ports: Ports = hostPorts,
): Storage => {
  const {dialect, limits} = connection;
  const tableName = config.storeTableName;
  const quarantineName = `${tableName}_quarantine`;
  const table = dialect.quoteTable(tableName);
  const log = createChangeLog(dialect, limits, `${tableName}_log`);
  const reader = createRowsReader(dialect, limits, tableName);
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
  // How many rows a migration has put aside; the load that follows tells of them.
  let putAside = 0;

  const {counterType, keyType, columnTypes} = dialect;
  const columns = `n ${counterType}, table_id ${keyType} NOT NULL, row_id ${keyType} NOT NULL, cells ${columnTypes.text} NOT NULL`;
  // In a damaged row even what must be there may be missing.
  const quarantineColumns = `n ${counterType}, table_id ${keyType}, row_id ${keyType}, cells ${columnTypes.text}`;
  const createTables = [dialect.createTable(tableName, `${columns}, UNIQUE (table_id, row_id)`), log.create];
  const isThere = dialect.describe([tableName]);

  const layout: MigratableLayout = {
    scope: tableName,
    hasData: async (query) =>
      (await query(isThere)).length > 0 || (await runSteps(query, readFragments())) !== undefined,
    readAll: async (query) => {
      if ((await query(isThere)).length === 0) {
        const found = await runSteps(query, readFragments());
        // What a step does not get to see it would delete.
        if (found?.fault !== undefined) {
          throw found.fault;
        }
        return found?.content ?? [{}, {}];
      }
      const {content, unreadable} = await runSteps(query, reader.readAll(ignoreProgress, true));
      if (unreadable.length > 0) {
        putAside = await runSteps(query, moveToQuarantine(unreadable));
      }
      return content;
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
  const gate = createGate(connection, layout, config);

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

  // Damaged rows leave the table, for they would make every later merge into them fail, and are kept beside it.
  // Answers with how many that were: another writer may have mended one since it was read.
  function* moveToQuarantine(rowNumbers: readonly number[]): Steps<number> {
    const damaged = yield* reader.findDamaged(rowNumbers);
    yield dialect.createTable(quarantineName, quarantineColumns);
    for (const n of damaged) {
      const only = `WHERE n = ${dialect.placeholder(1)}`;
      yield statement(
        `INSERT INTO ${dialect.quoteTable(quarantineName)} (table_id, row_id, cells) SELECT table_id, row_id, cells FROM ${table} ${only}`,
        [n],
      );
      yield statement(`DELETE FROM ${table} ${only}`, [n]);
    }
    return damaged.length;
  }

  const toldOf = (rowCount: number, isMoved: boolean): Error =>
    new HoldfastError(
      'storage/unreadable',
      `${rowCount} of the rows in table "${tableName}" hold no JSON of a row; ` +
        (isMoved
          ? `they were moved to "${quarantineName}", and the rest was read.`
          : 'they stay where they are, for the database can only be read, and the rest was read.'),
      {table: tableName, rowCount, ...(isMoved ? {quarantine: quarantineName} : {})},
    );

  // How many rows were damaged still, and moved; undefined where nothing can be moved.
  const putAsideDamaged = async (rowNumbers: readonly number[]): Promise<number | undefined> => {
    try {
      return (await connection.transaction('write', () => moveToQuarantine(rowNumbers))).result;
    } catch (error) {
      if (isHoldfastError(error, 'driver/read-only')) {
        return undefined;
      }
      throw error;
    }
  };

  function* readEverything(
    onProgress: ProgressListener,
    isCareful: boolean,
  ): Steps<{newest: number; read: RowsRead}> {
    const newest = Number((yield log.readNewest)[0]?.seq);
    return {newest, read: yield* reader.readAll(onProgress, isCareful)};
  }

  const readTable = async (onProgress: ProgressListener) => {
    const readWith = (isCareful: boolean) =>
      connection.transaction('read', () => readEverything(onProgress, isCareful));
    try {
      return await readWith(false);
    } catch (error) {
      // A text that is too long is refused in words of the driver's own.
      if (isHoldfastError(error, 'driver/too-large') || isHoldfastError(error, 'driver/statement-failed')) {
        return readWith(true);
      }
      throw error;
    }
  };

  const readOnce = async (
    onProgress: ProgressListener,
    isSecond: boolean,
  ): Promise<StoredContent | undefined> => {
    await gate.pass();
    await watch.noteRead();
    if ((await connection.query(isThere)).length === 0) {
      hasTables = false;
      return (await connection.transaction('read', readFragments)).result;
    }
    const {result} = await readTable(onProgress);
    const {newest, read: everything} = result;
    hasTables = true;
    position.moveTo(newest);
    if (everything.unreadable.length > 0) {
      const movedCount = await putAsideDamaged(everything.unreadable);
      if (movedCount === undefined) {
        return {content: everything.content, fault: toldOf(everything.unreadable.length, false)};
      }
      if (movedCount < everything.unreadable.length && !isSecond) {
        putAside += movedCount;
        return readOnce(onProgress, true);
      }
      // In a damaged file a row may be found by one way and not by another: it is told of, at least.
      putAside += everything.unreadable.length;
    }
    const rowCount = putAside;
    putAside = 0;
    return {content: everything.content, ...(rowCount === 0 ? {} : {fault: toldOf(rowCount, true)})};
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

  return {
    read: (onProgress) => readOnce(onProgress, false),

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
        // The table was dropped under our feet.
        if (wasThere && isHoldfastError(error, 'driver/missing')) {
          return 'whole-needed';
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
};

const ignoreProgress: ProgressListener = () => undefined;
