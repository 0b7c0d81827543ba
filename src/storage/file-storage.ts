// A storage that keeps a store in one file of Node's file system, as JSON. A save writes a file beside it, syncs it to
// disk and renames it, so that a crash leaves the old content or the new. A lock file keeps two processes from swapping
// at the same moment.

import {randomUUID} from 'node:crypto';
import {watch} from 'node:fs';
import {copyFile, open, readdir, readFile, realpath, rename, rm, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {createDocumentStorage} from './document-storage.ts';
import {withFileLock} from './file-lock.ts';
import type {Storage} from './storage.ts';

export const createFileStorage = (filePath: string, ports: Ports = hostPorts): Storage => {
  // What tells one state of the file from another without reading it.
  let seen: {readonly signature: string; readonly text: string | undefined} | undefined;
  let isTidy = false;

  const read = async (): Promise<string | undefined> => {
    const signature = await sign(filePath);
    const text = await readText(filePath);
    seen = {signature, text};
    return text;
  };

  const write = async (target: string, next: string): Promise<void> => {
    if (!isTidy) {
      isTidy = true;
      await removeLeftovers(target);
    }
    const temporary = `${target}.${randomUUID()}.tmp`;
    try {
      const mode = await stat(target).then(
        (stats) => stats.mode & 0o7777,
        () => 0o666,
      );
      const file = await open(temporary, 'wx', mode);
      try {
        await file.writeFile(next, 'utf8');
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await rm(temporary, {force: true});
      throw error;
    }
  };

  return createDocumentStorage({
    name: `the file "${filePath}"`,
    read: () => wrapFault(filePath, 'read', read),
    swap: (expected, next) =>
      wrapFault(filePath, 'written', async () => {
        // A symbolic link stays one: its target is replaced, under the lock of whoever names the target itself.
        const target = await realpath(filePath).catch(() => filePath);
        return withFileLock(`${target}.lock`, ports, async () => {
          const isSeen =
            seen !== undefined && seen.text === expected && seen.signature === (await sign(filePath));
          if (!isSeen && (await readText(filePath)) !== expected) {
            return false;
          }
          await write(target, next);
          seen = {signature: await sign(filePath), text: next};
          return true;
        });
      }),
    quarantine: async () => {
      const copy = `${filePath}.unreadable-${new Date(ports.now()).toISOString().replaceAll(':', '-')}`;
      await copyFile(filePath, copy);
      await syncFolder(dirname(copy));
      return `the file "${copy}"`;
    },
    hasChanged: async () => seen === undefined || seen.signature !== (await sign(filePath)),
    watch: async (listener) => watchFile(filePath, listener),
  });
};

const isMissing = (error: unknown): boolean => (error as {code?: unknown} | null)?.code === 'ENOENT';

const readText = async (filePath: string): Promise<string | undefined> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(filePath);
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    // Not text at all: spelt so that nobody takes it for JSON, and put aside as such.
    return `\0${bytes.toString('latin1')}`;
  }
};

const sign = async (filePath: string): Promise<string> => {
  try {
    const {ino, size, mtimeNs} = await stat(filePath, {bigint: true});
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (isMissing(error)) {
      return '';
    }
    throw error;
  }
};

// What processes that died have left half written. Whoever holds the lock is alone, so nobody is at work on it.
const removeLeftovers = async (target: string): Promise<void> => {
  const name = basename(target);
  for (const other of await readdir(dirname(target))) {
    if (other.startsWith(`${name}.`) && LEFTOVER.test(other.slice(name.length))) {
      await rm(join(dirname(target), other), {force: true});
    }
  }
};

const LEFTOVER = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

// The new name is durable when the folder is; a system whose folders cannot be synced does so by itself.
const syncFolder = async (folderPath: string): Promise<void> => {
  const folder = await open(folderPath, 'r').catch(() => undefined);
  try {
    await folder?.sync().catch((error: unknown) => {
      if ((error as {code?: unknown}).code === 'EIO') {
        throw error;
      }
    });
  } finally {
    await folder?.close();
  }
};

const watchFile = (filePath: string, listener: () => void): (() => void) => {
  const name = basename(filePath);
  const watcher = watch(dirname(join(filePath)), {persistent: false}, (_event, fileName) => {
    if (fileName === null || fileName === name) {
      listener();
    }
  });
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
};

const wrapFault = async <Result>(
  filePath: string,
  done: string,
  work: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HoldfastError) {
      throw error;
    }
    throw new HoldfastError(
      'storage/file-failed',
      `The file "${filePath}" could not be ${done}: ${error instanceof Error ? error.message : String(error)}`,
      {filePath, code: (error as {code?: unknown} | null)?.code},
      error,
    );
  }
};
