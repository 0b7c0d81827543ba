// Tells the other pages and workers of an origin that something was written, by a BroadcastChannel. Where the host has
// none, nobody is told, and others must ask at intervals.

interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: () => void): void;
  close(): void;
}

export interface Topic {
  tell(): void;
  /** Calls back when another page, worker or topic of this name told; returns how to stop. */
  listen(listener: () => void): () => void;
  close(): void;
}

export const openTopic = (name: string): Topic => {
  const {BroadcastChannel: Channel} = globalThis as {BroadcastChannel?: new (name: string) => Channel};
  let teller: Channel | undefined;
  return {
    tell: () => {
      // A channel does not hear itself: the one that tells is not one that listens.
      teller ??= Channel && new Channel(name);
      teller?.postMessage('written');
    },
    listen: (listener) => {
      const channel = Channel && new Channel(name);
      channel?.addEventListener('message', listener);
      return () => channel?.close();
    },
    close: () => {
      teller?.close();
      teller = undefined;
    },
  };
};
