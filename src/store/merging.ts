// What makes a store mergeable: stamps for whatever the log of a transaction says, and the taking in of what others stamped. The
// later stamp wins; of equal stamps with different things, which only the empty one should have, the greater JSON.
// Knows nothing of hashes and of what content looks like to others.
//
// Invariants: 1. What stands at a stamp is what the store has there, unless `kept` says otherwise: a schema refused what came, or had
// something else by default. 2. `touched` has every stamp of this transaction with what it was before, so that all can be taken back.

import type {CellOrUndefined, Id} from '../base/content.ts';
import {createHlcGate, type GetNow, getHlcFunctions, type Hlc} from '../merge/hlc.ts';
import {
  forgetCell,
  type Leaf,
  newStamps,
  rowToChange,
  type Stamps,
  tableToChange,
  valuesToChange,
} from '../merge/stamps.ts';
import {removeTable, removeValue} from './log.ts';
import type {Cells, Filled, State, StoredOrNothing} from './state.ts';
import {
  forEachMember,
  fromJsonCell,
  fromStored,
  isPlainObject,
  toStored,
  UNDEFINED_MARK,
  writeJson,
} from './stored.ts';
import {deleteCell, setCell} from './tables.ts';
import {deleteValue, setValue} from './values.ts';

/**
 * What a transaction stamped, so many items of a flat array each: a cell's ids, or `undefined, undefined, valueId`, and the stamp and the
 * kept thing of before.
 */
export const TOUCHED_LENGTH = 5;

/** More than a log ever has. */
const NEVER = 1e9;

type Kept = {readonly stored: StoredOrNothing};

export interface Merging {
  readonly stamps: () => Stamps;
  readonly touched: () => readonly unknown[];
  /** What stands at the stamps of a row, or of the values. */
  readonly storedIn: (
    leaf: Leaf,
    tableId: Id | undefined,
    rowId: Id | undefined,
  ) => (id: Id) => StoredOrNothing;
  /** Takes in content or changes, inside a transaction. */
  readonly apply: (content: unknown) => void;
  /** Forgets everything, stamps included, inside a transaction. */
  readonly clear: () => void;
  /** Sets what has no stamp, with the empty one, inside a transaction. */
  readonly setDefault: (content: unknown) => void;
}

