// Child process: how many bytes of heap a store of the package named holds after loading. Needs --expose-gc.

import {createStoreOf, createTables} from './data.mjs';

const createStore = await createStoreOf[process.argv[2]]();
const collect = () => {
  for (let time = 0; time < 4; time++) globalThis.gc();
};

collect();
const before = process.memoryUsage().heapUsed;
const store = createStore();
// In a function of its own, since what a module's own code last touched stays reachable.
const load = () => {
  store.setTables(createTables());
};
load();
collect();
console.log(process.memoryUsage().heapUsed - before);
// Keeps the store from being collected before it is measured.
if (!store.hasTables()) throw new Error('nothing was loaded');
