export {createStore} from '../store/create-store.ts';
export type * from '../store/store.ts';
