// Has a database tell of writes to tables for as long as somebody here wants to know, and gathers what it tells: which tables
// were written to, and which rows where that is known. Knows nothing of what lies in them.
//
//   listens ──▶ tables are made to tell ──▶ a word to itself arrives: it hears ──▶ connection lost: all may have changed
//      ▲                   ▲                                                              │
//      │                   └── somebody made a table, or one was made anew                │
//      └──────────────────────────── later after each failure ◀───────────────────────────┘
//
// A table that does not tell (a view, one of somebody else's role, a database that can only be read) may have changed
// whenever anything has; and so may all, until the word to itself has arrived: through some poolers none does.

import {isHoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import type {ObservedName} from '../sql/dialect.ts';
import type {SqlRow} from '../sql/statement.ts';
import type {LogEntry} from './change-log.ts';
import {keepListening} from './keep-listening.ts';
import type {Steps} from './steps.ts';
import {addTold, mergeNews, type News, parseTold, type TableNews} from './table-news.ts';

export interface Announcements {
  /** Begins to listen, and calls back when there is news; resolves with how to stop. */
  start(listener: () => void): Promise<() => Promise<void>>;
  /** Whether anything was told that is not taken yet. */
  hasNews(): boolean;
  /** Takes what was told so far, to be read by what begins now: what a transaction does not see yet is told later. */
  take(): void;
  /**
   * What was taken of news, by the names of the tables; it stays until it is settled. Where anything at all `hasChanged`, that
   * includes the tables that tell nothing.
   */
  readNews(hasChanged: boolean): Steps<ReadonlyMap<string, TableNews>>;
  /** What was read of news last is known. */
  settle(): void;
  /** What was told so far is known. */
  forget(): void;
  /** Has the transaction at work tell of rows that it did not write to. */
  tell(entries: readonly LogEntry[]): Steps;
  /** What the writes of the transaction at work will be told as; undefined while nobody listens. */
  takeOwnId(): Steps<string | undefined>;
}

// What is known of one table.
interface Observed extends ObservedName {
  readonly channel: string;
  /** The table as the database found it; undefined: there is none, or it is not known. */
  found: SqlRow | undefined;
  isTold: boolean;
  news: News;
  /** What was read of it, and is not settled. */
  read: News;
}

export const createAnnouncements = (
  connection: Connection,
  names: readonly ObservedName[],
  ports: Ports,
): Announcements | undefined => {
  const {listen, dialect} = connection;
  const {announcing} = dialect;
  if (announcing === undefined || names.length === 0) {
    return undefined;
  }
  const tables = names.map(
    (name): Observed => ({
      ...name,
      channel: announcing.channelOf(name.tableName),
      found: undefined,
      isTold: false,
      news: 'none',
      read: 'none',
    }),
  );
  const listenerId = createListenerId(ports);
  const schemaNames = new Set<string>();
  let processId: number | undefined;
  let isTelling = false;
  let isHeard = false;
  let isWanted = false;
  let onNews: () => void = () => undefined;
  let refreshing = Promise.resolve();
  const ownIds = createRecentIds();
  let onHeard: () => void = () => undefined;

  const noteFound = (rows: readonly SqlRow[], isRegistered: boolean): void => {
    for (const [place, table] of tables.entries()) {
      table.found = rows.find((row) => Number(row.place) === place);
      table.isTold = isRegistered && Number(table.found?.isTold) === 1;
      table.news = 'any';
    }
    for (const {schemaName} of rows) {
      schemaNames.add(String(schemaName));
    }
  };

  // Makes the tables that are there tell. What was written before that is to be read.
  const makeTell = async (): Promise<void> => {
    try {
      const {result} = await connection.transaction('write', function* () {
        yield announcing.begin(tables, listenerId, processId);
        const rows = yield announcing.find(tables);
        yield announcing.tell((tables[0] as Observed).channel, JSON.stringify({listener: listenerId}));
        return rows;
      });
      isTelling = true;
      noteFound(result, true);
    } catch (error) {
      if (!isHoldfastError(error) || error.code === 'driver/busy' || error.code === 'driver/closed') {
        throw error;
      }
      // Whoever may not alter the tables looks at them at intervals.
      noteFound([], false);
    }
  };

  // One after another; what fails is made up for when anything changes again.
  const refresh = (): void => {
    refreshing = refreshing.then(async () => {
      if (isWanted) {
        await makeTell().catch(() => noteFound([], false));
        onNews();
      }
    });
  };

  const noteTold = (channel: string, text: string): void => {
    if (text === '') {
      refresh();
      return;
    }
    const told = parseTold(text);
    if (told?.listener !== undefined) {
      if (told.listener === listenerId) {
        isHeard = true;
        onHeard();
      }
      return;
    }
    if (told?.by !== undefined && told.rows === undefined && ownIds.has(told.by)) {
      // So many rows of one's own are known.
      return;
    }
    for (const table of tables) {
      if (table.channel === channel && (told === undefined || told.table === table.found?.fullName)) {
        table.news = addTold(table.news, told, table.keyColumnName);
      }
    }
    onNews();
  };

  const begin = async (onLost: () => void): Promise<() => Promise<void>> => {
    const channels = [...new Set(tables.map(({channel}) => channel))];
    const listening = await listen?.(channels, noteTold, () => {
      isHeard = false;
      onLost();
    });
    processId = listening?.processId;
    try {
      await makeTell();
    } catch (error) {
      await listening?.stop();
      throw error;
    }
    return async () => {
      isHeard = false;
      await letGo();
      await listening?.stop();
    };
  };

  const letGo = async (): Promise<void> => {
    await refreshing;
    if (schemaNames.size > 0) {
      try {
        await connection.transaction('write', function* () {
          yield announcing.end(listenerId, [...schemaNames]);
        });
      } catch (error) {
        // Left behind, it is removed by the next that lets go.
        if (!isHoldfastError(error)) {
          throw error;
        }
      }
    }
  };

  // A table that came, or was made anew, tells nothing yet.
  const noteChecked = (rows: readonly SqlRow[]): void => {
    const isOther = (table: Observed, place: number): boolean => {
      const row = rows.find((each) => Number(each.place) === place);
      return row?.oid !== table.found?.oid || (table.isTold && Number(row?.isTold) !== 1);
    };
    if (tables.some(isOther)) {
      noteFound(rows, false);
      refresh();
    }
  };

  // The word to itself is on its way where it was said.
  const waitUntilHeard = (): Promise<void> =>
    new Promise((resolve) => {
      if (isHeard || !isTelling) {
        resolve();
        return;
      }
      const timer = ports.setTimer(resolve, MAX_WAIT_MS);
      onHeard = () => {
        ports.clearTimer(timer);
        resolve();
      };
    });

  return {
    start: async (listener) => {
      if (listen === undefined) {
        return async () => undefined;
      }
      onNews = listener;
      isWanted = true;
      const stop = await keepListening(begin, listener, ports);
      await waitUntilHeard();
      return async () => {
        isWanted = false;
        await stop();
      };
    },

    hasNews: () => tables.some(({news, read}) => news !== 'none' || read !== 'none'),

    take: () => {
      for (const table of tables) {
        table.read = mergeNews(table.read, table.news);
        table.news = 'none';
      }
    },

    *readNews(hasChanged) {
      if (hasChanged && isHeard) {
        noteChecked(yield announcing.find(tables));
      }
      const news = new Map<string, TableNews>();
      for (const table of tables) {
        // Of a table that is not there, nobody can tell.
        const isUntold = hasChanged && !(isHeard && (table.isTold || table.found === undefined));
        if (isUntold) {
          table.read = 'any';
        }
        if (table.read !== 'none') {
          news.set(table.tableName, table.read);
        }
      }
      return news;
    },

    settle: () => {
      for (const table of tables) {
        table.read = 'none';
      }
    },

    forget: () => {
      for (const table of tables) {
        table.news = 'none';
        table.read = 'none';
      }
    },

    *tell(entries) {
      for (const tableName of new Set(entries.map(({table}) => table))) {
        const name = names.find((each) => each.tableName === tableName) ?? {tableName};
        const rows = entries.filter(({table}) => table === tableName).map(({row}) => row);
        yield announcing.tellRows(name, rows);
      }
    },

    *takeOwnId() {
      if (!isWanted) {
        return undefined;
      }
      const id = String((yield announcing.ownId)[0]?.id);
      ownIds.add(id);
      return id;
    },
  };
};

/** A word that has not arrived by then goes through something that lets none pass, most likely. */
const MAX_WAIT_MS = 1_000;
const MAX_OWN_IDS = 1_000;

// The newest of many ids.
const createRecentIds = () => {
  const ids = new Set<string>();
  return {
    has: (id: string) => ids.has(id),
    add: (id: string) => {
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > MAX_OWN_IDS && oldest !== undefined) {
        ids.delete(oldest);
      }
    },
  };
};

const createListenerId = (ports: Ports): string =>
  [ports.now(), ports.random(), ports.random()]
    .map((number) => number.toString(36).replace('.', ''))
    .join('-');