export const createMerging = (state: State, uniqueId: Id, getNow: GetNow): Merging => {
  const [getNextHlc, seenHlc] = getHlcFunctions(uniqueId, getNow);
  let stamps = newStamps();
  let stampsBefore: Stamps | undefined;
  let touched: unknown[] = [];
  let stampedLength = 0;
  const keptOf = new WeakMap<Leaf, Map<Id, Kept>>();
  let hasKept = false;
  // A default that nobody set gives way to whatever anybody sets.
  const filled: Filled = new Map();

  const current = (tableId: Id | undefined, rowId: Id | undefined): ((id: Id) => StoredOrNothing) => {
    const cells = tableId === undefined ? undefined : state.tables.get(tableId)?.rows.get(rowId as Id);
    return (id) => (tableId === undefined ? state.values.get(id) : cells?.[id]);
  };

  const keep = (leaf: Leaf, id: Id, kept: Kept | undefined): void => {
    if (kept) {
      hasKept = true;
      const map = keptOf.get(leaf) ?? new Map();
      keptOf.set(leaf, map.set(id, kept));
    } else if (hasKept) keptOf.get(leaf)?.delete(id);
  };

  const leafOf = (tableId: Id | undefined, rowId: Id | undefined): Leaf | undefined =>
    tableId === undefined ? stamps.values : stamps.tables.children.get(tableId)?.children.get(rowId as Id);

  const leafToChange = (tableId: Id | undefined, rowId: Id | undefined): Leaf =>
    tableId === undefined ? valuesToChange(stamps) : rowToChange(stamps, tableId, rowId as Id);

  const stamp = (leaf: Leaf, tableId: Id | undefined, rowId: Id | undefined, id: Id, hlc: Hlc): void => {
    touched.push(tableId, rowId, id, leaf.hlcs[id], hasKept ? keptOf.get(leaf)?.get(id) : undefined);
    leaf.hlcs[id] = hlc;
    keep(leaf, id, undefined);
  };

  const stampLog = (): void => {
    const {log} = state;
    for (; stampedLength < log.length; stampedLength += 5) {
      const tableId = log[stampedLength] as Id | undefined;
      const rowId = log[stampedLength + 1] as Id | undefined;
      const id = log[stampedLength + 2] as Id | undefined;
      if (tableId !== undefined && rowId === undefined) continue;
      const leaf = leafToChange(tableId, rowId);
      const after = log[stampedLength + 4];
      const stampNow = (cellId: Id, isDefault: boolean | undefined) =>
        stamp(leaf, tableId, rowId, cellId, isDefault && !leaf.hlcs[cellId] ? '' : getNextHlc());
      if (id !== undefined) {
        stampNow(
          id,
          tableId === undefined && after !== undefined && state.valuesSchema?.get(id)?.default === after,
        );
      } else {
        for (const cellId in (log[stampedLength + 3] ?? after) as Cells) {
          stampNow(cellId, filled.get(after as Cells)?.has(cellId));
        }
      }
    }
    filled.clear();
  };

  // Stamps what came to a row, or to the values, if it is later, and shows it in the store.
  const takerOf = (tableId: Id | undefined, rowId: Id | undefined) => {
    let leaf = leafOf(tableId, rowId);
    let isChanging = false;
    return (id: Id, thing: CellOrUndefined, hlc: Hlc): void => {
      const hlcBefore = leaf?.hlcs[id];
      const stored = thing === undefined ? undefined : toStored(thing);
      if (thing !== undefined && stored === undefined) return;
      if (leaf && hlcBefore !== undefined && hlcBefore >= hlc) {
        if (hlcBefore > hlc || !isGreater(stored, storedIn(leaf, tableId, rowId)(id))) return;
      }
      if (!leaf || !isChanging) leaf = leafToChange(tableId, rowId);
      isChanging = true;
      stamp(leaf, tableId, rowId, id, hlc);
      show(tableId, rowId, id, thing);
      // A schema's doing, where it is something else now.
      if ((state.tablesSchema || state.valuesSchema) && !Object.is(current(tableId, rowId)(id), stored)) {
        keep(leaf, id, {stored});
      }
    };
  };

  const show = (tableId: Id | undefined, rowId: Id | undefined, id: Id, thing: CellOrUndefined): void => {
    if (tableId === undefined) thing === undefined ? deleteValue(state, id) : setValue(state, id, thing);
    else if (thing === undefined) deleteCell(state, tableId, rowId as Id, id);
    else setCell(state, tableId, rowId as Id, id, thing);
  };

  const storedIn: Merging['storedIn'] = (leaf, tableId, rowId) => {
    const kept = hasKept ? keptOf.get(leaf) : undefined;
    const shown = current(tableId, rowId);
    return (id) => (kept?.has(id) ? kept.get(id)?.stored : shown(id));
  };

  const reset = (): void => {
    stampedLength = 0;
    stampsBefore = undefined;
    if (touched.length) touched = [];
  };

  state.merging = {
    filled,
    stamp: stampLog,
    reset,
    undo: () => {
      for (let at = touched.length - TOUCHED_LENGTH; at >= 0; at -= TOUCHED_LENGTH) {
        const [tableId, rowId, id, hlc, kept] = touched.slice(at, at + TOUCHED_LENGTH) as [
          Id | undefined,
          Id | undefined,
          Id,
          Hlc | undefined,
          Kept | undefined,
        ];
        const leaf = leafToChange(tableId, rowId);
        keep(leaf, id, kept);
        if (hlc !== undefined) leaf.hlcs[id] = hlc;
        else if (tableId === undefined) delete leaf.hlcs[id];
        else forgetCell(stamps, tableId, rowId as Id, id);
      }
      if (stampsBefore) stamps = stampsBefore;
      touched = [];
      // What is put back is not stamped.
      stampedLength = NEVER;
    },
  };

  return {
    stamps: () => stamps,
    touched: () => touched,
    storedIn,

    apply: (content) => {
      stampLog();
      const isFollowed = createHlcGate(getNow());
      let latest = '';
      const follow = (hlc: unknown): hlc is Hlc => {
        if (!isFollowed(hlc)) return false;
        if (hlc > latest) latest = hlc;
        return true;
      };
      // The members of a stamped thing, which takes a clock that is later than its own.
      const each = (
        stamped: unknown,
        toChange: () => {hlc: Hlc},
        call: (member: unknown, id: Id) => void,
      ): void => {
        const [members, hlc] = Array.isArray(stamped) ? stamped : [];
        if (hlc && isPlainObject(members) && follow(hlc)) {
          const thing = toChange();
          if (hlc > thing.hlc) thing.hlc = hlc;
        }
        forEachMember(members, call);
      };
      const takeAll = (tableId: Id | undefined, rowId: Id | undefined, leaf: unknown): void => {
        const take = takerOf(tableId, rowId);
        each(
          leaf,
          () => leafToChange(tableId, rowId),
          (stamped, id) => {
            const [thing, hlc = ''] = Array.isArray(stamped) ? stamped : [0, 0];
            if (follow(hlc)) {
              const meant = thing === UNDEFINED_MARK ? undefined : fromJsonCell(thing);
              take(id, meant as CellOrUndefined, hlc);
            }
          },
        );
      };
      const [tables, values] = Array.isArray(content) ? content : [];
      each(
        tables,
        () => {
          stamps.tables.hash = undefined;
          return stamps.tables;
        },
        (table, tableId) =>
          each(
            table,
            () => tableToChange(stamps, tableId),
            (row, rowId) => takeAll(tableId, rowId, row),
          ),
      );
      takeAll(undefined, undefined, values);
      if (latest) seenHlc(latest);
      stampedLength = state.log.length;
    },

    clear: () => {
      stampLog();
      for (const tableId of [...state.tables.keys()]) removeTable(state, tableId);
      for (const valueId of [...state.values.keys()]) removeValue(state, valueId);
      stampsBefore ??= stamps;
      stamps = newStamps();
      stampedLength = state.log.length;
    },

    setDefault: (content) => {
      stampLog();
      const [tables, values] = Array.isArray(content) ? content : [];
      const takeNew = (tableId: Id | undefined, rowId: Id | undefined, things: unknown) =>
        forEachMember(things, (thing, id) => {
          if (leafOf(tableId, rowId)?.hlcs[id] === undefined) {
            takerOf(tableId, rowId)(id, thing as CellOrUndefined, '');
          }
        });
      forEachMember(tables, (table, tableId) =>
        forEachMember(table, (row, rowId) => takeNew(tableId, rowId, row)),
      );
      takeNew(undefined, undefined, values);
      stampedLength = state.log.length;
    },
  };
};

const isGreater = (one: StoredOrNothing, other: StoredOrNothing): boolean => textOf(one) > textOf(other);

const textOf = (stored: StoredOrNothing): string =>
  stored === undefined ? '' : writeJson(fromStored(stored));
