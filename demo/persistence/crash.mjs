// Lets another process edit the file, kills it, and finds out what of its acknowledged edits is lost.
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const EDITOR = fileURLToPath(new URL('./editor.mjs', import.meta.url));
const EDITING_MS = 1500;
const STARTING_MS = 60_000;

/** Resolves with the acknowledged edits, in order, once the process is dead: `[{rowId: '2960', population: 1}, …]`. */
export const editUntilKilled = (path) =>
  new Promise((resolve, reject) => {
    const editor = spawn(process.execPath, [EDITOR, path], {stdio: ['ignore', 'pipe', 'inherit']});
    let output = '';
    let killing = setTimeout(() => editor.kill('SIGKILL'), STARTING_MS);
    editor.stdout.setEncoding('utf8').on('data', (chunk) => {
      if (output === '') {
        clearTimeout(killing);
        killing = setTimeout(() => editor.kill('SIGKILL'), EDITING_MS);
      }
      output += chunk;
    });
    editor.on('error', reject);
    editor.on('close', (code, signal) => {
      clearTimeout(killing);
      if (signal !== 'SIGKILL') {
        reject(new Error(`The editing process ended by itself, with code ${code}.`));
      } else if (output === '') {
        reject(new Error(`The editing process acknowledged nothing within ${STARTING_MS / 1000} s.`));
      } else {
        resolve(parse(output));
      }
    });
  });

/** The last line counts only when it is complete: otherwise the process died while it wrote it. */
const parse = (output) =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [rowId, population] = line.split(' ');
      return {rowId, population: Number(population)};
    });

/** Populations only grow, and one more edit than was acknowledged may be there. */
export const findLost = (store, acknowledged) =>
  acknowledged.filter(({rowId, population}) => !(store.getCell('cities', rowId, 'population') >= population));
