// What two replicas find out by hashes that one of them lacks: the questions, one level of the tree at a time, and their answers. Knows the
// store; not how messages travel, and when.

import type {
  CellHashes,
  ContentHashes,
  RowHashes,
  TableHashes,
  TablesStamp,
  ValueHashes,
  ValuesStamp,
} from '../merge/mergeable.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {Message} from './messages.ts';

/** Stamped tables and values to be merged, one after another. */
type Differences = readonly (readonly [tables: unknown, values: unknown])[];

/** Asks somebody with these hashes for all that the store lacks. */
export const findDifferences = async (
  store: MergeableStore,
  [tablesHash, valuesHash]: ContentHashes,
  ask: <Answer>(message: Message, body: unknown) => Promise<Answer>,
): Promise<Differences> => {
  const [ownTablesHash, ownValuesHash] = store.getMergeableContentHashes();
  const differences: [unknown, unknown][] = [];
  if (tablesHash !== ownTablesHash) {
    const [tables, tableHashes] = await ask<[TablesStamp, TableHashes]>(
      Message.GetTableDiff,
      store.getMergeableTableHashes(),
    );
    differences.push([tables, [{}]]);
    if (hasMembers(tableHashes)) {
      const [rows, rowHashes] = await ask<[TablesStamp, RowHashes]>(
        Message.GetRowDiff,
        store.getMergeableRowHashes(tableHashes),
      );
      differences.push([rows, [{}]]);
      if (hasMembers(rowHashes)) {
        const cells = await ask<TablesStamp>(Message.GetCellDiff, store.getMergeableCellHashes(rowHashes));
        differences.push([cells, [{}]]);
      }
    }
  }
  if (valuesHash !== ownValuesHash) {
    const values = await ask<ValuesStamp>(Message.GetValueDiff, store.getMergeableValueHashes());
    differences.push([[{}], values]);
  }
  return differences;
};

/** What a store answers to such a question; undefined to what is none. */
export const answerTo = (store: MergeableStore, message: Message, body: unknown): unknown => {
  switch (message) {
    case Message.GetContentHashes:
      return store.getMergeableContentHashes();
    case Message.GetTableDiff:
      return store.getMergeableTableDiff(body as TableHashes);
    case Message.GetRowDiff:
      return store.getMergeableRowDiff(body as RowHashes);
    case Message.GetCellDiff:
      return store.getMergeableCellDiff(body as CellHashes);
    case Message.GetValueDiff:
      return store.getMergeableValueDiff(body as ValueHashes);
    default:
      return undefined;
  }
};

export const hasMembers = (thing: unknown): boolean =>
  typeof thing === 'object' && thing !== null && Object.keys(thing).length > 0;
