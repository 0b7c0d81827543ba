// The contract of a storage: what a persister writes to and reads from. A storage knows how content lies in one kind
// of place; when it is saved, loaded and retried is the persister's business.
//
// Cells in contents and changes are the store's own: objects and arrays as such, not spelt.

import type {Changes, Content, Id, Row, Values} from '../base/content.ts';
import type {Hlc} from '../merge/hlc.ts';
import type {MergeableContent} from '../merge/mergeable.ts';

/** The part of a store that a storage reads while it writes. Both Holdfast's and TinyBase's stores have it. */
export interface StoreReader {
  getContent(): Content;
  getTableIds(): Id[];
  getRowIds(tableId: Id): Id[];
  getRow(tableId: Id, rowId: Id): Row;
  getRowCount(tableId: Id): number;
  /** The ids of all cells used anywhere in a table. */
  getTableCellIds(tableId: Id): Id[];
  getValues(): Values;
  /** What a mergeable store has, with its stamps. */
  getMergeableContent?(): MergeableContent;
}

/** Told how far a long load or save has come; `totalRows` is undefined where it cannot be known. */
export type ProgressListener = (doneRows: number, totalRows: number | undefined) => void;

/** What was read. */
export interface StoredContent {
  readonly content: Content;
  /** The tables that are kept here; others in the store are none of this storage's business. Undefined: all. */
  readonly tableIds?: ReadonlySet<Id>;
  /** The values that are kept here, likewise. */
  readonly valueIds?: ReadonlySet<Id>;
  /** Told when something stored could not be read; it was put aside, and this is all the rest. */
  readonly fault?: Error;
  /** Of stamped cells: deletions before this stamp are forgotten. */
  readonly floor?: Hlc;
}

/** What is to be stored. */
export interface Write {
  /**
   * What changed since this storage last read or wrote, deleted rows by name, and rows that `isReplacement` knows
   * stored in place of the old ones; undefined: nothing is known, store everything, and erase nothing that is not
   * in the store.
   */
  readonly changes: Changes | undefined;
  /**
   * Where everything is to be stored again: what changed since it was tried the last time. That try failed, but may have
   * been stored all the same; what was deleted since is to go.
   */
  readonly since?: Changes | undefined;
  /** Whether a caller asked for this save, so that upkeep beyond the changes (empty columns) is due. */
  readonly isExplicit: boolean;
  readonly store: StoreReader;
  readonly onProgress: ProgressListener;
  /** Told of what lay there unreadable and was put aside to make room. */
  readonly onFault: (fault: Error) => void;
  /**
   * Told of stamped cells that were not stored: their deletions are forgotten here, and whoever still has such a cell is to
   * delete it anew.
   */
  readonly onStragglers?: (stragglers: Changes) => void;
}

/** How a write went: stored, or not stored because what lay there is gone and everything must be written anew. */
type WriteResult = 'stored' | 'whole-needed';

/** What somebody else did to the storage: the changes where they are known, or a reason to read all of it. */
export type OutsideChange =
  | {readonly kind: 'changes'; readonly changes: Changes; readonly fault?: Error | undefined}
  /** What some of the tables and values hold now, named by `tableIds` and `valueIds`. */
  | {readonly kind: 'content'; readonly stored: StoredContent}
  | {readonly kind: 'unknown'};

/** Something outside happened; without details the persister asks for them with `readOutside`. */
export type OutsideListener = (outside?: {readonly content?: Content; readonly changes?: Changes}) => void;

export interface Storage {
  /** Everything stored, or undefined where nothing ever was. Rejects with `storage/unreadable` when it cannot be read. */
  read(onProgress: ProgressListener): Promise<StoredContent | undefined>;
  /** Durable when it resolves; when it rejects, nothing was stored. */
  write(write: Write): Promise<WriteResult>;
  /** What others changed since this storage last read or wrote; undefined: nothing. */
  readOutside?(): Promise<OutsideChange | undefined>;
  /** Calls back when somebody else may have written; resolves with how to stop. */
  watch(listener: OutsideListener): Promise<() => void | Promise<void>>;
  /**
   * Told after a load what the store would not take (or took otherwise), as the changes that lead from the store's
   * content back to the stored one: it stays stored until it is overwritten. Of a mergeable store, whose stamps tell what is overwritten,
   * all that was loaded, where the store now is not equal to it.
   */
  keep?(refused: Changes): void;
  /** The same for mergeable stores, whose contents it reads and merges instead; absent where it cannot keep those. */
  forMergeable?(): Storage;
  /**
   * Of a storage for mergeable stores: its contents, changes and store readers are of stamped cells (merge/stamped-cells.ts), merged
   * cell by cell. Nothing that it is given or tells is ever undefined, no row is a replacement, and what it tells of a row may be the
   * whole row. Without it, contents are whole ones with hashes.
   */
  readonly hasStampedCells?: true;
  /** Of stamped cells: forgets deletions before a stamp; durable when it resolves. */
  compact?(floor: Hlc): Promise<void>;
  close?(): Promise<void>;
}
