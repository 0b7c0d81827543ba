// Entry: the mergeable store alone.

export type {GetNow, Hlc} from '../merge/hlc.ts';
export type * from '../merge/mergeable.ts';
export {createMergeableStore} from '../store/create-mergeable-store.ts';
export type {MergeableStore} from '../store/mergeable-store.ts';
