// The type contract of a mergeable store: a store, and what merging and synchronising need. The names are TinyBase's.

import type {Content} from '../base/content.ts';
import type {
  CellHashes,
  ContentHashes,
  MergeableChanges,
  MergeableContent,
  RowHashes,
  TableHashes,
  TablesStamp,
  ValueHashes,
  ValuesStamp,
} from '../merge/mergeable.ts';
import type {Store} from './store.ts';

export interface MergeableStore extends Store {
  /** Everything with its stamps and hashes, deleted things included. */
  getMergeableContent(): MergeableContent;
  /** Two stores hold the same where these are the same. */
  getMergeableContentHashes(): ContentHashes;
  getMergeableTableHashes(): TableHashes;
  /** The tables that are not among somebody's, and the hashes of those that differ from theirs. */
  getMergeableTableDiff(
    otherTableHashes: TableHashes,
  ): [newTables: TablesStamp, differingTableHashes: TableHashes];
  /** The hashes of the rows of those tables whose hash differs from somebody's. */
  getMergeableRowHashes(otherTableHashes: TableHashes): RowHashes;
  /** The rows that are not among somebody's, and the hashes of those that differ from theirs. */
  getMergeableRowDiff(otherTableRowHashes: RowHashes): [newRows: TablesStamp, differingRowHashes: RowHashes];
  /** The hashes of the cells of those rows whose hash differs from somebody's. */
  getMergeableCellHashes(otherTableRowHashes: RowHashes): CellHashes;
  /** The cells that somebody does not have, or has otherwise. */
  getMergeableCellDiff(otherTableRowCellHashes: CellHashes): TablesStamp;
  getMergeableValueHashes(): ValueHashes;
  /** The values that somebody does not have, or has otherwise. */
  getMergeableValueDiff(otherValueHashes: ValueHashes): ValuesStamp;
  /** Replaces everything, stamps included. What is no mergeable content is ignored. */
  setMergeableContent(mergeableContent: MergeableContent): MergeableStore;
  /** Sets what was never set, with a stamp that is earlier than all others: whatever anybody sets wins. */
  setDefaultContent(content: Content | (() => Content)): MergeableStore;
  /** What this transaction stamped so far, with hashes if so asked. */
  getTransactionMergeableChanges<Hashed extends boolean = false>(
    withHashes?: Hashed,
  ): MergeableChanges<Hashed>;
  /**
   * Takes in content or changes of somebody else: of each cell and value, the later stamp stays. What is malformed, or stamped more
   * than five minutes ahead, is left out.
   */
  applyMergeableChanges(mergeableChanges: MergeableChanges | MergeableContent): MergeableStore;
  /** Merges two stores: both hold the same afterwards. */
  merge(mergeableStore: MergeableStore): MergeableStore;
  isMergeable(): boolean;
}
