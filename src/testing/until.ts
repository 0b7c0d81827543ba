// Waits for a store to hear of something, for suites.

import type {Store} from '../store/store.ts';

/** Waits until a transaction of the store has made it so. */
export const until = (store: Store, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (isSo()) {
      resolve();
      return;
    }
    const listenerId = store.addDidFinishTransactionListener(() => {
      if (isSo()) {
        store.delListener(listenerId);
        resolve();
      }
    });
  });
