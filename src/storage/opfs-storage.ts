// A storage that keeps a store in one file of a browser's origin private file system, as JSON. A save writes a swap file
// that the browser puts in the file's place when it is closed: a page that dies leaves the old content or the new.
// Pages and workers take turns by a Web Lock, and tell one another by a BroadcastChannel.

import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {createDocumentStorage} from './document-storage.ts';
import type {Storage} from './storage.ts';
import {withWebLock} from './web-lock.ts';
import {openTopic} from './web-topic.ts';

/** The part of a `FileSystemFileHandle` that is called. */
export interface OpfsFileHandle {
  readonly name: string;
  getFile(): Promise<{arrayBuffer(): Promise<ArrayBuffer>}>;
  createWritable(): Promise<{
    write(text: string): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
}

interface Host {
  readonly navigator?: {
    readonly storage?: {
      getDirectory(): Promise<{
        getFileHandle(name: string, options: {create: true}): Promise<OpfsFileHandle>;
      }>;
    };
  };
}

export const createOpfsStorage = (handle: OpfsFileHandle, ports: Ports = hostPorts): Storage => {
  const host = globalThis as Host;
  const name = `the file "${handle.name}" of the origin private file system`;

  const topic = openTopic(`holdfast ${name}`);

  return createDocumentStorage({
    name,
    read: () => readText(name, handle),
    swap: (expected, next) =>
      withWebLock(`holdfast ${name}`, async () => {
        if ((await readText(name, handle)) !== expected) {
          return false;
        }
        await writeText(name, handle, next);
        topic.tell();
        return true;
      }),
    quarantine: async () => {
      const folder = await host.navigator?.storage?.getDirectory();
      const copyName = `${handle.name}.unreadable-${new Date(ports.now()).toISOString().replaceAll(':', '-')}`;
      const copy = await folder?.getFileHandle(copyName, {create: true});
      if (copy === undefined) {
        throw new HoldfastError('storage/unavailable', `There is nowhere to put a copy of ${name} aside`);
      }
      // The bytes as they are: they may be no text.
      const writable = await copy.createWritable();
      await writable.write((await (await handle.getFile()).arrayBuffer()) as unknown as string);
      await writable.close();
      return `the file "${copyName}"`;
    },
    watch: async (listener) => topic.listen(listener),
    close: async () => topic.close(),
  });
};

const readText = async (name: string, handle: OpfsFileHandle): Promise<string | undefined> => {
  let bytes: ArrayBuffer;
  try {
    bytes = await (await handle.getFile()).arrayBuffer();
  } catch (error) {
    throw wrapFault(name, 'read', error);
  }
  if (bytes.byteLength === 0) {
    // A file that was created and never written.
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    // Not text at all: spelt so that nobody takes it for JSON, and put aside as such.
    return `\0${new TextDecoder('latin1').decode(bytes)}`;
  }
};

const writeText = async (name: string, handle: OpfsFileHandle, text: string): Promise<void> => {
  try {
    const writable = await handle.createWritable();
    try {
      await writable.write(text);
    } catch (error) {
      await writable.abort();
      throw error;
    }
    await writable.close();
  } catch (error) {
    throw wrapFault(name, 'written', error);
  }
};

const wrapFault = (name: string, done: string, error: unknown): HoldfastError => {
  const isQuota = (error as {name?: unknown} | null)?.name === 'QuotaExceededError';
  return new HoldfastError(
    isQuota ? 'storage/quota' : 'storage/unavailable',
    `${name} could not be ${done}: ${error instanceof Error ? error.message : String(error)}. What was stored stays; the changes stay pending.`,
    {},
    error,
  );
};
