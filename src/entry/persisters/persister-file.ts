// Entry: a persister that keeps a store in a file of Node's file system, as JSON.

import {createPersister} from '../../persister/create-persister.ts';
import type {IgnoredErrorHandler} from '../../persister/handlers.ts';
import type {PersistableStore} from '../../persister/persistable-store.ts';
import type {Persister, Persists} from '../../persister/persister.ts';
import {requirePersistable} from '../../persister/require-persistable.ts';
import {createFileStorage} from '../../storage/file-storage.ts';
import type {Store} from '../../store/store.ts';

export interface FilePersister<StoreType = Store>
  extends Persister<Persists.StoreOrMergeableStore, StoreType> {
  /** The path of the file, as it was given. */
  getFilePath(): string;
}

/**
 * Keeps a store in a file. A save replaces the file as a whole, keeping its permissions: a crash leaves the old content
 * or the new. A symbolic link stays one.
 *
 * @param filePath The path of the file, in a folder that is there.
 * @param onIgnoredError Told of faults that would otherwise reject.
 */
export const createFilePersister = <StoreType extends PersistableStore>(
  store: StoreType,
  filePath: string,
  onIgnoredError?: IgnoredErrorHandler,
): FilePersister<StoreType> => {
  requirePersistable(store);
  return createPersister(
    {store, storage: createFileStorage(filePath), onIgnoredError},
    {getFilePath: () => filePath},
  );
};
