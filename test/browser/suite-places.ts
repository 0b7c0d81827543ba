// The storages of a browser, each place under a name of its own. Runs in a page.

import {createIndexedDbStorage} from '../../src/storage/indexed-db-storage.ts';
import {createOpfsStorage, type OpfsFileHandle} from '../../src/storage/opfs-storage.ts';
import type {Storage} from '../../src/storage/storage.ts';
import {createWebStorage} from '../../src/storage/web-storage.ts';
import type {StoragePlace} from '../../src/testing/storage.suite.ts';

export type SuiteStorageName = 'sessionStorage' | 'localStorage' | 'OPFS' | 'IndexedDB';

interface Host {
  readonly sessionStorage: {removeItem(key: string): void};
  readonly localStorage: {removeItem(key: string): void};
  readonly indexedDB: {
    deleteDatabase(name: string): {onsuccess: (() => void) | null; onerror: (() => void) | null};
  };
  readonly navigator: {
    readonly storage: {
      getDirectory(): Promise<{
        getFileHandle(name: string, options: object): Promise<OpfsFileHandle>;
        removeEntry(name: string): Promise<void>;
      }>;
    };
  };
}

let placeCount = 0;

export const createDocumentPlace = (kind: SuiteStorageName): StoragePlace => {
  const host = globalThis as unknown as Host;
  const name = `place ${placeCount++}`;
  const opened: Storage[] = [];

  const openStorage = async (): Promise<Storage> => {
    switch (kind) {
      case 'sessionStorage':
      case 'localStorage':
        return createWebStorage(kind, name);
      case 'OPFS':
        return createOpfsStorage(
          await (await host.navigator.storage.getDirectory()).getFileHandle(name, {create: true}),
        );
      case 'IndexedDB':
        return createIndexedDbStorage(name, 0.05);
    }
  };

  const removePlace = async (): Promise<void> => {
    switch (kind) {
      case 'sessionStorage':
      case 'localStorage':
        return host[kind].removeItem(name);
      case 'OPFS':
        return (await host.navigator.storage.getDirectory()).removeEntry(name);
      case 'IndexedDB':
        return new Promise((resolve, reject) => {
          const request = host.indexedDB.deleteDatabase(name);
          request.onsuccess = () => resolve();
          request.onerror = () => reject(new Error(`${name} could not be deleted`));
        });
    }
  };

  return {
    open: async () => {
      const storage = await openStorage();
      opened.push(storage);
      return storage;
    },
    remove: async () => {
      await Promise.all(opened.map((storage) => storage.close?.()));
      await removePlace();
    },
  };
};
