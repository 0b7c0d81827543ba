// The demo, from top to bottom: two clients edit one list through a server, apart and together, and the server dies on them. They are told
// to connect once, at the beginning; from then on they find back by themselves.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {setTimeout as sleep} from 'node:timers/promises';
import {stripVTControlCharacters} from 'node:util';
import {createMergeableStore} from 'holdfast';
import {createSqliteNodePersister} from 'holdfast/persisters/persister-sqlite-node';
import {bold, dim, green, milliseconds, red, say, step} from '../terminal.mjs';
import {openNetwork} from './network.mjs';
import {startClient, startServer} from './processes.mjs';

const SERVE = ['--store', 'sqlite:rooms.db', '--paths', 'list'];
const COLUMN = 36;

/** Resolves with whether all came to hold the same. */
export const tellStory = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
  process.once('exit', () => rmSync(folder, {recursive: true, force: true}));
  const ending = [];
  const atTheEnd = (thing, end) => {
    ending.push(() => end(thing));
    return thing;
  };
  try {
    return await tell(folder, {
      newClient: (name) => atTheEnd(startClient(name), (client) => client.end()),
      networkTo: async (port) => atTheEnd(await openNetwork(port), (network) => network.close()),
    });
  } finally {
    for (const end of ending) {
      end();
    }
  }
};

const tell = async (folder, {newClient, networkTo}) => {
  console.log(bold('Holdfast: two clients, a server, and nothing lost'));

  step('The server');
  let server = await startServer(folder, ['--port', '0', ...SERVE]);
  say(`holdfast serve ${SERVE.join(' ')}`);
  say(dim(`listens at ${server.url}, a process of its own, and keeps its rooms in SQLite`));

  step('Two clients write a shopping list');
  const [ada, bob] = [newClient('Ada'), newClient('Bob')];
  const {port} = new URL(server.url);
  const network = await networkTo(Number(port));
  await ada.ask('connect', `${server.url}/list`);
  await bob.ask('connect', `${network.url}/list`);
  both(bold('Ada'), bold('Bob'));
  await editAndSee(ada, bob, 'milk', 1);
  await editAndSee(bob, ada, 'bread', 2);
  await editAndSee(ada, bob, 'bread', 3);

  step('Bob is on a train, and both go on');
  network.goDown();
  await bob.ask('isOnline', false);
  both(bold('Ada'), `${bold('Bob')}${dim(', offline')}`);
  await edit(ada, 'apples', 6);
  await edit(bob, 'milk', 2);
  await edit(ada, 'milk', 4);
  await remove(bob, 'bread');
  await lists(ada, bob);

  step('The train leaves the tunnel');
  const before = await bob.ask('messageCount');
  network.comeUp();
  await bob.ask('isOnline', true);
  await converge([ada, bob]);
  const messageCount = (await bob.ask('messageCount')) - before;
  say(`Bob is back by himself. They compared hashes, and sent what differed: ${messageCount} messages.`);
  say('Of two edits of one cell the later one stays, and what is deleted is gone:');
  await lists(ada, bob);

  step('The server dies (SIGKILL), and both go on');
  await server.end('SIGKILL');
  await areOnline([ada, bob], false);
  both(`${bold('Ada')}${dim(', offline')}`, `${bold('Bob')}${dim(', offline')}`);
  await edit(ada, 'pears', 5);
  await edit(bob, 'plums', 8);

  step('The server is started again, from what is in rooms.db');
  server = await startServer(folder, ['--port', port, ...SERVE]);
  const startedMs = performance.now();
  await areOnline([ada, bob], true);
  await converge([ada, bob]);
  say(`Both are back by themselves, and hold the same ${milliseconds(performance.now() - startedMs)} later:`);
  await lists(ada, bob);

  step('Ada and Bob leave, and somebody new comes');
  await ada.ask('leave');
  await bob.ask('leave');
  const cleo = newClient('Cleo');
  await cleo.ask('connect', `${server.url}/list`);
  await cleo.ask('holds', await ada.ask('hashes'));
  say(`Cleo has, from the server alone: ${(await cleo.ask('list')).join(', ')}.`);

  step('The server is told to end (SIGTERM)');
  const {code} = await server.end('SIGTERM');
  say(`It stored what it had, saw Cleo off, and ended with code ${code}.`);
  return report(await allHashes([ada, bob, cleo], join(folder, 'rooms.db')), code);
};

/** One line, what Ada does on the left, and Bob on the right. */
const both = (left, right) => {
  // Colours have no width.
  const shown = stripVTControlCharacters(left).length;
  say(`${left}${' '.repeat(Math.max(1, COLUMN - shown))}${right}`.trimEnd());
};
const at = (client, text) => (client.name === 'Ada' ? both(text, '') : both('', text));

const edit = async (client, thing, count) => {
  const doneMs = await client.ask('set', thing, count);
  // Clocks count milliseconds: what comes next is to be later.
  await sleep(5);
  at(client, `${thing}: ${count}`);
  return doneMs;
};

const editAndSee = async (writer, reader, thing, count) => {
  const seen = reader.ask('sees', thing, count);
  const doneMs = await edit(writer, thing, count);
  at(reader, dim(`sees ${thing}: ${count}, ${milliseconds((await seen) - doneMs)} later`));
};

const remove = async (client, thing) => {
  await client.ask('remove', thing);
  at(client, `no ${thing}`);
};

const lists = async (ada, bob) => {
  const [left, right] = [await ada.ask('list'), await bob.ask('list')];
  both(dim('has'), dim('has'));
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    both(`  ${left[index] ?? ''}`, `  ${right[index] ?? ''}`);
  }
};

/** Resolves once all are connected, or none is. */
const areOnline = (clients, wanted) => Promise.all(clients.map((client) => client.ask('isOnline', wanted)));

/** Resolves once both hold the same, whichever of them hears of something last. */
const converge = async ([one, other]) => {
  for (;;) {
    const [ones, others] = [await one.ask('hashes'), await other.ask('hashes')];
    if (ones === others) {
      return;
    }
    await Promise.race([one.ask('changes', ones), other.ask('changes', others)]);
  }
};

/** What each of them holds, and the database, in short: where hashes are the same, so is everything. */
const allHashes = async (clients, path) => {
  const db = new DatabaseSync(path);
  const store = createMergeableStore();
  const persister = createSqliteNodePersister(store, db, {mode: 'rows', storeTableName: 'room_list'});
  await persister.load();
  await persister.destroy();
  db.close();
  const hashes = [['rooms.db', store.getMergeableContentHashes().join('-')]];
  for (const client of clients) {
    hashes.unshift([client.name, await client.ask('hashes')]);
  }
  return hashes;
};

const report = (hashes, code) => {
  step('What everybody holds');
  for (const [name, hash] of hashes) {
    say(`${name.padEnd(10)}${dim(hash)}`);
  }
  const isSame = new Set(hashes.map(([, hash]) => hash)).size === 1;
  say(isSame ? green('All hold the same: nothing is lost.') : red('They do NOT hold the same.'));
  return isSame && code === 0;
};
