// Layout `rows` of a mergeable store: as that of a plain one, with stamped cells, of which the database itself keeps the later ones.
//
//   holdfast      n | table_id | row_id | stamped
//                 1 | pets     | fido   | {"species":"P6tkLDo----Z21Zg\"dog\"","age":"P6tkLDp----Z21Zg"}      age was deleted
//
// Invariants:
// 1. A row goes only when deletions are forgotten, and has nothing left.
// 2. Every write sees the floor: the entry that it adds to the log is refused where the floor is not the one that it knows.
// 3. Who hears of another floor compares with everything: what was forgotten may have gone without its knowing.
// 4. Rows of a plain store are read as what was never stamped, and become stamped rows with the first write, in one transaction.

import {isEmptyChanges} from '../base/changes.ts';
import type {Changes} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import type {Hlc} from '../merge/hlc.ts';
import {checkStamped, stampPlainContent} from '../merge/stamped-cells.ts';
import {statement} from '../sql/statement.ts';
import {createAnnouncements} from './announcements.ts';
import {createChangeLog, type LogEntry} from './change-log.ts';
import type {ResolvedRows} from './database-config.ts';
import {createDatabaseWatch} from './database-watch.ts';
import {createGate} from './gate.ts';
import {createLogPosition} from './log-position.ts';
import type {Query} from './migration.ts';
import {createRowsFloor} from './rows-floor.ts';
import type {PlainRows} from './rows-layout.ts';
import {createRowsReader} from './rows-reader.ts';
import {createRowsReading} from './rows-reading.ts';
import {tellStragglers} from './rows-stragglers.ts';
import {createRowsTable, kindOfRows, PLAIN_COLUMN, STAMPED_COLUMN} from './rows-table.ts';
import {createStampedMigration} from './stamped-rows-migration.ts';
import {createStampedRowsWriter} from './stamped-rows-writer.ts';
import {runSteps, type Steps} from './steps.ts';
import type {OutsideChange, ProgressListener, Storage, Write} from './storage.ts';
import {createFragmentsReader} from './tinybase-fragments.ts';

/** How often a write is tried again because of what it found in the database. */
const MAX_TRIES = 10;

