// The part of IndexedDB that is called, with promises for requests and transactions. Knows nothing of stores.

import {HoldfastError} from '../base/errors.ts';

export type Key = string | number | readonly (string | readonly string[])[];

export interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

export interface ObjectStore {
  get(key: Key): Request<unknown>;
  getAll(range?: unknown, count?: number): Request<unknown[]>;
  getAllKeys(range?: unknown, count?: number): Request<Key[]>;
  count(): Request<number>;
  put(value: unknown, key?: Key): Request<Key>;
  add(value: unknown): Request<Key>;
  delete(keyOrRange: unknown): Request<undefined>;
  clear(): Request<undefined>;
  openKeyCursor(range: unknown, direction: 'prev' | 'next'): Request<{readonly key: Key} | null>;
  openCursor(
    range: unknown,
    direction: 'prev' | 'next',
  ): Request<{readonly key: Key; readonly value: unknown} | null>;
}

export interface Transaction {
  readonly error: unknown;
  readonly objectStoreNames: Iterable<string>;
  objectStore(name: string): ObjectStore;
  abort(): void;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}

export interface Database {
  readonly objectStoreNames: {contains(name: string): boolean};
  transaction(names: readonly string[], mode: 'readonly' | 'readwrite', options?: object): Transaction;
  createObjectStore(name: string, options?: {autoIncrement: true}): ObjectStore;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}

interface OpenRequest extends Request<Database> {
  readonly transaction: Transaction;
  onupgradeneeded: ((event: {readonly oldVersion: number}) => void) | null;
  onblocked: (() => void) | null;
}

interface Host {
  readonly indexedDB?: {open(name: string, version: number): OpenRequest};
  readonly IDBKeyRange?: {
    lowerBound(key: Key, isOpen: boolean): unknown;
    upperBound(key: Key): unknown;
    bound(from: Key, to: Key): unknown;
  };
}

/** Opens a database; `upgrade` runs inside the transaction that makes or changes it. */
export const openIndexedDb = (
  name: string,
  version: number,
  upgrade: (db: Database, transaction: Transaction, oldVersion: number) => void,
): Promise<Database> =>
  new Promise((resolve, reject) => {
    const {indexedDB} = globalThis as Host;
    if (indexedDB === undefined) {
      throw new HoldfastError('argument/wrong-handle', "There is no IndexedDB here; it is a browser's");
    }
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = ({oldVersion}) => upgrade(request.result, request.transaction, oldVersion);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(wrapIndexedDbFault(name, request.error));
    request.onblocked = () =>
      reject(
        new HoldfastError(
          'storage/unavailable',
          `The database "${name}" is open in an older version elsewhere; close that page, and try again`,
        ),
      );
  });

/** The range of keys behind this one. */
export const keysAfter = (key: Key): unknown => (globalThis as Host).IDBKeyRange?.lowerBound(key, true);
/** The range of keys up to this one. */
export const keysUpTo = (key: Key): unknown => (globalThis as Host).IDBKeyRange?.upperBound(key);

/** The range from one key to another, both of them included. */
export const keysBetween = (from: Key, to: Key): unknown => (globalThis as Host).IDBKeyRange?.bound(from, to);

export const settleRequest = <Result>(request: Request<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Runs work in a transaction: stored when it resolves; when the work throws or a request fails, nothing is. The work may
 * wait for requests of the transaction alone.
 */
export const inTransaction = async <Result>(
  db: Database,
  dbName: string,
  mode: 'readonly' | 'readwrite',
  names: readonly string[],
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> => {
  try {
    const transaction = db.transaction(names, mode, {durability: 'relaxed'});
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(
          transaction.error ??
            new HoldfastError('storage/unavailable', `A transaction of the database "${dbName}" was aborted`),
        );
    });
    try {
      const result = await work(transaction);
      await ended;
      return result;
    } catch (error) {
      // A request that failed aborts the transaction by itself; its error is the one to tell of.
      ended.catch(() => undefined);
      abort(transaction);
      throw error;
    }
  } catch (error) {
    throw wrapIndexedDbFault(dbName, error);
  }
};

const abort = (transaction: Transaction): void => {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
};

const wrapIndexedDbFault = (dbName: string, error: unknown): unknown => {
  const {DOMException} = globalThis as {DOMException?: new () => Error};
  if (DOMException === undefined || !(error instanceof DOMException)) {
    // Not the database's: what the caller's own code threw.
    return error;
  }
  const isQuota = (error as {name?: unknown} | null)?.name === 'QuotaExceededError';
  return new HoldfastError(
    isQuota ? 'storage/quota' : 'storage/unavailable',
    `The database "${dbName}" of IndexedDB refused: ${error instanceof Error ? error.message : String(error)}. ` +
      'What was stored stays; the changes stay pending.',
    {database: dbName},
    error,
  );
};
