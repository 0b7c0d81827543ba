// `npm run demo:persistence`: tells the story in ./data, or in another folder with `-- --data <folder>`.
import {parseArgs} from 'node:util';
import {red} from '../terminal.mjs';
import {tellStory} from './story.mjs';

// Whoever reads the output may stop reading: `npm run demo:persistence | head`.
process.stdout.on('error', () => process.exit());

try {
  const {values} = parseArgs({options: {data: {type: 'string', default: 'data'}}});
  process.exitCode = (await tellStory(values.data)) ? 0 : 1;
} catch (error) {
  console.error(red(`\n  ${error.message}`));
  process.exitCode = 1;
}