export const createStampedRowsLayout = (
  connection: Connection,
  config: ResolvedRows,
  {ports, plain}: {readonly ports: Ports; readonly plain: PlainRows},
): Storage => {
  const {dialect, limits} = connection;
  const tableName = config.storeTableName;
  const table = dialect.quoteTable(tableName);
  const log = createChangeLog(dialect, limits, `${tableName}_log`);
  const reader = createRowsReader(dialect, limits, {
    tableName,
    columnName: STAMPED_COLUMN,
    isMerged: true,
    check: (row) => {
      for (const cellId in row) {
        checkStamped(row[cellId]);
      }
    },
  });
  const reading = createRowsReading(connection, {tableName, columnName: STAMPED_COLUMN, reader, log});
  const writer = createStampedRowsWriter(dialect, limits, tableName);
  const floors = createRowsFloor(dialect, tableName);
  const watch = createDatabaseWatch(connection, {
    intervalSeconds: config.autoLoadIntervalSeconds,
    announcements: createAnnouncements(connection, [{tableName: `${tableName}_log`}], ports),
    ports,
  });
  const position = createLogPosition();
  const createTables = [createRowsTable(dialect, tableName, STAMPED_COLUMN), log.create];
  const isThere = dialect.describe([tableName]);
  const query: Query = (sent) => connection.query(sent);
  // Whether the tables are known to be there, with stamped cells.
  let isReady = false;
  // The floor that is known.
  let floor: Hlc = '';

  const gate = createGate(
    connection,
    createStampedMigration({
      plain: plain.migratable,
      isThere,
      now: ports.now,
      read: (sent) => reading.readWithin(sent),
      write: async (sent, changes) => {
        await runSteps(sent, writer.write(changes, '', ignoreProgress));
        await runSteps(sent, log.appendEverything());
      },
    }),
    config,
  );

  // What TinyBase's fragments know of stamps is not read, and would be lost.
  const refuseFragments = async (): Promise<void> => {
    const {fragmentsPrefix} = config;
    if (
      fragmentsPrefix !== undefined &&
      (await runSteps(query, createFragmentsReader(dialect, fragmentsPrefix).read())) !== undefined
    ) {
      throw new HoldfastError(
        'storage/wrong-kind',
        `The tables of TinyBase’s fragmented mode with the prefix "${fragmentsPrefix}" are not read into a mergeable store, and nothing was ` +
          'written. Load them with a plain store, or name another storagePrefix.',
        {prefix: fragmentsPrefix},
      );
    }
  };

  const takeOverPlain = (): Promise<void> =>
    connection.interactive(async (sent) => {
      if (log.hold !== undefined) {
        await sent(log.hold);
      }
      if (kindOfRows(await sent(isThere)) === 'plain') {
        const content = stampPlainContent(await plain.migratable.readAll(sent));
        await sent(statement(`ALTER TABLE ${table} RENAME COLUMN ${PLAIN_COLUMN} TO ${STAMPED_COLUMN}`));
        await sent(statement(`DELETE FROM ${table}`));
        await runSteps(sent, writer.write(content, '', ignoreProgress));
        await runSteps(sent, log.appendEverything());
      }
    });

  const readFloor = async (): Promise<void> => {
    floor = await runSteps(query, floors.read());
  };

  function* writeSteps(write: Write) {
    if (log.hold !== undefined) {
      yield log.hold;
    }
    if (!isReady) {
      yield* createTables;
    }
    const {changes, since} = write;
    const what = changes ?? write.store.getContent();
    const written = yield* writer.write(what, floor, write.onProgress);
    if (changes === undefined && since !== undefined) {
      yield* writer.write(since, floor, ignoreProgress);
    }
    const unless = floors.isNot(floor);
    const seqs: readonly number[] =
      changes === undefined
        ? yield* log.appendEverything(unless)
        : yield* log.append(written.touched, unless);
    return {...written, seqs};
  }

  // Whether what made a write fail is out of its way now.
  const mayTryAgain = async (error: unknown): Promise<boolean> => {
    if (isHoldfastError(error, 'driver/constraint') || isHoldfastError(error, 'driver/statement-failed')) {
      const known = floor;
      // Somebody's table may be gone meanwhile, which the next try tells better.
      await readFloor().catch(() => undefined);
      return floor !== known;
    }
    if (isHoldfastError(error, 'driver/missing')) {
      const isPlain = kindOfRows(await query(isThere)) === 'plain';
      if (isPlain) {
        await takeOverPlain();
      }
      return isPlain;
    }
    return false;
  };

  const writeAside = async (aside: Changes): Promise<void> => {
    const result = await connection.transaction(
      'write',
      function* () {
        if (log.hold !== undefined) {
          yield log.hold;
        }
        const {touched} = yield* writer.write(aside, '', ignoreProgress);
        return yield* log.append(touched);
      },
      watch.around(),
    );
    position.noteOwn(result.result);
    watch.noteWrite(result);
  };

  // What is older than the floor, and not in the database: its deletion was forgotten there, unless its row was damaged.
  const findStragglers = async (old: Changes, entries: readonly LogEntry[]): Promise<Changes> => {
    const {result: stored} = await connection.transaction('read', () => reader.readRows(entries));
    const {stragglers, aside} = tellStragglers(old, stored, await reading.readAside());
    if (!isEmptyChanges(aside)) {
      await writeAside(aside);
    }
    return stragglers;
  };

  function* readNews(): Steps<{outside: OutsideChange | undefined; seq: number}> {
    const news = yield* log.readNews(position.seq(), position.isOwn);
    if (news.kind === 'nothing') {
      return {outside: undefined, seq: position.seq()};
    }
    const everything = {outside: {kind: 'unknown'}, seq: position.seq()} as const;
    if (news.kind === 'unknown' || news.entries.some((entry) => entry.table === floors.entry.table)) {
      return everything;
    }
    const changes = yield* reader.readRows(news.entries);
    // A row that was written and is not there is damaged.
    return countRows(changes) < countEntries(news.entries)
      ? everything
      : {outside: {kind: 'changes', changes}, seq: news.seq};
  }

  return {
    hasStampedCells: true,

    read: async (onProgress) => {
      await gate.pass();
      await watch.noteRead();
      const kind = kindOfRows(await query(isThere));
      isReady = kind === 'stamped';
      if (kind === 'none') {
        await refuseFragments();
        return undefined;
      }
      if (kind === 'plain') {
        const stored = await plain.storage.read(onProgress);
        return stored && {...stored, content: stampPlainContent(stored.content)};
      }
      const {newest, ...stored} = await reading.read(onProgress);
      position.moveTo(newest);
      await readFloor();
      return {...stored, floor};
    },

    write: async (write) => {
      await gate.pass();
      if (write.changes !== undefined && isEmptyChanges(write.changes)) {
        return 'stored';
      }
      const wasReady = isReady;
      if (!wasReady) {
        await refuseFragments();
      }
      for (let tries = 1; ; tries++) {
        try {
          const result = await connection.transaction('write', () => writeSteps(write), watch.around());
          const {seqs, old, oldEntries} = result.result;
          isReady = true;
          position.noteOwn(seqs);
          watch.noteWrite(result);
          if (oldEntries.length > 0) {
            const stragglers = await findStragglers(old, oldEntries);
            isEmptyChanges(stragglers) || write.onStragglers?.(stragglers);
          }
          return 'stored';
        } catch (error) {
          isReady = false;
          const isMissing = isHoldfastError(error, 'driver/missing');
          if (tries < MAX_TRIES && (await mayTryAgain(error))) {
            if (!(isMissing && wasReady)) {
              continue;
            }
            return 'whole-needed';
          }
          // The table was dropped under our feet.
          if (isMissing && wasReady) {
            return 'whole-needed';
          }
          throw error;
        }
      }
    },

    compact: async (stamp) => {
      await gate.pass();
      if (kindOfRows(await query(isThere)) !== 'stamped') {
        return;
      }
      const result = await connection.transaction(
        'write',
        function* () {
          if (log.hold !== undefined) {
            yield log.hold;
          }
          const news = yield* log.readNews(position.seq(), position.isOwn);
          const isBehind = !(news.kind === 'nothing' || (news.kind === 'rows' && news.entries.length === 0));
          yield* floors.raise(stamp);
          return {isBehind, seqs: yield* log.append([floors.entry])};
        },
        watch.around(),
      );
      // Who is behind is to compare with everything, as everybody else is.
      if (!result.result.isBehind) {
        position.noteOwn(result.result.seqs);
      }
      watch.noteWrite(result);
      await readFloor();
    },

    readOutside: async () => {
      if (!(await watch.takeChange())) {
        return undefined;
      }
      await gate.pass();
      if (!isReady) {
        return kindOfRows(await query(isThere)) === 'none' ? undefined : {kind: 'unknown'};
      }
      const {outside, seq} = (await connection.transaction('read', readNews)).result;
      position.moveTo(seq);
      return outside;
    },

    watch: async (listener) => watch.start(() => listener()),
    close: () => connection.close(),
  };
};

const ignoreProgress: ProgressListener = () => undefined;

const countEntries = (entries: readonly LogEntry[]): number =>
  new Set(entries.map(({table, row}) => JSON.stringify([table, row]))).size;

const countRows = ([tables, values]: Changes): number =>
  Object.values(tables).reduce(
    (count, rows) => count + Object.keys(rows ?? {}).length,
    Object.keys(values).length,
  );
