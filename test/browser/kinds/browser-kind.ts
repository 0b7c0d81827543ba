// What a kind of database in a browser is to the suites, and the places that they are given. Runs in pages and workers.

import type {DatabasePlace} from '../../contract/certify-suites.ts';
import type {Mode, OpenDatabase} from '../../contract/databases.ts';

export interface BrowserKind {
  open(name: string, mode: Mode): Promise<OpenDatabase>;
  /** Removes the database, which is closed. */
  remove(name: string): Promise<void>;
  /** Makes the database, which is closed, something that is not one. */
  damage?(name: string): Promise<void>;
}

/** Makes a place for each test, each with a database of a name of its own. */
export const createPlaces = (loading: Promise<BrowserKind>): (() => DatabasePlace) => {
  const run = Math.random().toString(36).slice(2);
  let placeCount = 0;
  return () => {
    const name = `place-${run}-${placeCount++}`;
    const opened: OpenDatabase[] = [];
    return {
      open: async (mode = 'read-write') => {
        const database = await (await loading).open(name, mode);
        opened.push(database);
        return database;
      },
      damage: async () => {
        await (await loading).damage?.(name);
      },
      remove: async () => {
        for (const database of opened) {
          await database.close();
        }
        await (await loading).remove(name);
      },
    };
  };
};

/** A kind whose databases can be open once: all who open one share its handle, until somebody closes it. */
export const shareHandles = (kind: BrowserKind): BrowserKind => {
  const shared = new Map<string, OpenDatabase>();
  return {
    ...kind,
    open: async (name, mode) => {
      const found = shared.get(name);
      if (found !== undefined) {
        return found;
      }
      const database = await kind.open(name, mode);
      const sharing = {
        ...database,
        close: async () => {
          if (shared.get(name) === sharing) {
            shared.delete(name);
            await database.close();
          }
        },
      };
      shared.set(name, sharing);
      return sharing;
    },
  };
};

/** A module of the pages' server, by its path. */
export const importFromOrigin = <Module>(path: string): Promise<Module> =>
  import(
    /* @vite-ignore */ `${(globalThis as unknown as {location: {origin: string}}).location.origin}${path}`
  );

/** A module that test/components has installed, by its component and its path there. */
export const importFromServer = <Module>(path: string): Promise<Module> =>
  importFromOrigin(`/components/${path}`);

interface Directory {
  removeEntry(name: string, options?: {recursive: boolean}): Promise<void>;
  getFileHandle(
    name: string,
    options: {create: boolean},
  ): Promise<{createWritable(): Promise<{write(text: string): Promise<void>; close(): Promise<void>}>}>;
}

/** The root of the origin private file system. */
export const opfsRoot = (): Promise<Directory> =>
  (
    globalThis as unknown as {navigator: {storage: {getDirectory(): Promise<Directory>}}}
  ).navigator.storage.getDirectory();

/** What no SQLite takes for a database. */
export const NO_DATABASE = 'this is no database, however long it may be. '.repeat(200);
