// The server of the rooms benchmark, in a process of its own: `node room-server.ts holdfast`. Tells its port on standard output, and, for each
// line on standard input, what it has used since the line before.

import {createInterface} from 'node:readline';
import {type RoomContestant, roomContestants} from './room-contestants.ts';

const server = await (roomContestants[process.argv[2] as string] as RoomContestant).serve();
let before = process.cpuUsage();
createInterface({input: process.stdin}).on('line', () => {
  const {user, system} = process.cpuUsage(before);
  before = process.cpuUsage();
  console.log(JSON.stringify({cpuMs: (user + system) / 1e3, residentMb: process.memoryUsage().rss / 1e6}));
});
console.log(JSON.stringify({port: server.port}));
