// A kind whose handles are in a worker, while its persisters and their stores are on the page.

import {remoteDriver} from '../../../src/driver/remote-driver.ts';
import {createWorkerPersister, exposeDriver} from '../../../src/entry/persisters/persister-worker.ts';
import type {Mode, OpenDatabase} from '../../contract/databases.ts';
import type {BrowserKind} from './browser-kind.ts';

/** What a page asks of the worker, each with the arguments that it takes. */
export interface RemoteCalls {
  open(name: string, mode: Mode): Promise<number>;
  expose(handle: number, port: MessagePort): Promise<void>;
  close(handle: number): Promise<void>;
  remove(name: string): Promise<void>;
  damage(name: string): Promise<void>;
}

/** The worker's half: opens, and exposes what it opened. */
export const createRemoteCalls = (loading: Promise<BrowserKind>): RemoteCalls => {
  const handles: {readonly database: OpenDatabase; readonly stops: (() => void)[]}[] = [];
  return {
    open: async (name, mode) =>
      handles.push({database: await (await loading).open(name, mode), stops: []}) - 1,
    expose: async (handle, port) => {
      const opened = handles[handle];
      opened?.stops.push(exposeDriver(opened.database.driver, port));
    },
    close: async (handle) => {
      for (const stop of handles[handle]?.stops ?? []) {
        stop();
      }
      await handles[handle]?.database.close();
    },
    remove: async (name) => (await loading).remove(name),
    damage: async (name) => (await loading).damage?.(name),
  };
};

/** The page's half. */
export const createRemoteKind = (worker: RemoteCalls): BrowserKind => ({
  open: async (name, mode) => {
    const handle = await worker.open(name, mode);
    const reach = async (): Promise<MessagePort> => {
      const {port1, port2} = new MessageChannel();
      await worker.expose(handle, port1);
      return port2;
    };
    return {
      driver: await remoteDriver(await reach()),
      createPersister: async (store, config, onIgnoredError) =>
        createWorkerPersister(store, await reach(), config, undefined, onIgnoredError),
      close: () => worker.close(handle),
    };
  },
  remove: (name) => worker.remove(name),
  damage: (name) => worker.damage(name),
});
