// What a mergeable store says of itself to others: content and changes with their stamps, hashes, and where these differ from somebody's.

import {emptyObject} from '../base/changes.ts';
import type {Id} from '../base/content.ts';
import {createObjectMaker} from '../base/safe-objects.ts';
import {getCellHash, type Hash} from '../merge/hash.ts';
import type {Hlc} from '../merge/hlc.ts';
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
import {type Branch, hashOfBranch, hashOfLeaf, type Leaf} from '../merge/stamps.ts';
import {type Merging, TOUCHED_LENGTH} from './merging.ts';
import type {StoredOrNothing} from './state.ts';
import {fromStored} from './stored.ts';

type Members<Thing> = {[id: Id]: Thing};
type AnyStamp = [thing: unknown, hlc?: Hlc, hash?: Hash];
const newThings = createObjectMaker<Members<AnyStamp>>();
/** Which of the members of a thing are asked for; all without one. */
type Pick = (id: Id) => boolean;

export const createMergeableReaders = ({stamps: getStamps, touched: getTouched, storedIn}: Merging) => {
  const tables = () => getStamps().tables;
  const values = () => getStamps().values;
  const rowOf = (tableId: Id, rowId: Id) => tables().children.get(tableId)?.children.get(rowId);

  // Hashes are of objects as they are kept: spelt.
  const rowHash = (row: Leaf, tableId: Id, rowId: Id): Hash => hashOfLeaf(row, storedIn(row, tableId, rowId));
  const tableHash = (table: Branch<Leaf>, tableId: Id): Hash =>
    hashOfBranch(table, (row, rowId) => rowHash(row, tableId, rowId));
  const tablesHash = (): Hash => hashOfBranch(tables(), tableHash);
  const valuesHash = (): Hash => hashOfLeaf(values(), storedIn(values(), undefined, undefined));

  const stampOf = (thing: unknown, hlc: Hlc, hash: Hash | undefined): AnyStamp =>
    hash !== undefined ? [thing, hlc, hash] : hlc ? [thing, hlc] : [thing];

  const stampLeaf = (leaf: Leaf, isHashed: boolean, pick?: Pick, tableId?: Id, rowId?: Id): AnyStamp => {
    const storedOf = storedIn(leaf, tableId, rowId);
    const things = newThings();
    for (const id in leaf.hlcs) {
      if (!pick || pick(id)) {
        const [stored, hlc] = [storedOf(id), leaf.hlcs[id] as Hlc];
        const thing = fromStored(stored as StoredOrNothing);
        things[id] = stampOf(thing, hlc, isHashed ? getCellHash(stored, hlc) : undefined);
      }
    }
    return stampOf(things, leaf.hlc, isHashed ? hashOfLeaf(leaf, storedOf) : undefined);
  };

  const stampTable = (
    tableId: Id,
    isHashed: boolean,
    rowIds: Iterable<Id> | undefined,
    pickOf?: (rowId: Id) => Pick,
  ): AnyStamp => {
    const table = tables().children.get(tableId) as Branch<Leaf>;
    const rows: Members<AnyStamp> = emptyObject();
    for (const rowId of rowIds ?? table.children.keys()) {
      const row = table.children.get(rowId) as Leaf;
      rows[rowId] = stampLeaf(row, isHashed, pickOf?.(rowId), tableId, rowId);
    }
    return stampOf(rows, table.hlc, isHashed ? tableHash(table, tableId) : undefined);
  };

  const stampTables = (stamped: Members<AnyStamp>, isHashed: boolean): AnyStamp =>
    stampOf(stamped, tables().hlc, isHashed ? tablesHash() : undefined);

  const hashesOf = <Child>(
    children: Iterable<readonly [Id, Child]>,
    hashOf: (child: Child, id: Id) => Hash,
  ) => {
    const hashes: Members<Hash> = emptyObject();
    for (const [id, child] of children) hashes[id] = hashOf(child, id);
    return hashes;
  };
  const rowHashes = (tableId: Id): Members<Hash> =>
    hashesOf(tables().children.get(tableId)?.children ?? [], (row, rowId) => rowHash(row, tableId, rowId));
  const leafHashes = (leaf: Leaf | undefined, tableId?: Id, rowId?: Id): Members<Hash> => {
    const storedOf = leaf && storedIn(leaf, tableId, rowId);
    return hashesOf(Object.entries(leaf?.hlcs ?? {}), (hlc, id) => getCellHash(storedOf?.(id), hlc));
  };
  const getMergeableTableHashes = (): TableHashes => hashesOf(tables().children, tableHash);
  const getMergeableValueHashes = (): ValueHashes => leafHashes(values());

  // For each of somebody's, where it differs from one's own, and is there.
  const whereDifferent = <Theirs, Made>(
    theirs: Members<Theirs>,
    make: (theirs: Theirs, id: Id) => Made | undefined,
  ): Members<Made> => {
    const made: Members<Made> = emptyObject();
    for (const id of Object.keys(theirs ?? {})) {
      const one = make(theirs[id] as Theirs, id);
      if (one !== undefined) made[id] = one;
    }
    return made;
  };
  const isMember = (members: object | undefined, id: Id): boolean => !!members && Object.hasOwn(members, id);
  const unlessEmpty = <Thing extends object>(thing: Thing): Thing | undefined =>
    Object.keys(thing).length ? thing : undefined;
  return {
    isMergeable: () => true,

    getMergeableContent: (): MergeableContent => {
      const stamped: Members<AnyStamp> = emptyObject();
      for (const tableId of tables().children.keys()) stamped[tableId] = stampTable(tableId, true, undefined);
      return [stampTables(stamped, true), stampLeaf(values(), true)] as MergeableContent;
    },

    getMergeableContentHashes: (): ContentHashes => [tablesHash(), valuesHash()],
    getMergeableTableHashes,
    getMergeableValueHashes,

    getMergeableTableDiff: (theirs: TableHashes): [TablesStamp, TableHashes] => {
      const mine = getMergeableTableHashes();
      const fresh: Members<AnyStamp> = emptyObject();
      for (const tableId of Object.keys(mine)) {
        if (!isMember(theirs, tableId)) fresh[tableId] = stampTable(tableId, false, undefined);
      }
      return [
        stampTables(fresh, false) as TablesStamp,
        whereDifferent(theirs, (hash, tableId) => (mine[tableId] === hash ? undefined : mine[tableId])),
      ];
    },

    getMergeableRowHashes: (theirs: TableHashes): RowHashes =>
      whereDifferent(theirs, (hash, tableId) => {
        const table = tables().children.get(tableId);
        return table && tableHash(table, tableId) !== hash ? rowHashes(tableId) : undefined;
      }),

    getMergeableRowDiff: (theirs: RowHashes): [TablesStamp, RowHashes] => {
      const mine = whereDifferent(theirs, (_, tableId) => unlessEmpty(rowHashes(tableId)));
      return [
        stampTables(
          whereDifferent(mine, (hashes, tableId) => {
            const fresh = Object.keys(hashes).filter((rowId) => !isMember(theirs[tableId], rowId));
            return unlessEmpty(fresh) && stampTable(tableId, false, fresh);
          }),
          false,
        ) as TablesStamp,
        whereDifferent(mine, (hashes, tableId) =>
          unlessEmpty(
            whereDifferent(theirs[tableId] as Members<Hash>, (hash, rowId) =>
              hashes[rowId] === hash ? undefined : hashes[rowId],
            ),
          ),
        ),
      ];
    },

    getMergeableCellHashes: (theirs: RowHashes): CellHashes =>
      whereDifferent(theirs, (rows, tableId) =>
        unlessEmpty(
          whereDifferent(rows, (hash, rowId) => {
            const row = rowOf(tableId, rowId);
            return row && rowHash(row, tableId, rowId) !== hash ? leafHashes(row, tableId, rowId) : undefined;
          }),
        ),
      ),

    getMergeableCellDiff: (theirs: CellHashes): TablesStamp =>
      stampTables(
        whereDifferent(theirs, (rows, tableId) => {
          const differing = whereDifferent(rows, (hashes, rowId) => {
            const mine = leafHashes(rowOf(tableId, rowId), tableId, rowId);
            const ids = Object.keys(mine).filter((id) => mine[id] !== hashes[id]);
            return unlessEmpty(ids) && new Set(ids);
          });
          return (
            unlessEmpty(differing) &&
            stampTable(
              tableId,
              false,
              Object.keys(differing),
              (rowId) => (id) => differing[rowId]?.has(id) === true,
            )
          );
        }),
        false,
      ) as TablesStamp,

    getMergeableValueDiff: (theirs: ValueHashes): ValuesStamp => {
      const mine = getMergeableValueHashes();
      return stampLeaf(
        values(),
        false,
        (id) => !isMember(theirs, id) || mine[id] !== theirs[id],
      ) as ValuesStamp;
    },

    getTransactionMergeableChanges: <Hashed extends boolean = false>(
      withHashes?: Hashed,
    ): MergeableChanges<Hashed> => {
      const isHashed = !!withHashes;
      const touchedTables = new Map<Id, Map<Id, Set<Id>>>();
      const touchedValues = new Set<Id>();
      const touched = getTouched();
      for (let at = 0; at < touched.length; at += TOUCHED_LENGTH) {
        const tableId = touched[at] as Id | undefined;
        const rowId = touched[at + 1] as Id | undefined;
        const id = touched[at + 2] as Id;
        if (tableId === undefined) touchedValues.add(id);
        else {
          const rows = touchedTables.get(tableId) ?? new Map<Id, Set<Id>>();
          const cells = rows.get(rowId as Id) ?? new Set();
          touchedTables.set(tableId, rows.set(rowId as Id, cells.add(id)));
        }
      }
      const stamped: Members<AnyStamp> = emptyObject();
      for (const [tableId, rows] of touchedTables) {
        stamped[tableId] = stampTable(
          tableId,
          isHashed,
          rows.keys(),
          (rowId) => (id) => rows.get(rowId)?.has(id) === true,
        );
      }
      return [
        stampTables(stamped, isHashed),
        stampLeaf(values(), isHashed, (id) => touchedValues.has(id)),
        1,
      ] as unknown as MergeableChanges<Hashed>;
    },
  };
};
