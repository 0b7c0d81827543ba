// Which kind of store a database of IndexedDB keeps, a plain one or a mergeable one, and how the first mergeable one takes over what
// lies there: what a plain store left is earlier than whatever anybody stamps, and what TinyBase left of a mergeable one (the object
// store `m`, which it keeps apart from that of plain ones) has its stamps. Knows nothing of other pages and of persisters.

import type {Content} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {MergeableContent} from '../merge/mergeable.ts';
import {stampPlainContent, toStampedChanges} from '../merge/stamped-cells.ts';
import {readerOf} from './content-reader.ts';
import {type Database, settleRequest, type Transaction} from './indexed-db.ts';
import {type DamagedRecord, readEverything, toContent} from './indexed-db-reader.ts';
import {STORES} from './indexed-db-upgrade.ts';
import {pauseWithin, type WriteTools, writeWhole} from './indexed-db-writer.ts';
import {addChanges} from './stamped-changes.ts';

const THEIR_STORE = 'm';
const KIND_KEY = 'kind';
const MERGEABLE = 'mergeable';

/** The object stores that a transaction is for. */
export const storeNames = (db: Database, isStamped: boolean): readonly string[] =>
  isStamped && db.objectStoreNames.contains(THEIR_STORE) ? [...STORES, THEIR_STORE] : STORES;

const isMarked = async (transaction: Transaction): Promise<boolean> =>
  (await settleRequest(transaction.objectStore('kind').get(KIND_KEY))) === MERGEABLE;

/** Throws `storage/wrong-kind` where a mergeable store is kept, and a plain one comes. */
export const requirePlain = async (dbName: string, transaction: Transaction): Promise<void> => {
  if (await isMarked(transaction)) {
    throw new HoldfastError(
      'storage/wrong-kind',
      `The database "${dbName}" holds a mergeable store, and a plain one would lose its stamps: make the store with ` +
        'createMergeableStore, or name another database. Nothing was written.',
      {database: dbName},
    );
  }
};

/** What has to be known inside a transaction of what is read there: whether it has stamps, and what TinyBase left that has. */
export interface StoredForm {
  readonly isStamped: boolean;
  readonly theirs: MergeableContent | undefined;
}

export const readForm = async (transaction: Transaction): Promise<StoredForm> => {
  const isStamped = await isMarked(transaction);
  return {isStamped, theirs: isStamped ? undefined : await readTheirs(transaction)};
};

/** What is stored as texts with stamps; undefined where nothing ever was. */
export const toStamped = (
  content: Content | undefined,
  {isStamped, theirs}: StoredForm,
): Content | undefined => {
  if (isStamped || (content === undefined && theirs === undefined)) {
    return content;
  }
  const stamped = stampPlainContent(content ?? [{}, {}]);
  if (theirs !== undefined) {
    addChanges(stamped, toStampedChanges(theirs));
  }
  return stamped;
};

/**
 * Marks the database as that of a mergeable store, and stores what lies there with stamps. Resolves with the records that could not
 * be read; undefined: it is marked already.
 */
export const takeOver = async (
  transaction: Transaction,
  tools: WriteTools,
): Promise<readonly DamagedRecord[] | undefined> => {
  const form = await readForm(transaction);
  if (form.isStamped) {
    return undefined;
  }
  const found = await readEverything(transaction, ignore);
  const pause = pauseWithin(transaction.objectStore('rows'), tools.now);
  const content = toStamped(found && (await toContent(found, pause)), form);
  await moveAside(transaction, found?.damaged ?? []);
  transaction.objectStore('rows').clear();
  transaction.objectStore('values').clear();
  if (content !== undefined) {
    await writeWhole(transaction, readerOf(content), tools, ignore);
  }
  transaction.objectStore('kind').put(MERGEABLE, KIND_KEY);
  return found?.damaged ?? [];
};

/** Moves records that cannot be read to where they are kept. */
export const moveAside = async (
  transaction: Transaction,
  damaged: readonly DamagedRecord[],
): Promise<void> => {
  const aside = transaction.objectStore('quarantine');
  for (const [name, key] of damaged) {
    const store = transaction.objectStore(name);
    aside.add({store: name, key, record: await settleRequest(store.get(key))});
    store.delete(key);
  }
};

// What TinyBase has stored of a mergeable store: its two halves.
const readTheirs = async (transaction: Transaction): Promise<MergeableContent | undefined> => {
  const isThere = [...transaction.objectStoreNames].includes(THEIR_STORE);
  const records = isThere ? await settleRequest(transaction.objectStore(THEIR_STORE).getAll()) : [];
  const halves = new Map((records as {k: string; v: unknown}[]).map(({k, v}) => [k, v]));
  const [tables, values] = [halves.get('t'), halves.get('v')];
  return Array.isArray(tables) && Array.isArray(values)
    ? ([tables, values] as unknown as MergeableContent)
    : undefined;
};

const ignore = (): void => undefined;
