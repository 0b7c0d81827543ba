// Entry: what all synchronizers have in common, and how to make one of one's own functions.

export {Message, type Receive, type Send} from '../sync/messages.ts';
export {createCustomSynchronizer} from '../sync/synchronizer.ts';
export type {Synchronizer, SynchronizerStats} from '../sync/synchronizer-contract.ts';
