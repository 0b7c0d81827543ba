// What a store is made of: the one small state that every other file of this folder works on.
// Knows nothing of listeners, schemas or transactions beyond the fields that they keep here.

import type {Id} from '../base/content.ts';
import {createIdPool, type IdPool} from '../base/ids.ts';
import {createObjectMaker} from '../base/safe-objects.ts';
import type {ListenerRegistry} from './listeners.ts';
import type {NetChanges} from './net-changes.ts';
import type {CellRules, TableRules} from './rules.ts';
import type {Store} from './store.ts';

/** A cell or value as it is kept: objects and arrays are U+FFFD followed by their JSON (see `stored.ts`). */
export type Stored = string | number | boolean | null;
export type StoredOrNothing = Stored | undefined;

/** The cells of a row. Made by a table's `newCells()` and no other way, so that every string is a safe key. */
export type Cells = {[cellId: Id]: Stored};

export type TableState = {
  readonly rows: Map<Id, Cells>;
  /** In how many rows each cell id is used, in the order in which they came. */
  readonly counts: Map<Id, {count: number}>;
  readonly rowIds: IdPool;
  /** How many cells the long rows have that lost one: V8 needs milliseconds to count 100,000. */
  readonly sizes: WeakMap<Cells, number>;
  /** Makes an empty row for this table. */
  readonly newCells: () => Cells;
};

/** What was tried and refused: `tableId`, `rowId` and `cellId` are `undefined` where nothing could be named. */
type InvalidCellMap = Map<Id | undefined, Map<Id | undefined, Map<Id | undefined, unknown[]>>>;
type InvalidValueMap = Map<Id | undefined, unknown[]>;

export type State = {
  store: Store;
  readonly tables: Map<Id, TableState>;
  readonly values: Map<Id, Stored>;
  tablesSchema: Map<Id, TableRules> | undefined;
  valuesSchema: Map<Id, CellRules> | undefined;
  /** The schemas that were in force when the transaction began. */
  tablesBefore: State['tablesSchema'];
  valuesBefore: State['valuesSchema'];
  readonly listeners: ListenerRegistry;

  /** How many transactions are open, one inside the other. */
  depth: number;
  /** A transaction inside failed: the outermost one will be rolled back. */
  isAborted: boolean;
  /** Listeners that must not write are being called: writing does nothing. */
  isClosed: boolean;
  /** What happened in this transaction, five items an entry: see `log.ts`. */
  log: unknown[];
  /** The log summed up as far as anybody asked. */
  net: NetChanges | undefined;
  invalidCells: InvalidCellMap;
  invalidValues: InvalidValueMap;

  /** What a mergeable store makes of the log: after every call, when all is taken back, and when a transaction is over. */
  merging:
    | {
        readonly filled: Filled;
        readonly stamp: () => void;
        readonly undo: () => void;
        readonly reset: () => void;
      }
    | undefined;

  /** What is being set comes from JSON text, where a string may stand for an object. */
  isJson: boolean;
  /** Whether a cell or value was ever -0, which `JSON.stringify` would write as 0. */
  hasMinusZero: boolean;
  /** Whether a cell or value was ever an object or array: if not, copies need not look at strings. */
  hasObjects: boolean;
};

/** Which cells of rows a schema filled in, where nobody set them. */
export type Filled = Map<Cells, Set<Id>>;

/** Makes cells, or values, that do not stay. */
export const newCells = createObjectMaker<Cells>();

export const newTable = (): TableState => ({
  rows: new Map(),
  counts: new Map(),
  rowIds: createIdPool(),
  sizes: new WeakMap(),
  newCells: createObjectMaker<Cells>(),
});
