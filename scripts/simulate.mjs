// `npm run simulate -- --seeds 5000 --from 17`: simulates so many histories (default 10,000) from a seed on (default: another each time),
// and ends at the first that goes wrong, made short, with how to have it again.
import {parseArgs} from 'node:util';
import {run} from './run.mjs';

const {values} = parseArgs({options: {seeds: {type: 'string', default: '10000'}, from: {type: 'string'}}});
for (const [name, value] of Object.entries(values)) {
  if (!/^\d+$/.test(value)) {
    console.error(`--${name} wants a whole number, and is "${value}"`);
    process.exit(2);
  }
}
const {code} = await run(
  'node',
  ['node_modules/vitest/vitest.mjs', 'run', 'test/simulation', '-t', 'SI[14]', '--disable-console-intercept'],
  {
    env: {
      HOLDFAST_SIM_SEEDS: values.seeds,
      ...(values.from === undefined ? {} : {HOLDFAST_SEED: values.from}),
    },
  },
);
process.exitCode = code;
