// `npm start`: tells the story of two clients and a server. It takes seconds, and leaves nothing behind.
import {parseArgs} from 'node:util';
import {red} from '../terminal.mjs';
import {tellStory} from './story.mjs';

// Whoever reads the output may stop reading: `npm start | head`.
process.stdout.on('error', () => process.exit());

try {
  parseArgs({options: {}});
  process.exitCode = (await tellStory()) ? 0 : 1;
} catch (error) {
  console.error(red(`\n  ${error.message}`));
  process.exitCode = 1;
}
