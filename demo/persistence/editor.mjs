// The process that gets killed: `node editor.mjs <file>`. Edits one city after the other without end, and prints
// `<row id> <population>` for each edit once it is durable.
import {writeSync} from 'node:fs';
import {dirname} from 'node:path';
import {createStore} from 'holdfast';
import {openCities} from './database.mjs';

const STDOUT = 1;
const [path] = process.argv.slice(2);
const store = createStore();
const {persister} = await openCities(dirname(path), store);
await persister.load();
await persister.startAutoSave();

for (;;) {
  for (const rowId of store.getRowIds('cities')) {
    const population = store.getCell('cities', rowId, 'population') + 1;
    store.setCell('cities', rowId, 'population', population);
    await persister.whenDurable();
    // Written at once, not when the event loop comes round: an acknowledgement may not lag behind its edit.
    writeSync(STDOUT, `${rowId} ${population}\n`);
  }
}
