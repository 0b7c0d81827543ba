// 1,000 clients in 100 rooms make 1,000 edits a second for five seconds, and each is to reach the nine others of its room: how long that
// takes, and what it costs the server, which keeps what is said. `node rooms.ts holdfast`. Prints one line of JSON.

import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {type RoomClient, type RoomContestant, roomContestants} from './room-contestants.ts';

const ROOMS = 100;
const CLIENTS_A_ROOM = 10;
const SECONDS = 5;
const EDITS_A_SECOND = 1_000;
const EDITS = SECONDS * EDITS_A_SECOND;
const MAX_WAIT_MS = 20_000;

const [, , name = 'holdfast'] = process.argv;
const contestant = roomContestants[name] as RoomContestant;

const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'room-server.ts'), name], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
process.on('exit', () => child.kill());
const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
const nextLine = async () => JSON.parse((await lines.next()).value as string);
const usage = async (): Promise<{cpuMs: number; residentMb: number}> => {
  child.stdin.write('\n');
  return nextLine();
};
const {port} = await nextLine();

const sentAtMs: number[] = [];
const delaysMs: number[] = [];
const expected = EDITS * (CLIENTS_A_ROOM - 1);
let done: () => void = () => undefined;
let isEditing = false;

// Whoever edits is told of it, too, at once.
const onEdit = (edit: number): void => {
  if (!isEditing) {
    delaysMs.push(performance.now() - (sentAtMs[edit] as number));
    delaysMs.length === expected && done();
  }
};

const rooms: RoomClient[][] = [];
for (let room = 0; room < ROOMS; room++) {
  const joining = Array.from({length: CLIENTS_A_ROOM}, () => contestant.join(port, `room${room}`, onEdit));
  rooms.push(await Promise.all(joining));
}
await usage();
const startMs = performance.now();
const finished = new Promise<void>((resolve) => {
  done = resolve;
});
const timeout = setTimeout(() => done(), SECONDS * 1_000 + MAX_WAIT_MS);
let edit = 0;
const timer = setInterval(() => {
  const due = Math.min(EDITS, ((performance.now() - startMs) / 1_000) * EDITS_A_SECOND);
  for (; edit < due; edit++) {
    const room = rooms[edit % ROOMS] as RoomClient[];
    sentAtMs[edit] = performance.now();
    isEditing = true;
    room[Math.floor(edit / ROOMS) % CLIENTS_A_ROOM]?.edit(`row${edit % 7_000}`, edit);
    isEditing = false;
  }
  edit === EDITS && clearInterval(timer);
}, 5);
await finished;
clearTimeout(timeout);
const {cpuMs, residentMb} = await usage();
delaysMs.sort((one, other) => one - other);
const quantile = (part: number) => delaysMs[Math.floor(delaysMs.length * part)];
console.log(
  JSON.stringify({
    p50: quantile(0.5),
    p99: quantile(0.99),
    cpuMs,
    residentMb,
    delivered: delaysMs.length,
    expected,
  }),
);
process.exit(0);
