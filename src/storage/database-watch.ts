// Notices that others changed a database: told by the driver, and by asking a counter at intervals. Knows how to tell
// the writes of its own storage from others'; nothing of what was written.

import type {Ports, TimerHandle} from '../base/ports.ts';
import type {Connection, TransactionResult} from '../driver/connection.ts';
import type {SqlRow, Statement} from '../sql/statement.ts';
import type {Announcements} from './announcements.ts';

export interface DatabaseWatch {
  /** What a write of this storage must ask around itself; undefined while nobody watches. */
  around(): Statement | undefined;
  /** Told what was said around a write of this storage. */
  noteWrite(result: TransactionResult<unknown>): void;
  /** Takes the counter as it stands now for known; to be called before reading. */
  noteRead(): Promise<void>;
  /** Whether somebody else changed something since; takes the change for known. */
  takeChange(): Promise<boolean>;
  /** Calls back when somebody may have; resolves with how to stop. */
  start(listener: () => void): Promise<() => Promise<void>>;
}

// Where other connections, this connection and the schema stand.
interface Counters {
  readonly version: string;
  readonly total: number;
  readonly schema: number;
}

export interface DatabaseWatchOptions {
  /** How often the counter is asked. */
  readonly intervalSeconds: number;
  /** What the database tells of writes, if it does. */
  readonly announcements: Announcements | undefined;
  readonly ports: Ports;
}

/** Where a timer keeps the host awake, it is set so often after each read and write. */
const TICKS_WHEN_ALONE = 3;

export const createDatabaseWatch = (
  connection: Connection,
  {intervalSeconds, announcements, ports}: DatabaseWatchOptions,
): DatabaseWatch => {
  const counter = connection.changeCounter;
  let seen: Counters | undefined;
  let watcherCount = 0;
  let hasOutsideChange = false;
  // Set timers again, where they have ended.
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const each of wakers) {
      each();
    }
  };

  const isSame = (one: Counters, other: Counters): boolean =>
    one.version === other.version && one.total === other.total && one.schema === other.schema;

  const ask = async (): Promise<Counters | undefined> =>
    counter === undefined ? undefined : readCounters(await connection.query(counter));

  return {
    // A counter that moves with every write tells no own ones from others'.
    around: () => (watcherCount > 0 && !connection.dialect.isCounterShared ? counter : undefined),

    noteWrite: ({before, after}) => {
      wake();
      const start = readCounters(before);
      const end = readCounters(after);
      if (start === undefined || end === undefined) {
        return;
      }
      // Another connection may have committed between the two: its version stays unseen.
      hasOutsideChange ||= seen === undefined || !isSame(seen, start);
      seen = {...end, version: start.version};
    },

    noteRead: async () => {
      wake();
      if (watcherCount > 0 || seen === undefined) {
        seen = await ask();
        hasOutsideChange = false;
      }
    },

    takeChange: async () => {
      const now = await ask();
      const hasChanged = now === undefined || hasOutsideChange || seen === undefined || !isSame(seen, now);
      seen = now;
      hasOutsideChange = false;
      return hasChanged;
    },

    start: async (listener) => {
      watcherCount++;
      const unwatch = connection.watch?.(listener);
      let timer: TimerHandle | undefined;
      let ticksLeft = TICKS_WHEN_ALONE;
      const set = () => {
        timer = ports.setTimer(tick, intervalSeconds * 1_000, true);
      };
      const tick = () => {
        timer = undefined;
        if (!connection.isAlone || --ticksLeft > 0) {
          set();
        }
        listener();
      };
      const rewind = () => {
        ticksLeft = TICKS_WHEN_ALONE;
        timer === undefined && set();
      };
      connection.isAlone && wakers.add(rewind);
      set();
      const unlisten = await announcements?.start(listener);
      return async () => {
        watcherCount--;
        wakers.delete(rewind);
        timer === undefined || ports.clearTimer(timer);
        unwatch?.();
        await unlisten?.();
      };
    },
  };
};

const readCounters = (rows: readonly SqlRow[]): Counters | undefined => {
  const row = rows[0];
  return row === undefined
    ? undefined
    : {version: String(row.version), total: Number(row.total), schema: Number(row.schema)};
};
