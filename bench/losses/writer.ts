// A process that writes beside another one: `writer <contestant> <path> <name> <edit count>`. Waits for a line, adds rows
// of its own to a database in json mode, each of them saved before the next, and ends.

import Database from 'better-sqlite3';
import {CONTESTANTS, type Contestant} from './contestants.ts';

const [contestantName, path, writer, count] = process.argv.slice(2) as [string, string, string, string];
const {createStore, createBetterSqlite3Persister} = CONTESTANTS.find(
  ({name}) => name === contestantName,
) as Contestant;

const db = new Database(path);
db.pragma('journal_mode = WAL');
const store = createStore();
const persister = createBetterSqlite3Persister(store, db);
await persister.startAutoPersisting();
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let edit = 0; edit < Number(count); edit++) {
  store.setRow('rows', `${writer}${edit}`, {edit});
  await persister.save();
}
await persister.destroy();
db.close();
process.stdin.destroy();
