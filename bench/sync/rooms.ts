// 1,000 clients in 100 rooms make 1,000 edits a second, and each is to reach the nine others of its room: how long that takes, and what it
// costs the server, which keeps a store for each room. `node rooms.ts holdfast`. Prints one line of JSON.

import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {type Client, type Contestant, contestants} from './contestants.ts';

const ROOMS = 100;
const CLIENTS_A_ROOM = 10;
const SECONDS = 5;
const EDITS_A_SECOND = 1_000;

const [, , name = 'holdfast'] = process.argv;
const contestant = contestants[name] as Contestant;

const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'room-server.ts'), name], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
const nextLine = async () => JSON.parse((await lines.next()).value as string);
const usage = async (): Promise<{cpuMs: number; residentMb: number}> => {
  child.stdin.write('\n');
  return nextLine();
};
const {port} = await nextLine();

const rooms: {stores: ReturnType<Contestant['createStore']>[]; clients: Client[]}[] = [];
const delays: number[] = [];
const sentAt = new Map<number, number>();
let delivered = 0;
let done: () => void = () => undefined;
const expected = EDITS_A_SECOND * SECONDS * (CLIENTS_A_ROOM - 1);

const openRoom = async (room: number): Promise<void> => {
  const stores = Array.from({length: CLIENTS_A_ROOM}, (_, client) =>
    contestant.createStore(`${room}/${client}`),
  );
  const clients = await Promise.all(
    stores.map((store) => contestant.connect(store, `ws://127.0.0.1:${port}/room${room}`, 1)),
  );
  await Promise.all(clients.map(({synchronizer}) => synchronizer.startSync()));
  for (const store of stores) {
    // Each edit of the others is one cell of a row that is its number's remainder, and its number.
    store.addCellListener('t', null, 'n', (_store, _tableId, _rowId, _cellId, edit) => {
      const sent = sentAt.get(edit as number);
      if (sent !== undefined && !own.has(store)) {
        delays.push(performance.now() - sent);
        if (++delivered === expected) {
          done();
        }
      }
    });
  }
  rooms[room] = {stores, clients};
};

// The store that is being set just now: it need not be told.
const own = new Set<unknown>();
await Promise.all(Array.from({length: ROOMS}, (_, room) => openRoom(room)));
await usage();
const start = performance.now();
const finished = new Promise<void>((resolve) => {
  done = resolve;
});
let edit = 0;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const due = Math.min(
      EDITS_A_SECOND * SECONDS,
      Math.floor(((performance.now() - start) / 1_000) * EDITS_A_SECOND),
    );
    for (; edit < due; edit++) {
      const {stores} = rooms[edit % ROOMS] as (typeof rooms)[number];
      const store = stores[Math.floor(edit / ROOMS) % CLIENTS_A_ROOM] as (typeof stores)[number];
      sentAt.set(edit, performance.now());
      own.add(store);
      store.setCell('t', `row${edit % 7_000}`, 'n', edit);
      own.delete(store);
    }
    if (edit === EDITS_A_SECOND * SECONDS) {
      clearInterval(timer);
      resolve();
    }
  }, 5);
});
const timeout = setTimeout(() => done(), 20_000);
await finished;
clearTimeout(timeout);
const {cpuMs, residentMb} = await usage();
delays.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    p50: delays[Math.floor(delays.length * 0.5)],
    p99: delays[Math.floor(delays.length * 0.99)],
    cpuMs,
    residentMb,
    delivered,
    expected,
  }),
);
child.kill();
process.exit(0);
