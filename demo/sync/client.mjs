// One client: a process with a mergeable store of its own, which does what the story asks of it: `node client.mjs <name>`.
import {createMergeableStore} from 'holdfast';
import {createWsSynchronizer} from 'holdfast/synchronizers/synchronizer-ws-client';
import {WebSocket} from 'ws';

const [name] = process.argv.slice(2);
const store = createMergeableStore(name);
let synchronizer;

/** The time, the same in all processes of this machine. */
const now = () => performance.timeOrigin + performance.now();

const until = (isSo) =>
  new Promise((resolve) => {
    const look = () => {
      if (isSo()) {
        store.delListener(listenerId);
        resolve(now());
      }
    };
    const listenerId = store.addDidFinishTransactionListener(look);
    look();
  });

const actions = {
  /** Resolves with how long it took, and how many messages went, until this client has all that there is. */
  connect: async (url) => {
    const startMs = now();
    synchronizer = await createWsSynchronizer(store, new WebSocket(url));
    await synchronizer.startSync();
    const {sends, receives} = synchronizer.getSynchronizerStats();
    return {ms: now() - startMs, messageCount: sends + receives};
  },
  disconnect: () => synchronizer.destroy().then(() => undefined),
  /** Returns when it was done. */
  set: (thing, count) => {
    const doneMs = now();
    store.setCell('shopping', thing, 'count', count);
    return doneMs;
  },
  remove: (thing) => {
    const doneMs = now();
    store.delRow('shopping', thing);
    return doneMs;
  },
  /** Resolves with when it was seen. */
  sees: (thing, count) => until(() => store.getCell('shopping', thing, 'count') === count),
  /** Resolves once this client holds just what another one does. */
  holds: (hashes) => until(() => store.getMergeableContentHashes().join('-') === hashes),
  hashes: () => store.getMergeableContentHashes().join('-'),
  list: () =>
    store.getSortedRowIds('shopping').map((thing) => `${thing} ${store.getCell('shopping', thing, 'count')}`),
};

process.on('message', async ({id, what, args}) => {
  try {
    process.send({id, result: await actions[what](...args)});
  } catch (error) {
    process.send({id, error: error.message});
  }
});
process.on('disconnect', () => process.exit());
