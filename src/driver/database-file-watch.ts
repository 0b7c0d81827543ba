// Notices on Node and Bun that a SQLite file, or the log beside it, was written to. Knows nothing of what was written.
// It imports nothing of the host, so that drivers that also run elsewhere can use it: there it never calls back.

import {type SqlRow, type Statement, statement} from '../sql/statement.ts';

interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:fs'): {
      watch(
        folder: string,
        options: {persistent: boolean},
        listener: (event: string, fileName: string | null) => void,
      ): {on(event: 'error', listener: () => void): unknown; close(): void};
    };
    getBuiltinModule?(name: 'node:path'): {basename(path: string): string; dirname(path: string): string};
  };
}

/**
 * Calls back soon after a write to the database file at `path` or to its `-wal` or `-journal`, by any process; many
 * writes at once make one call. Returns how to stop. Watching the folder rather than the file outlives a log that is
 * removed and made anew. Where the host cannot watch, nothing is ever called back: callers ask at intervals too.
 */
export const watchDatabaseFile = (path: string, onMaybeChanged: () => void): (() => void) => {
  const {process} = globalThis as Host;
  const fs = process?.getBuiltinModule?.('node:fs');
  const {basename, dirname} = process?.getBuiltinModule?.('node:path') ?? {};
  if (fs === undefined || basename === undefined || dirname === undefined) {
    return () => undefined;
  }
  const name = basename(path);
  const names = new Set([name, `${name}-wal`, `${name}-journal`]);
  let isPending = false;
  let isStopped = false;
  let timers: ReturnType<typeof setTimeout>[] = [];

  const watcher = fs.watch(dirname(path), {persistent: false}, (_event, fileName) => {
    if (fileName !== null && !names.has(fileName)) {
      return;
    }
    for (const timer of timers) {
      clearTimeout(timer);
    }
    timers = LATER_MS.map((delayMs) => setTimeout(onMaybeChanged, delayMs).unref());
    if (!isPending) {
      isPending = true;
      setImmediate(() => {
        isPending = false;
        if (!isStopped) {
          onMaybeChanged();
        }
      });
    }
  });
  // A folder that goes away takes its watcher with it; the asking at intervals goes on.
  watcher.on('error', () => watcher.close());
  return () => {
    isStopped = true;
    for (const timer of timers) {
      clearTimeout(timer);
    }
    watcher.close();
  };
};

// A commit is written to the log, and then brought to the disk, a moment before others can see it.
const LATER_MS = [30, 250];

/** The same as a driver's `watch`, for a handle that does not tell its path: the database is asked for it. */
export const watchFileOf =
  (query: (sent: Statement) => Promise<readonly SqlRow[]>) =>
  (onMaybeChanged: () => void): (() => void) => {
    let isStopped = false;
    let stop: (() => void) | undefined;
    const start = async (): Promise<void> => {
      const path = (await query(FILE))[0]?.file;
      if (!isStopped && typeof path === 'string' && path !== '') {
        stop = watchDatabaseFile(path, onMaybeChanged);
        // Something may have been written before.
        onMaybeChanged();
      }
    };
    if ((globalThis as Host).process?.getBuiltinModule !== undefined) {
      // A handle that is closed, or a folder that is gone, is told of where it is read from.
      start().catch(() => undefined);
    }
    return () => {
      isStopped = true;
      stop?.();
    };
  };

const FILE = statement("SELECT file FROM pragma_database_list WHERE name = 'main'");
