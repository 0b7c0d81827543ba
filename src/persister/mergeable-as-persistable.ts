// A mergeable store as persisters call it: what is loaded is merged, not put in the place of what there is, and what changed is what was
// stamped, whether the store shows it or not. Knows nothing of storages.

import {emptyObject} from '../base/changes.ts';
import type {Changes, Content, RowChanges, TableChanges} from '../base/content.ts';
import type {ContentHashes, MergeableChanges, MergeableContent} from '../merge/mergeable.ts';
import type {PersistableStore} from './persistable-store.ts';

/** What is called on a mergeable store beside what is called on every store. */
interface MergeableStore extends PersistableStore {
  getMergeableContent(): MergeableContent;
  applyMergeableChanges(content: MergeableContent): unknown;
  setDefaultContent(content: Content): unknown;
  getMergeableContentHashes(): ContentHashes;
  getTransactionMergeableChanges(): MergeableChanges;
}

export const asPersistable = (store: PersistableStore): PersistableStore => {
  if (!store.isMergeable()) {
    return store;
  }
  const mergeable = store as MergeableStore;
  return {
    ...mergeable,
    // What a schema refuses is stamped all the same: nothing of a load is lost.
    hasTablesSchema: () => false,
    hasValuesSchema: () => false,
    addInvalidCellListener: () => '',
    addInvalidValueListener: () => '',
    // What listeners make of a load is found by hashes.
    getListenerStats: () => ({}),
    isBeyond: (content) => {
      const [tablesHash, valuesHash] = mergeable.getMergeableContentHashes();
      return !isMergeable(content) || content[0][2] !== tablesHash || content[1][2] !== valuesHash;
    },
    hasStamps: () => mergeable.getMergeableContentHashes().some((hash) => hash !== 0),
    setContent: (content) =>
      isMergeable(content) ? mergeable.applyMergeableChanges(content) : mergeable.setDefaultContent(content),
    // What is pending is in the store, and is later than what was loaded where it is.
    applyChanges: () => undefined,
    getTransactionChanges: () => plainChanges(mergeable.getTransactionMergeableChanges()),
  };
};

const isMergeable = (content: unknown): content is MergeableContent =>
  Array.isArray(content) && Array.isArray(content[0]) && Array.isArray(content[1]);

// Which cells and values were stamped, and what with; deleted ones as such.
const plainChanges = ([[tables], [values]]: MergeableChanges): Changes => {
  const thingsOf = (stamped: {[id: string]: readonly [unknown, ...unknown[]]}): RowChanges => {
    const things: RowChanges = emptyObject();
    for (const id of Object.keys(stamped)) {
      things[id] = stamped[id]?.[0] as RowChanges[string];
    }
    return things;
  };
  const changes: Changes = [emptyObject(), thingsOf(values as never), 1];
  for (const tableId of Object.keys(tables)) {
    const rows: TableChanges = emptyObject();
    const [stampedRows = {}] = tables[tableId] ?? [];
    for (const rowId of Object.keys(stampedRows)) {
      rows[rowId] = thingsOf((stampedRows[rowId]?.[0] ?? {}) as never);
    }
    changes[0][tableId] = rows;
  }
  return changes;
};
