// Stands in for a browser's session storage and its persister until that persister is built: a Storage in memory with
// the members that the documents call, and `createSessionPersister` made of our createCustomPersister over it. So the
// documents' steps (save, load, automatic both ways, events) run for real on the engine; the browser does not.
// When `persister-browser` exists, this file goes, and the documents run in a browser.
import type {ExamplesOptions} from '../examples/examples.ts';
import {importFromDocument} from '../examples/package-under-test.ts';

type StorageListener = (key: string) => void;
type CreateCustomPersister = (
  store: unknown,
  getPersisted: () => Promise<unknown>,
  setPersisted: (getContent: () => unknown) => Promise<void>,
  addListener: (listener: () => void) => StorageListener,
  delListener: (handle: StorageListener) => void,
  onIgnoredError: undefined,
  persist: number,
) => unknown;

const STORE_OR_MERGEABLE_STORE = 3;

/** What a run of the documents' blocks over session storage needs: a storage of its own for every run. */
export const sessionStorageOptions = (): ExamplesOptions => {
  const items = new Map<string, string>();
  const listeners = new Set<StorageListener>();
  const sessionStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, text: string) => void items.set(key, text),
    clear: () => items.clear(),
  };

  const importPersister = async (): Promise<object> => {
    const {createCustomPersister} = (await importFromDocument('tinybase/persisters')) as {
      createCustomPersister: CreateCustomPersister;
    };
    const createSessionPersister = (store: unknown, storageName: string) =>
      createCustomPersister(
        store,
        async () => {
          const text = sessionStorage.getItem(storageName);
          return text === null ? undefined : JSON.parse(text);
        },
        async (getContent) => sessionStorage.setItem(storageName, JSON.stringify(getContent())),
        (listener) => {
          const onStorage: StorageListener = (key) => {
            key === storageName && listener();
          };
          listeners.add(onStorage);
          return onStorage;
        },
        (onStorage) => void listeners.delete(onStorage),
        undefined,
        STORE_OR_MERGEABLE_STORE,
      );
    return {createSessionPersister};
  };

  return {
    importModule: (specifier) =>
      specifier === 'tinybase/persisters/persister-browser'
        ? importPersister()
        : importFromDocument(specifier),
    globals: {sessionStorage},
    fireEvent: (_type, init) => {
      for (const listener of [...listeners]) {
        listener((init as {key: string}).key);
      }
    },
  };
};
