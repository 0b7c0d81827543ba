export {
  type BroadcastChannelSynchronizer,
  createBroadcastChannelSynchronizer,
} from '../../sync/broadcast-channel-synchronizer.ts';
