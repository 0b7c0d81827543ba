// One client: a process with a mergeable store of its own, which does what the story asks of it: `node client.mjs <name>`. It connects once;
// its socket connects again by itself.
import {createMergeableStore} from 'holdfast';
import {
  createReconnectingWebSocket,
  createWsSynchronizer,
} from 'holdfast/synchronizers/synchronizer-ws-client';
import {WebSocket} from 'ws';

const [name] = process.argv.slice(2);
const store = createMergeableStore(name);
let socket;
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

const hashes = () => store.getMergeableContentHashes().join('-');

const actions = {
  /** Resolves once this client has what there is. */
  connect: async (url) => {
    socket = createReconnectingWebSocket(url, {WebSocket, maxDelayMs: 1_000});
    const opened = new Promise((resolve) => socket.addEventListener('open', resolve));
    synchronizer = await createWsSynchronizer(store, socket);
    await opened;
    await synchronizer.startSync();
  },
  leave: () => synchronizer.destroy().then(() => undefined),
  /** Resolves when the connection is gone, or is there again. */
  isOnline: (wanted) =>
    new Promise((resolve) => {
      const look = () => (socket.readyState === WebSocket.OPEN) === wanted && resolve();
      socket.addEventListener('open', look);
      socket.addEventListener('close', look);
      look();
    }),
  /** How many messages went and came so far. */
  messageCount: () => {
    const {sends, receives} = synchronizer.getSynchronizerStats();
    return sends + receives;
  },
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
  holds: (wanted) => until(() => hashes() === wanted),
  /** Resolves with its hashes once they are others than those that the story knows. */
  changes: async (known) => {
    await until(() => hashes() !== known);
    return hashes();
  },
  hashes,
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
