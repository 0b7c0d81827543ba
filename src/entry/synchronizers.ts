// Entry: what all synchronizers have in common, and how to make one of one's own functions.

export {Message, type Receive, type Send} from '../sync/messages.ts';
export {
  createCustomSynchronizer,
  type Synchronizer,
  type SynchronizerStats,
} from '../sync/synchronizer.ts';
