// Entry: the store, and the functions that go with it.

export {getUniqueId} from '../base/ids.ts';
export {
  addOrRemoveHash,
  getCellHash,
  getCellInRowHash,
  getHash,
  getRowHash,
  getRowInTableHash,
  getTableHash,
  getTableInTablesHash,
  getTablesHash,
  getValueHash,
  getValueInValuesHash,
  getValuesHash,
  type Hash,
} from '../merge/hash.ts';
export {type GetNow, getHlcFunctions, type Hlc} from '../merge/hlc.ts';
export type * from '../merge/mergeable.ts';
export {createMergeableStore} from '../store/create-mergeable-store.ts';
export {createStore} from '../store/create-store.ts';
export type {MergeableStore} from '../store/mergeable-store.ts';
export {defaultSorter} from '../store/sorted-row-ids.ts';
export type * from '../store/store.ts';
