export {createLocalSynchronizer, type LocalSynchronizer} from '../../sync/local-synchronizer.ts';
