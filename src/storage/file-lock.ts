// A lock between processes, as a file that says who holds it. One that a dead process left behind is taken over. Knows
// nothing of what it guards.
//
// Invariant: a lock file is removed by its owner, or by the one process that holds the lock for breaking it and has found
// it stale since; so nobody takes away a lock that another has just taken.

import {readFile, rm, stat, writeFile} from 'node:fs/promises';
import {HoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';

/** A lock older than this was left by a process that is gone, even where its number is in use again. */
const STALE_LOCK_MS = 30_000;
/** A lock that does not say whose it is for so long was left by a process that died before it could write that. */
const STALE_NAMELESS_LOCK_MS = 2_000;
const LOCK_TIMEOUT_MS = 5_000;

/** Runs `work` while holding the lock. Rejects with `storage/locked` when it is not to be had within five seconds. */
export const withFileLock = async <Result>(
  lockPath: string,
  ports: Ports,
  work: () => Promise<Result>,
): Promise<Result> => {
  const endMs = ports.now() + LOCK_TIMEOUT_MS;
  while (!(await takeLock(lockPath, ports))) {
    if (ports.now() > endMs) {
      throw new HoldfastError(
        'storage/locked',
        `Another process holds "${lockPath}" for more than ${LOCK_TIMEOUT_MS} ms. If none is at work, delete that file.`,
        {lockPath},
      );
    }
    await new Promise<void>((resolve) => ports.setTimer(resolve, 2 + ports.random() * 8));
  }
  try {
    return await work();
  } finally {
    await rm(lockPath, {force: true});
  }
};

const takeLock = async (lockPath: string, ports: Ports): Promise<boolean> => {
  if (await create(lockPath)) {
    return true;
  }
  if (await isStale(lockPath, ports)) {
    await breakLock(lockPath, ports);
  }
  return false;
};

const breakLock = async (lockPath: string, ports: Ports): Promise<void> => {
  const breakPath = `${lockPath}.break`;
  if (await create(breakPath)) {
    try {
      if (await isStale(lockPath, ports)) {
        await rm(lockPath, {force: true});
      }
    } finally {
      await rm(breakPath, {force: true});
    }
  } else if (await isStale(breakPath, ports)) {
    await rm(breakPath, {force: true});
  }
};

const create = async (path: string): Promise<boolean> => {
  try {
    await writeFile(path, String(process.pid), {flag: 'wx'});
    return true;
  } catch (error) {
    if ((error as {code?: unknown}).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
};

const isStale = async (lockPath: string, ports: Ports): Promise<boolean> => {
  try {
    const owner = Number(await readFile(lockPath, 'utf8'));
    const {mtimeMs} = await stat(lockPath);
    const ageMs = ports.now() - mtimeMs;
    return owner > 0 ? ageMs > STALE_LOCK_MS || !isAlive(owner) : ageMs > STALE_NAMELESS_LOCK_MS;
  } catch (error) {
    if ((error as {code?: unknown}).code === 'ENOENT') {
      return false;
    }
    throw error;
  }
};

const isAlive = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as {code?: unknown}).code === 'EPERM';
  }
};
