// A process that migrates: `migrating-process <path> <layout> <die?>`. Waits for a line, loads with a step that adds 1 to
// a value, and prints how often the step ran here; or stops for ever in the middle of the step, to be killed.

import {configOf, type LayoutName, openDatabase} from '../places/databases.ts';

const [path, layout, isStuck] = process.argv.slice(2) as [string, LayoutName, string?];
let runs = 0;

const run = async (): Promise<void> => {
  const {persister, close} = openDatabase(path, {
    ...configOf(layout, ['pets']),
    schemaVersion: 2,
    migrate: {
      2: async (tx) => {
        runs++;
        const [tables, values] = await tx.getContent();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await tx.setContent([tables, {...values, steps: Number(values.steps ?? 0) + 1}]);
        if (isStuck !== undefined) {
          process.stdout.write('stuck\n');
          await new Promise((resolve) => setTimeout(resolve, 600_000));
        }
      },
    },
  });
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await persister.load();
  await close();
  process.stdout.write(`${runs}\n`);
  process.stdin.destroy();
};

void run();
