// What a synchronizer is, and what one is made of.

import type {Content, Id} from '../base/content.ts';
import type {Ports} from '../base/ports.ts';
import type {InitialContent, Status} from '../persister/persister.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import type {Receive, Send} from './messages.ts';

/** How often a synchronizer has sent and received. */
export type SynchronizerStats = {sends: number; receives: number};

type StatusListener = (synchronizer: Synchronizer, status: Status) => void;

/** As a persister, whose storage are the others: loading is asking them, saving is telling them. */
export interface Synchronizer {
  /**
   * Asks others for what they have, tells them what is here, and goes on doing so; where nobody answers, or nobody has anything,
   * begins with `initialContent`. It resolves without anybody else there, too.
   */
  startSync(initialContent?: Content): Promise<this>;
  stopSync(): Promise<this>;
  getSynchronizerStats(): SynchronizerStats;
  load(initialContent?: InitialContent): Promise<this>;
  startAutoLoad(initialContent?: InitialContent): Promise<this>;
  stopAutoLoad(): Promise<this>;
  isAutoLoading(): boolean;
  save(): Promise<this>;
  startAutoSave(): Promise<this>;
  stopAutoSave(): Promise<this>;
  isAutoSaving(): boolean;
  startAutoPersisting(initialContent?: InitialContent, startSaveFirst?: boolean): Promise<this>;
  stopAutoPersisting(stopSaveFirst?: boolean): Promise<this>;
  getStatus(): Status;
  addStatusListener(listener: StatusListener): Id;
  delListener(listenerId: Id): this;
  schedule(...actions: (() => Promise<unknown>)[]): Promise<this>;
  getStore(): MergeableStore;
  getStats(): {loads: number; saves: number};
  /** Stops, and lets go of the store and of what messages travel by. */
  destroy(): Promise<this>;
}

/** How a synchronizer is made for one kind of transport. */
export interface SynchronizerOptions {
  readonly send: Send;
  readonly registerReceive: (receive: Receive, fail: (error: Error) => void) => void;
  readonly destroy: () => void;
  readonly requestTimeoutSeconds: number;
  readonly onSend?: Send | undefined;
  readonly onReceive?: Receive | undefined;
  readonly onIgnoredError?: ((error: unknown) => void) | undefined;
  readonly ports?: Ports | undefined;
  /** Whether what comes was held against its shape already. */
  readonly isChecked?: boolean;
  /** Whether nobody is told what there is where a client has just said that it holds the same. */
  readonly isTerse?: boolean;
  /** Whether objects and arrays in bodies are spelt, since nobody else does it. */
  readonly spellsBodies?: boolean;
  /** Whether others are asked for what they have when loading starts; else whoever makes it asks. */
  readonly asksAtStart?: boolean;
}
