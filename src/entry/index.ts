export {getUniqueId} from '../base/ids.ts';
export {createStore} from '../store/create-store.ts';
export {defaultSorter} from '../store/sorted-row-ids.ts';
export type * from '../store/store.ts';
