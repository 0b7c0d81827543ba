import {createHistory} from './history.ts';
import {simulate} from './simulate.ts';

const [from, count] = process.argv.slice(2).map(Number) as [number, number];
const start = performance.now();
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const history = createHistory(seed);
  const {faults} = await simulate(history);
  if (faults.length) {
    failed++;
    if (failed <= 40) console.log(seed, history.mode, faults[0]?.slice(0, 100).replaceAll('\n', ' '));
  }
}
console.log(failed, 'failed of', count, Math.round(performance.now() - start), 'ms');
