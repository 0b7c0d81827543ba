// Notices on Node that a SQLite file, or the log beside it, was written to. Knows nothing of what was written.

import {watch} from 'node:fs';
import {basename, dirname} from 'node:path';

/**
 * Calls back soon after a write to the database file at `path` or to its `-wal` or `-journal`, by any process; many
 * writes at once make one call. Returns how to stop. Watching the folder rather than the file outlives a log that is
 * removed and made anew. Where the host cannot watch, nothing is ever called back: callers ask at intervals too.
 */
export const watchDatabaseFile = (path: string, onMaybeChanged: () => void): (() => void) => {
  const name = basename(path);
  const names = new Set([name, `${name}-wal`, `${name}-journal`]);
  let isPending = false;
  let isStopped = false;

  const watcher = watch(dirname(path), {persistent: false}, (_event, fileName) => {
    if (fileName !== null && !names.has(fileName)) {
      return;
    }
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
    watcher.close();
  };
};
