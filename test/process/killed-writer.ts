// The process that is killed: `killed-writer <folder>`. Edits a store in every place at once, without end, and prints
// `<place> <edit>` for each edit that is durable; half of the places save by themselves, the others when asked.

import {writeSync} from 'node:fs';
import {edit} from './killed-edits.ts';
import {KILLED_PLACES, type KilledPlace} from './killed-places.ts';

const STDOUT = 1;

const editWithoutEnd = async (index: number, {open}: KilledPlace, folder: string): Promise<void> => {
  const {store, persister} = open(folder);
  await persister.load();
  const isAutoSaving = index % 2 === 0;
  if (isAutoSaving) {
    await persister.startAutoSave();
  }
  for (let k = Number(store.getValue('edit') ?? 0) + 1; ; k++) {
    edit(store, k);
    await (isAutoSaving ? persister.whenDurable() : persister.save());
    // Written at once, not when the event loop comes round: an acknowledgement may not lag behind its edit.
    writeSync(STDOUT, `${index} ${k}\n`);
    // The other places have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const folder = process.argv[2] as string;
writeSync(STDOUT, 'ready\n');
void Promise.all(KILLED_PLACES.map((place, index) => editWithoutEnd(index, place, folder)));
