// What the `tabular` layout does otherwise for a mergeable store: it reads and writes texts with stamps, which lie beside the tables,
// stamps what others edited who know of none, and tells of what was stored in place of what was given. Knows when; how rows and stamps
// come together stands in the files that it puts together.

import type {Changes, Content} from '../base/content.ts';
import {HoldfastError, isHoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import {escapeId} from '../merge/stamped-cells.ts';
import type {LogEntry} from './change-log.ts';
import type {ResolvedTabular} from './database-config.ts';
import type {DatabaseWatch} from './database-watch.ts';
import {createStampClock} from './stamp-clock.ts';
import {createStampTable} from './stamp-table.ts';
import {addChanges} from './stamped-changes.ts';
import type {Steps} from './steps.ts';
import type {StoredContent, Write} from './storage.ts';
import type {DamageListener, TabularReader} from './tabular-reader.ts';
import type {TabularSaver} from './tabular-save.ts';
import type {Schema} from './tabular-schema.ts';
import {createStampedLoader, type StampedLoader} from './tabular-stamped-load.ts';
import {createStampedRows} from './tabular-stamped-rows.ts';
import {createStampedSaver} from './tabular-stamped-save.ts';

export interface TabularStamping {
  readonly loader: Pick<StampedLoader, 'loadAll' | 'loadEntries'>;
  readonly saver: Pick<TabularSaver, 'saveAll'>;
  /** Told that a transaction begins, maybe again. */
  begin(): void;
  /** Stamps what the transaction before has read of others' edits, and adds it to what was read. */
  settle(loaded: Content | Changes, readSchema: () => Steps<Schema>): Promise<void>;
  /** Told that a write is stored; returns whether something else was stored than was given. */
  noteWritten(): boolean;
  /** Whether something was that nobody has asked for yet. */
  hasUnheard(): boolean;
  /** What it was, and that somebody has. */
  readUnheard(schema: Schema, onDamage: DamageListener): Steps<Changes>;
  noteHeard(): void;
  /** Nothing is known of what there is. */
  forget(): void;
}

export interface TabularStampingParts {
  readonly connection: Connection;
  readonly config: ResolvedTabular;
  readonly reader: TabularReader;
  readonly saver: TabularSaver;
  readonly watch: DatabaseWatch;
  readonly ports: Ports;
  /** Has a write tell of rows of which only the stamps were written. */
  readonly tell: (entries: readonly LogEntry[]) => Steps;
}

/** The configuration with the ids of tables as stamped content has them. */
export const stampedConfig = (config: ResolvedTabular): ResolvedTabular => ({
  ...config,
  load: config.load.map((load) => ({...load, tableId: escapeId(load.tableId)})),
  save: config.save.map((save) => ({...save, tableId: escapeId(save.tableId)})),
});

/** What is loaded or saved: what the store has of it, and is not stored, is to be. */
export const keptScope = ({
  load,
  save,
  valuesLoad,
  valuesSave,
}: ResolvedTabular): Pick<StoredContent, 'tableIds' | 'valueIds'> => {
  const lists = [valuesLoad, valuesSave];
  const valueIds = lists.flatMap((ids) => (typeof ids === 'boolean' ? [] : ids.map(escapeId)));
  return {
    tableIds: new Set([...load, ...save].map(({tableId}) => tableId)),
    ...(lists.includes(true) ? {} : {valueIds: new Set(valueIds)}),
  };
};

export const createTabularStamping = ({
  connection,
  config,
  reader,
  saver: plainSaver,
  watch,
  ports,
  tell,
}: TabularStampingParts): TabularStamping => {
  const {dialect, limits} = connection;
  const stamps = createStampTable(dialect, limits);
  const rows = createStampedRows(stamps, reader, createStampClock(ports));
  const loader = createStampedLoader({dialect, config, reader, stamps, rows});
  const saver = createStampedSaver({dialect, config, reader, saver: plainSaver, stamps, rows});
  let written: readonly LogEntry[] = [];
  let unheard: readonly LogEntry[] = [];
  let heard: readonly LogEntry[] = [];

  return {
    loader,
    saver: {
      *saveAll(schema: Schema, write: Write, isSingle?: boolean) {
        const saved = yield* saver.saveAll(schema, write, isSingle);
        written = saved.others;
        yield* tell(saved.unwritten);
      },
    },
    begin: () => {
      loader.begin();
      written = [];
    },

    settle: async (loaded, readSchema) => {
      if (!loader.hasUnsettled()) {
        return;
      }
      try {
        const settled = await connection.transaction(
          'write',
          function* () {
            return yield* loader.settle(yield* readSchema());
          },
          watch.around(),
        );
        watch.noteWrite(settled);
        addChanges(loaded, settled.result);
      } catch (error) {
        stamps.forget();
        if (!isReadOnly(error)) {
          throw error;
        }
        // Where nothing can be written, nobody else learns of these stamps.
        addChanges(loaded, loader.unsettled());
      }
    },

    noteWritten: () => {
      unheard = [...unheard, ...written];
      return written.length > 0;
    },
    hasUnheard: () => unheard.length > 0,
    *readUnheard(schema, onDamage) {
      heard = unheard;
      return yield* loader.loadEntries(schema, heard, onDamage);
    },
    noteHeard: () => {
      unheard = unheard.slice(heard.length);
      heard = [];
    },
    forget: () => stamps.forget(),
  };
};

// A role of PostgreSQL that may only read is told so by a code of its own.
const isReadOnly = (error: unknown): boolean =>
  isHoldfastError(error, 'driver/read-only') ||
  (error instanceof HoldfastError && (error.cause as {code?: unknown} | undefined)?.code === '42501');
